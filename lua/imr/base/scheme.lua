-- What a text that names a place begins with: the scheme of an address, or nothing where it may be a file's name. An
-- address may hold a password, and a mistyped one must not become a file's name, which goes into messages.

local lower = require "imr.base.ascii"

---@param text string
---@return string|nil scheme in small letters; "" for what looks like an address but has none; nil for a name. One
--- letter is no scheme, and what begins with / ./ or ../ is a name, whatever stands in it.
return function(text)
  local scheme = text:match "^%s*(%a[%w+.-]+):"
  if scheme then return lower(scheme) end
  local is_path = text:find "^%.?%.?/[^/]" or text:find "^/+$"
  return not is_path and (text:find ":.*@" or text:find "^%s*[%w+.-]*//") and "" or nil
end
