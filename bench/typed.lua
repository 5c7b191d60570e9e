-- What one would write without imr: cjson, then each row's fields renamed and typed in Lua.

local schema = require "imr.schema"
local cjson = require "cjson"

local CHINA = 8 * 3600

local fields = {}
for _, endpoint in ipairs(schema.describe()) do
  local known = {}
  for _, field in ipairs(endpoint.fields) do
    for _, wire in ipairs(field.wire) do known[wire] = field end
  end
  fields[endpoint.name] = known
end

local convert = {
  str = function(value) return type(value) == "string" and value or tostring(value) end,
  dec = tonumber,
  int = tonumber,
  enum = function(value) return value end,
  time = function(value)
    local y, mo, d, h, mi, s = value:match("^(%d%d%d%d)-(%d%d)-(%d%d) (%d%d):(%d%d):(%d%d)$")
    if not y then return nil end
    return os.time { year = y, month = mo, day = d, hour = h, min = mi, sec = s } - CHINA
  end,
}

---@param endpoint string
---@param text string a body
---@return table answer
return function(endpoint, text)
  local known, answer = fields[endpoint], cjson.decode(text)
  for index, row in ipairs(answer.data) do
    local record = {}
    for wire, value in pairs(row) do
      local field = known[wire]
      if field and value ~= "" and value ~= cjson.null then record[field.name] = convert[field.type](value) end
    end
    answer.data[index] = record
  end
  return answer
end
