-- Numbers as text, whatever locale the host has set: C's own functions write and read its decimal point.

local number = {}

-- LuaJIT knows one point. In a locale it may be a comma, or a letter of several bytes.
local function with_point(text)
  return (text:gsub("[^0-9A-Za-z+%-]+", "."))
end

---@param format string of one number alone, such as "%.6f"
---@param value number
---@return string
function number.format(format, value)
  return with_point(format:format(value))
end

---@param value number
---@return string as tostring
function number.text(value)
  return with_point(tostring(value))
end

---@param text string|nil
---@return number|nil as tonumber
function number.read(text)
  if not text then return nil end
  local found = tonumber(text)
  if found or not text:find(".", 1, true) then return found end
  local point = ("%.1f"):format(0.5):match "^0(.*)5$"
  return tonumber((text:gsub("%.", (point:gsub("%%", "%%%%")))))
end

return number
