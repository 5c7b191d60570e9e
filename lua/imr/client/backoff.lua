-- How long callers of a store leave something alone that failed: a second, then twice as long each time, half a minute
-- at most. A failure on record says when it was (`at`), when it may be tried again (`retry_at`) and its `backoff`.

local FIRST, LONGEST = 1, 30 -- seconds
local CLOCK_ROOM = 1         -- seconds that clocks of one store may differ

local backoff = { FIRST = FIRST, LONGEST = LONGEST }

---@param before? { backoff: number } the failure on record
---@return number seconds
function backoff.after(before)
  return before and math.min(before.backoff * 2, LONGEST) or FIRST
end

---A damaged record may tell of a failure far ahead, which would keep everybody out. (NaN fails too.)
---@param failure { at: number, retry_at: number }
---@param now number
---@return boolean
function backoff.is_credible(failure, now)
  return failure.at <= now + CLOCK_ROOM and failure.retry_at <= now + LONGEST + CLOCK_ROOM
end

return backoff
