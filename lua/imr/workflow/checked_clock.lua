-- The clock that a workflow was given: whatever it returns is Unix seconds, or an error says so.

local errors = require "imr.errors"

local LATEST = 253402300799 -- the last second of the year 9999

---@param given (fun(): number)|nil default os.time
---@return fun(): number
return function(given)
  if not given then return os.time end
  return function()
    local seconds = given()
    if type(seconds) == "number" and seconds >= 0 and seconds <= LATEST then return seconds end
    return error(errors.new { kind = "usage", retryable = false, executed = "no",
      message = ("the option 'clock' must return Unix seconds, not %s"):format(tostring(seconds)) }, 0)
  end
end
