-- calls_imr.lua URL SECONDS transport|client: requests per second of imr on one kept connection.
--
--   transport   the bare transport: a request's text goes, an answer's text comes
--   client      client:latest_reading: token, slot, encoding, typed decoding and counting too

local core = require "imr.core"
local cjson = require "cjson"

local url, seconds, way = arg[1], tonumber(arg[2]), arg[3]

local function transport_call()
  local send = require("imr.transport.curl").new()
  local request = {
    url = url .. "/meter/readMeter", method = "POST", timeout = 30, connect_timeout = 10, max_body = 64 * 2 ^ 20,
    body = cjson.encode { token = "a-token", admin_user_name = "demo", pageNo = 1, pageSize = 1, tableNo = "001" },
    headers = { ["Content-Type"] = "application/json", Accept = "application/json" },
  }
  return function() assert(send(request) == 200) end
end

local function client_call()
  local client = assert(require("imr").new {
    base_url = url, username = "demo", password = "demo-secret", interval = 0,
  })
  return function() assert(client:latest_reading("001").meter_no == "001") end
end

local call = way == "client" and client_call() or transport_call()
for _ = 1, 200 do call() end
local began, count = core.now(), 0
repeat
  for _ = 1, 50 do call() end
  count = count + 50
until core.now() - began >= seconds
print(count / (core.now() - began))
