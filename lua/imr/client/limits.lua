-- How long a caller may wait before its request leaves: the tighter of its deadline and of max_wait decides, and names
-- the error.

local errors = require "imr.errors"

local limits = {}

---@class imr.Limits
---@field deadline number on the runtime's clock
---@field max_wait number seconds, counted from `began`
---@field began number

---Seconds that a caller may still wait.
---@param given imr.Limits
---@param now number
---@return number
function limits.left(given, now)
  return math.min(given.deadline - now, given.began + given.max_wait - now)
end

---The error of a caller that would have to wait longer than it may, or nil.
---@param given imr.Limits
---@param now number
---@param wait number seconds
---@param what string what comes after them
---@return table|nil err
function limits.exceeded(given, now, wait, what)
  local left = limits.left(given, now)
  if wait <= math.max(0, left) then return nil end
  local by_deadline = given.deadline - now <= left
  return errors.new {
    kind = by_deadline and "timeout" or "throttled", retryable = true, executed = "no", retry_after = wait,
    by_deadline = by_deadline or nil,
    message = ("%s in %.1f s, later than %s allows"):format(what, wait, by_deadline and "the deadline" or "max_wait"),
  }
end

return limits
