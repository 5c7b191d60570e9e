-- calls_curl.lua URL SECONDS [json]: requests per second of a loop over one lua-curl easy handle, for LuaJIT and 5.1.
-- With "json" each parameter table is encoded and each answer decoded by lua-cjson.

local curl = require "curl"
local cjson = require "cjson"
local now = require("socket").gettime

local url, seconds, json = arg[1], tonumber(arg[2]), arg[3] == "json"
local parameters = { token = "a-token", admin_user_name = "demo", pageNo = 1, pageSize = 1, tableNo = "001" }
local body = cjson.encode(parameters)

local pieces
local easy = curl.easy_init()
easy:setopt(curl.OPT_URL, url .. "/meter/readMeter")
easy:setopt(curl.OPT_POST, 1)
easy:setopt(curl.OPT_HTTPHEADER, { "Content-Type: application/json", "Accept: application/json", "Expect:" })
easy:setopt(curl.OPT_TIMEOUT, 30)
easy:setopt(curl.OPT_NOSIGNAL, 1)
easy:setopt(curl.OPT_WRITEFUNCTION, function(piece)
  pieces[#pieces + 1] = piece
  return #piece
end)

local function call()
  pieces = {}
  local text = json and cjson.encode(parameters) or body
  easy:setopt(curl.OPT_POSTFIELDSIZE, #text)
  easy:setopt(curl.OPT_POSTFIELDS, text)
  assert(easy:perform())
  local answer = table.concat(pieces)
  if json then assert(cjson.decode(answer).data.tableNo == "001") else assert(#answer > 0) end
end

for _ = 1, 200 do call() end
local began, count = now(), 0
repeat
  for _ = 1, 50 do call() end
  count = count + 50
until now() - began >= seconds
print(count / (now() - began))
