--- JSON outside the decoder of answers. What is written is the same in every process: keys in order, numbers with all
--- their digits.

local core = require "imr.core"
local numbers = require "imr.base.number"
local sorted_names = require "imr.base.names"

local json = {}

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

-- Not %c: in some locales bytes of UTF-8 are control characters too.
local SPECIAL = '[%z\1-\31\127"\\]'

local function escape(character)
  return ESCAPES[character] or ("\\u%04x"):format(character:byte())
end

---What it writes can be read again: a byte that is not UTF-8 becomes U+FFFD.
---@param text string
---@return string
function json.quote(text)
  if text:find("[\128-\255]") then text = core.as_utf8(text) end
  if not text:find(SPECIAL) then return '"' .. text .. '"' end
  return '"' .. text:gsub(SPECIAL, escape) .. '"'
end

-- Whole numbers in full, others with the fewest digits that read back as the same number.
local function number(value)
  if math.type and math.type(value) == "integer" then return ("%d"):format(value) end
  if value % 1 == 0 and math.abs(value) < 2 ^ 53 then return ("%.0f"):format(value) end
  if value ~= value or value == math.huge or value == -math.huge then return json.quote(tostring(value)) end
  for digits = 14, 16 do
    local text = numbers.format("%." .. digits .. "g", value)
    if numbers.read(text) == value then return text end
  end
  return numbers.format("%.17g", value)
end

local encode

local function list(value)
  local parts = {}
  for index, item in ipairs(value) do parts[index] = encode(item) end
  return "[" .. table.concat(parts, ",") .. "]"
end

local function object(value)
  local parts = {}
  for index, name in ipairs(sorted_names(value)) do parts[index] = json.quote(name) .. ":" .. encode(value[name]) end
  return "{" .. table.concat(parts, ",") .. "}"
end

local writers = {
  string = json.quote, number = number, boolean = tostring, userdata = function() return "null" end,
  -- An empty table may have been either: nothing tells.
  table = function(value) return value[1] ~= nil and list(value) or object(value) end,
}

---What `decode` has read: lists without holes, objects, texts, numbers, booleans and `core.null`.
---@param value any
---@return string
function json.encode(value)
  return writers[type(value)](value)
end

encode = json.encode

---A value from its text: null is `core.null`.
---@param text string
---@return any value
---@return string|nil problem the text is no JSON
json.decode = core.json

return json
