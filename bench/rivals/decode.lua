-- decode.lua cjson|typed|number|string ENDPOINT FILE: milliseconds to decode the file once.

local codec = require "imr.codec"
local schema = require "imr.schema"
local cjson = require "cjson"

local way, endpoint, path = arg[1], arg[2], arg[3]
local CHINA, SECONDS = 8 * 3600, 0.3

local fields = {}
for _, entry in ipairs(schema.describe()) do
  for _, field in ipairs(entry.name == endpoint and entry.fields or {}) do
    for _, name in ipairs(field.wire) do fields[name] = field end
  end
end

local convert = {
  str = function(value) return type(value) == "string" and value or tostring(value) end,
  dec = tonumber, int = tonumber,
  time = function(value)
    local y, mo, d, h, mi, s = value:match("^(%d%d%d%d)-(%d%d)-(%d%d) (%d%d):(%d%d):(%d%d)$")
    return y and os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s } - CHINA
  end,
}

local function typed(text)
  local answer = cjson.decode(text)
  for index, row in ipairs(answer.data) do
    local record = {}
    for name, value in pairs(row) do
      local field = fields[name]
      local change = field and value ~= "" and value ~= cjson.null and convert[field.type]
      if change then record[field.name] = change(value) end
    end
    answer.data[index] = record
  end
  return answer
end

local decode = ({ cjson = cjson.decode, typed = typed })[way]
  or function(text) return assert(codec.decode(endpoint, text, way, CHINA)) end

local file = assert(io.open(path))
local text = file:read("*a")
file:close()
for _ = 1, 5 do decode(text) end
local began, count = os.clock(), 0
repeat
  decode(text)
  count = count + 1
until os.clock() - began >= SECONDS
print((os.clock() - began) / count * 1000)
