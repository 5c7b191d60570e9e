-- Dates as HTTP writes them.

local core = require "imr.core"

local months = { Jan = 1, Feb = 2, Mar = 3, Apr = 4, May = 5, Jun = 6, Jul = 7, Aug = 8, Sep = 9, Oct = 10, Nov = 11,
  Dec = 12 }

---Unix seconds of an HTTP date, or nil.
---@param text string|nil "Wed, 09 Jul 2025 02:40:00 GMT"
---@return integer|nil
return function(text)
  local day, month, year, clock = (text or ""):match("(%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d) GMT")
  if not months[month] then return nil end
  return (core.parse_time(("%s-%02d-%s %s"):format(year, months[month], day, clock), 0))
end
