-- calls_luasocket.lua URL SECONDS: requests per second of luasocket's http.request, which opens a connection for each.

local cjson = require "cjson"
local http = require "socket.http"
local now = require("socket").gettime

local url, seconds = arg[1], tonumber(arg[2])
local body = cjson.encode { token = "a-token", admin_user_name = "demo", pageNo = 1, pageSize = 1, tableNo = "001" }

local function call()
  local pieces = {}
  assert(http.request {
    url = url .. "/meter/readMeter", method = "POST",
    headers = { ["Content-Type"] = "application/json", ["Content-Length"] = #body },
    source = require("ltn12").source.string(body), sink = require("ltn12").sink.table(pieces),
  })
  assert(#table.concat(pieces) > 0)
end

for _ = 1, 50 do call() end
local began, count = now(), 0
repeat
  call()
  count = count + 1
until now() - began >= seconds
print(count / (now() - began))
