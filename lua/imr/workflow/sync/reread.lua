--- What is read again although it was read: the deeper, the more seldom. Corrections and withdrawals of the last three
--- days are found by each run (imr.workflow.sync.cursors), older ones by the first run of a day, and those of the open
--- billing period by a run a week.

local DAY = require("imr.base.calendar").DAY

local reread = {
  DAILY = 10,  -- days that are read again once a day
  WEEKLY = 62, -- days that are read again once a week
}

local WEEK = 7

---What the time has come for.
---@param project { reread_at: integer?, deep_reread_at: integer? }
---@param job { to: integer, utc_offset: integer, clock: (fun(): integer), daily_reread: integer?,
--- weekly_reread: integer?, reread: boolean? }
---@return { days: integer, deep: boolean } days: 0 where it is for nothing
function reread.due(project, job)
  local today = math.floor((job.clock() + job.utc_offset) / DAY)
  local function days_since(moment)
    return moment and today - math.floor((moment + job.utc_offset) / DAY) or math.huge
  end
  local daily, weekly = job.daily_reread or reread.DAILY, job.weekly_reread or reread.WEEKLY
  local deep = job.reread or days_since(project.deep_reread_at) >= WEEK
  if deep and weekly > 0 then return { days = math.max(daily, weekly), deep = true } end
  return { days = days_since(project.reread_at) >= 1 and daily or 0, deep = false }
end

local NOTE = "INSERT INTO cursors (listing, meter_no, %s) VALUES (?, '', ?) ON CONFLICT (listing, meter_no) "
  .. "DO UPDATE SET %s = excluded.%s"

local function note(db, name, column, now)
  db:execute(NOTE:format(column, column, column), name, now)
end

---It has been read again, or all of it for the first time.
---@param db imr.Database
---@param name string of the listing
---@param due { days: integer, deep: boolean }
---@param first boolean
---@param now integer
function reread.note(db, name, due, first, now)
  db:transaction(function()
    if due.days > 0 or first then note(db, name, "reread_at", now) end
    if due.deep or first then note(db, name, "deep_reread_at", now) end
  end)
end

return reread
