--- Reads one listing of a run: its steps in order, every page into the database, and its cursors at each step's end.

local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local errors = require "imr.errors"
local absences = require "imr.workflow.sync.absences"
local cursors = require "imr.workflow.sync.cursors"
local plan = require "imr.workflow.sync.plan"
local reread = require "imr.workflow.sync.reread"

local Reader = {}
Reader.__index = Reader

local sync_reader = {}

local TRIES = 3 -- readings of a listing that is not known to be complete

---@param job { db: imr.Database, client: imr.Client, run: table, rejected: table, clock: (fun(): integer),
--- page_size: integer, utc_offset: integer, to: integer, from: integer?, first_days: integer,
--- on_progress: fun(event: table)? }
---@param listing imr.sync.Listing
function sync_reader.new(job, listing)
  local self = setmetatable({ job = job, listing = listing, project = cursors.project(job.db, listing.name),
    absences = absences.new() }, Reader)
  local module = listing.moment and "imr.workflow.sync.writer" or "imr.workflow.sync.meters"
  self.writer = require(module).new(job.db, listing, { utc_offset = job.utc_offset, clock = job.clock,
    run_id = job.run.id, rejected = job.rejected, tenancies = job.tenancies, covered = self.project.synced_to,
    look_back = cursors.look_back(self.project.lateness) })
  return self
end

-- ---------------------------------------------------------------- one listing

local function parameters_of(self, own)
  return copy({ decimals = "string", page_size = self.job.page_size, granularity = self.listing.granularity }, own)
end

local function report_progress(self, report)
  local on_progress = self.job.on_progress
  if on_progress then on_progress { listing = self.listing.name, rows = report.rows, total = report.claimed_total } end
end

-- Everything of a page, or nothing: its rows, its meters' newest rows, and the run's counters.
local function read(self, parameters)
  local job, requests = self.job, 0
  local cursor = job.client[self.listing.endpoint](job.client, parameters_of(self, parameters))
  self.writer:begin()
  for rows in cursor:pages() do
    job.db:transaction(function()
      local counts = self.writer:write(rows)
      counts.requests, counts.pages = cursor.report.requests - requests, 1
      job.run:add(counts)
    end)
    requests = cursor.report.requests
    report_progress(self, cursor.report)
  end
  job.run.counts.requests = job.run.counts.requests + cursor.report.requests - requests
  return cursor.report
end

-- A listing that gives the same rows twice and did not move is all that the platform has, whatever its total says. It
-- stays on record as incomplete, but is not read again and again.
local function read_until_steady(self, parameters)
  local rows, report
  for _ = 1, TRIES do
    report = read(self, parameters)
    if report.complete or not report.drifted and report.rows == rows then return report, true end
    rows = report.rows
  end
  return report, false
end

local function is_whole(report)
  return report.complete and not report.drifted
end

-- Reads a listing, and once more when it lacks what was there before: rows may have moved to a page that had been read.
local function read_surely(self, own)
  local report, steady = read_until_steady(self, own)
  local absent = is_whole(report) and self.writer:absent(own)
  if not (absent and absent:any()) then return report, steady end
  report, steady = read_until_steady(self, own)
  absent = is_whole(report) and self.writer:absent(own):also_in(absent)
  return report, steady, absent or nil
end

-- ---------------------------------------------------------------- steps

-- Steps of the project follow each other without a hole, so each extends what the first of them began.
local function extend(self, own)
  local name, db = self.listing.name, self.job.db
  local numbers = own.meters or own.meter and { own.meter }
  if numbers then return cursors.extend(db, name, own.from, own.to, numbers) end
  self.reached = own.to
  cursors.extend_all(db, name, self.begins, own.to)
  if self.first then cursors.begin_all(db, name, self.begins, own.to) end
  self.knew_meters = self.job.listed
end

local function finish(self, own, report, steady, id)
  local job = self.job
  job.db:transaction(function()
    job.run:add(self.writer:settle(is_whole(report)))
    job.run:listed(id, self.listing, own, report)
    if not self.listing.moment then
      job.listed = job.listed or self.listing.name == "meters"
      return
    end
    if steady then extend(self, own) end
    cursors.note_lateness(job.db, self.listing.name, self.writer.lateness)
  end)
end

-- Reads one listing, and again when rows moved meanwhile. Behind one that did not stay the same there may be a hole:
-- there the next ones move no cursor.
local function step(self, own, whole)
  local id = self.job.run:begin_listing(self.listing, own)
  local report, steady, absent = read_surely(self, own)
  finish(self, own, report, steady and whole, id)
  self.absences:note(id, absent, self.writer)
  return steady
end

local function read_steps(self, steps)
  local broken = {}
  for _, entry in ipairs(steps) do
    local own = entry.parameters
    local key = own.meters or own.meter or "project"
    if not step(self, own, not broken[key]) then broken[key] = true end
  end
  return not next(broken)
end

local function plan_job(self)
  local project = self.job.db:row("SELECT count(*) AS count FROM meters WHERE removed_at IS NULL").count
  return { endpoint = self.listing.endpoint, granularity = self.listing.granularity, to = self.job.to,
    project = project > 0 and project or nil, page_size = self.job.page_size }
end

local function scope_of(self)
  return { start = self.project.synced_from, covered = self.project.synced_to,
    look_back = cursors.look_back(self.project.lateness) }
end

-- Since when the whole project is read.
local function begin_of(self)
  if self.job.from then return self.job.from end
  if not self.project.synced_to then return self.job.to + 1 - self.job.first_days * DAY end
  local scope = scope_of(self)
  local from = plan.choose(plan_job(self), cursors.meters(self.job.db, self.listing, scope))
    or scope.covered + 1 - scope.look_back
  -- Not before the begin of the history: what is older has never been asked for.
  return math.max(math.min(from, self.job.to + 1 - self.reread.days * DAY), math.min(from, scope.start))
end

-- Days are read as a whole, so that the rows of one stay together.
local function day_start(self, moment)
  return moment - (moment + self.job.utc_offset) % DAY
end

---What is new, for the whole project.
function Reader:read_project()
  if not self.listing.moment then
    step(self, {}, true)
    return self.absences:judge(self.job, self.listing, self.writer)
  end
  self.first = not self.project.synced_to
  self.reread = reread.due(self.project, self.job)
  self.begins = day_start(self, begin_of(self))
  self.steady = read_steps(self, plan.project(plan_job(self), self.begins))
end

---What is older, for the meters that are behind.
function Reader:read_behind()
  if not self.listing.moment or self.job.from then return end
  if self.first then
    -- The meter list may have come to its end after this one.
    if self.reached and not self.knew_meters then
      cursors.begin_all(self.job.db, self.listing.name, self.begins, self.reached)
    end
    return
  end
  local behind = {}
  for entry in cursors.meters(self.job.db, self.listing, scope_of(self), self.begins) do
    behind[#behind + 1] = { meter_no = entry.meter_no, since = day_start(self, entry.since) }
  end
  read_steps(self, plan.behind(plan_job(self), behind))
end

---What follows when all listings have been read: rows that are lacking, days, and how far back was read again.
function Reader:conclude()
  if self.err or not self.listing.moment then return end
  local job = self.job
  self.absences:judge(job, self.listing, self.writer)
  self.writer.days:update(self.reread.days > 0 and job.clock() or nil)
  if self.steady and not job.from then reread.note(job.db, self.listing.name, self.reread, self.first, job.clock()) end
end

-- What had come of a listing that ended early is held against what was there; nothing is missing from it.
local function settle_rest(self)
  self.job.db:transaction(function() self.job.run:add(self.writer:settle(false)) end)
end

---Calls one of the first two above. What the platform refuses or the network loses ends this listing, not the others.
---@param method "read_project"|"read_behind"
function Reader:try(method)
  if self.err then return end
  local fine, problem = pcall(self[method], self)
  if fine then return end
  if not errors.is(problem) or problem.kind == "database" then error(problem, 0) end
  settle_rest(self)
  self.err = problem
end

return sync_reader
