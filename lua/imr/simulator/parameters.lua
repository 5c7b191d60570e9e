--- What a request body says, in either encoding that the vendor's document leaves open.

local decode = require("imr.base.json").decode
local decode_form_text = require("imr.base.percent").decode_form

local parameters = {}

local function decode_form(body)
  local found = {}
  for key, value in body:gmatch("([^&=]+)=([^&]*)") do
    found[decode_form_text(key)] = decode_form_text(value)
  end
  return found
end

local function decode_json(body)
  local value = decode(body)
  return type(value) == "table" and value or {}
end

local ENCODINGS = {
  ["application/json"] = { name = "json", decode = decode_json },
  ["application/x-www-form-urlencoded"] = { name = "form", decode = decode_form },
}

-- Numbers and texts mean the same here; anything else is no value at all.
local function as_text(value)
  if type(value) == "number" then
    return ("%.14g"):format(value)
  end
  return type(value) == "string" and value ~= "" and value or nil
end

--- What a request body says, every value as text, "" as absent.
---@param content_type string
---@param body string
---@param accepted "both"|"json"|"form"
---@return table<string, string> parameters
---@return string|nil encoding
function parameters.read(content_type, body, accepted)
  local encoding = ENCODINGS[content_type:lower():match("^%s*([^;%s]*)")]
  local found = {}
  if encoding and (accepted == "both" or accepted == encoding.name) then
    for key, value in pairs(encoding.decode(body)) do
      found[key] = as_text(value)
    end
  end
  return found, encoding and encoding.name
end

return parameters
