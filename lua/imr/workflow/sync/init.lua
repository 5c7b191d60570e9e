--- The platform in your own database: run it from cron, as often as you like.
---
---   local report, err = require("imr.workflow.sync").run { client = client, db = "imr.db" }
---   print(report.state, report.rows, report.new_rows, report.restated, report.certificate.complete)
---
--- All listings are read at once, each at its own pace. Every page is one transaction, so a run may be killed at any
--- moment: the next one goes on, and the result is the same. Database drivers block: inside an nginx worker this
--- refuses; run it beside nginx.

local checked_clock = require "imr.workflow.checked_clock"
local DAY = require("imr.base.calendar").DAY
local errors = require "imr.errors"
local coverage = require "imr.workflow.sync.coverage"
local database = require "imr.database"
local defaults = require("imr.client.options").defaults
local imr = require "imr"
local reader = require "imr.workflow.sync.reader"
local sync_clock = require "imr.workflow.sync.clock"
local sync_options = require "imr.workflow.sync.options"
local sync_rejected = require "imr.workflow.sync.rejected"
local WINDOW = require("imr.workflow.metering.day").WINDOW
local sync_run = require "imr.workflow.sync.run"
local tenancies = require "imr.workflow.sync.tenancies"

local sync = {}

---How far back a first run begins, in days.
---@type integer
sync.FIRST_DAYS = 90

---Most days of one listing of which nobody knows how many rows it will have.
---@type integer
sync.LONGEST = require("imr.workflow.sync.plan").LONGEST

---What a run does.
---@class imr.sync.Options
---@field client imr.Client
---@field db string|imr.Database
---@field from? integer read this period again, Unix seconds; without it: what is new
---@field to? integer its end
---@field first_days? integer how far back the first run begins, 1 to 36500, 90
---@field listings? string[] only these: names of tables, or "consumption_realtime"; all when absent
---@field granularity? "daily"|"realtime" of consumption, "daily"
---@field page_size? integer
---@field utc_offset? integer the platform's zone
---@field clock? fun(): integer Unix seconds
---@field daily_reread? integer days that the first run of a day reads again, 10; 0: none
---@field weekly_reread? integer days that a run a week reads again, 62: the open billing period; 0: none
---@field trust_clock? boolean the clock is right, although the last run was long ago or ahead of it
---@field reread? boolean read those of `weekly_reread` again now
---@field on_progress? fun(event: { listing: string, rows: integer, total: integer? })

---What a run did.
---@class imr.sync.Report
---@field run_id integer
---@field state "complete"|"incomplete"|"failed" failed: a listing ended early, see errors; what came is stored
---@field requests integer
---@field pages integer
---@field rows integer
---@field new_rows integer
---@field restated integer rows of which a measured value changed
---@field withdrawn integer rows that the platform does not list any more
---@field rejected integer rows that fit no table
---@field incomplete table[] listings that are not known to be complete
---@field errors table<string, imr.Error> by listing
---@field certificate? imr.sync.Certificate of the period read; none when that has no day that is over, or
--- no listing of days was chosen

-- A period's last day may be closed by a row soon after it.
local function job_of(options, db)
  local clock = checked_clock(options.clock)
  return { db = db, client = options.client, clock = clock, from = options.from,
    to = math.min((options.to or math.huge) + WINDOW, clock()), page_size = options.page_size or 1000,
    utc_offset = options.utc_offset or defaults.utc_offset, first_days = options.first_days or sync.FIRST_DAYS,
    on_progress = options.on_progress, daily_reread = options.daily_reread, weekly_reread = options.weekly_reread,
    reread = options.reread, chosen = options.listings and sync_options.listings(options) }
end

local function side_by_side(readers, method)
  local functions = {}
  for index, entry in ipairs(readers) do
    functions[index] = function() entry:try(method) end
  end
  imr.run(imr.all, functions)
end

-- The days that this run has read, of the listings that were chosen; the day that is not over is none of them.
local function certify(job, readers)
  local from = job.from
  for _, entry in ipairs(readers) do
    if entry.begins then from = math.min(from or entry.begins, entry.begins) end
  end
  local today = job.to + 1 - (job.to + 1 + job.utc_offset) % DAY
  if not from or today <= from then return nil end
  local found = coverage.certify(job.db, { from = from, to = today - 1, utc_offset = job.utc_offset,
    now = job.clock(), listings = job.chosen })
  return #found.listings > 0 and found or nil
end

local function report_of(job, readers)
  local report, first = { run_id = job.run.id, incomplete = job.run.incomplete, errors = {} }, nil
  for _, entry in ipairs(readers) do
    report.errors[entry.listing.name] = entry.err
    first = first or entry.err
  end
  for _, entry in ipairs(readers) do entry:conclude() end
  job.db:transaction(function() job.tenancies:flush() end)
  for name, count in pairs(job.run.counts) do report[name] = count end
  report.certificate = certify(job, readers)
  report.state = job.run:finish(first)
  return report
end

local function run(options, db)
  local job = job_of(options, db)
  sync_clock.check(db, job.clock(), options.trust_clock)
  sync_clock.forget_future(db, job.clock())
  job.run = sync_run.begin(db, { from = options.from, to = options.to }, job.clock)
  job.rejected, job.tenancies = sync_rejected.new(db, job.run.id), tenancies.new(db)
  local readers = {}
  for index, listing in ipairs(sync_options.listings(options)) do readers[index] = reader.new(job, listing) end
  side_by_side(readers, "read_project")
  side_by_side(readers, "read_behind")
  local report = report_of(job, readers)
  db:check_file()
  return report
end

-- The lock of one who is at work already is not ours to give back.
local function run_alone(options, db)
  if not db:lock() then
    local holder = db:lock_holder()
    error(errors.new { kind = "busy", retryable = true, executed = "no",
      message = ("another sync is at work on %s%s"):format(tostring(db), holder and ": " .. holder or "") }, 0)
  end
  local fine, result = pcall(run, options, db)
  db:unlock()
  if not fine then error(result, 0) end
  return result
end

---Brings a database up to date. A wrong option raises at the caller's line.
---@param options imr.sync.Options
---@return imr.sync.Report|nil report
---@return imr.Error|nil err what ended the run: the database, or another run that is at work
function sync.run(options)
  local problem = sync_options.problem(options)
  if problem then error(problem, 2) end
  local db = options.db
  if type(db) == "string" then
    local opened, err = database.open(db)
    if not opened then return nil, err end
    db = opened
  end
  local fine, result = pcall(run_alone, options, db)
  if db ~= options.db then db:close() end
  if fine then return result end
  if not errors.is(result) then error(result, 0) end
  return nil, result
end

return sync
