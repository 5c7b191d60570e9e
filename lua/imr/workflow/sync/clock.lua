--- Is this machine's clock right? A run whose clock is wrong would date everything wrongly, ask for ten years of rows,
--- or for none any more.

local cursors = require "imr.workflow.sync.cursors"
local DAY = require("imr.base.calendar").DAY
local errors = require "imr.errors"
local time = require "imr.time"

local clock = {
  EARLIEST = 1577836800, -- 2020-01-01: older than every version of this program
  LONGEST = 400 * DAY,   -- that a database rests between two runs
}

local function fail(message, ...)
  error(errors.new { kind = "clock", retryable = false, executed = "no", message = message:format(...) }, 0)
end

local function text(seconds) return time.format(seconds, 0) .. " UTC" end

---Raises where the clock was never set.
---@param now integer
function clock.must_be_set(now)
  if now < clock.EARLIEST then fail("the clock of this machine says %s: it was never set", text(now)) end
end

local LAST = "SELECT %s AS moment FROM runs ORDER BY id DESC LIMIT 1"

---Raises where the clock cannot be right beside the last run.
---@param db imr.Database
---@param now integer
---@param trusted? boolean somebody says that it is right, and the last run's was not
function clock.check(db, now, trusted)
  clock.must_be_set(now)
  local last = db:row(LAST:format(db:exact("time", "COALESCE(finished_at, started_at)")))
  local moment = last and last.moment
  if not moment or trusted then return end
  if now < moment - cursors.LEAST then
    fail("the clock of this machine says %s, but the last run on this database was at %s: one of them is wrong",
      text(now), text(moment))
  elseif now > moment + clock.LONGEST then
    fail("the clock of this machine says %s, %d days after the last run on this database: is it right?", text(now),
      math.floor((now - moment) / DAY))
  end
end

-- Whatever lies ahead was written by a wrong clock.
local FORGET = {
  "UPDATE cursors SET synced_from = NULL, synced_to = NULL WHERE synced_to > ?",
  "UPDATE cursors SET last_row = NULL WHERE last_row > ?",
  "UPDATE cursors SET reread_at = NULL WHERE reread_at > ?",
  "UPDATE cursors SET deep_reread_at = NULL WHERE deep_reread_at > ?",
  "UPDATE cursors SET doubted_at = NULL WHERE doubted_at > ?",
}
local RESET = {
  "UPDATE meters SET last_seen = ? WHERE last_seen > ?",
  "UPDATE meters SET removed_at = ? WHERE removed_at > ?",
  "UPDATE tenancies SET last_shown = ? WHERE last_shown > ?",
}

---A cursor in the future is not believed: what it is of is read as if it had never been. Within the look-back a clock
---may go back.
---@param db imr.Database
---@param now integer
function clock.forget_future(db, now)
  local latest = now + cursors.LEAST
  db:transaction(function()
    for _, statement in ipairs(FORGET) do db:execute(statement, latest) end
    for _, statement in ipairs(RESET) do db:execute(statement, now, latest) end
  end)
end

return clock
