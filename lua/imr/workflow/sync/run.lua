--- The record of a run: its row in runs, what it has done so far, and every listing that it began.

local encode = require("imr.base.json").encode
local unpack = require "imr.base.unpack"

local Run = {}
Run.__index = Run

local sync_run = {}

local COUNTS = { "requests", "pages", "rows", "new_rows", "restated", "withdrawn", "rejected" }

local BEGIN = "INSERT INTO runs (started_at, period_from, period_to, state, requests, pages, rows, new_rows, restated, "
  .. "withdrawn, rejected) VALUES (?, ?, ?, 'running', 0, 0, 0, 0, 0, 0, 0)"
local KEEP = ("UPDATE runs SET %s = ? WHERE id = ?"):format(table.concat(COUNTS, " = ?, "))
local END = "UPDATE runs SET finished_at = ?, state = ?, error = ? WHERE id = ?"
local BEGUN = "INSERT INTO listings (run_id, listing, period_from, period_to, meters, pages, rows, duplicates, "
  .. "drifted, complete, started_at) VALUES (?, ?, ?, ?, ?, 0, 0, 0, FALSE, FALSE, ?)"
local LISTED = "UPDATE listings SET pages = ?, rows = ?, claimed_total = ?, duplicates = ?, drifted = ?, complete = ?, "
  .. "finished_at = ? WHERE id = ?"

---Begins a run. A run before that has no end was killed.
---@param db imr.Database
---@param period { from: integer?, to: integer? }
---@param clock fun(): integer
function sync_run.begin(db, period, clock)
  local self = setmetatable({ db = db, clock = clock, incomplete = {}, counts = {} }, Run)
  for _, name in ipairs(COUNTS) do self.counts[name] = 0 end
  db:transaction(function()
    db:execute "UPDATE runs SET state = 'interrupted' WHERE state = 'running'"
    db:execute(BEGIN, clock(), period.from, period.to)
    self.id = db:row("SELECT max(id) AS id FROM runs").id
  end)
  return self
end

---Something has been written; called in its transaction.
---@param counts table<string, integer>
function Run:add(counts)
  local sum, given = self.counts, {}
  for name, count in pairs(counts) do sum[name] = sum[name] + count end
  for index, name in ipairs(COUNTS) do given[index] = sum[name] end
  given[#given + 1] = self.id
  self.db:execute(KEEP, unpack(given))
end

---A listing begins. It stays on record as incomplete when it never comes to its end: refused, broken or killed.
---@param listing imr.sync.Listing
---@param parameters { from: integer?, to: integer?, meters: string[]?, meter: string? }
---@return integer id of its row in listings
function Run:begin_listing(listing, parameters)
  local meters = parameters.meters or parameters.meter and { parameters.meter }
  return self.db:transaction(function()
    self.db:execute(BEGUN, self.id, listing.name, parameters.from, parameters.to, meters and encode(meters),
      self.clock())
    return self.db:row("SELECT max(id) AS id FROM listings").id
  end)
end

---A listing has come to its end; called in the transaction that moves its cursors.
---@param id integer
---@param listing imr.sync.Listing
---@param parameters { from: integer?, to: integer? }
---@param report imr.Report
function Run:listed(id, listing, parameters, report)
  self.db:execute(LISTED, report.pages, report.rows, report.claimed_total, report.duplicates, report.drifted,
    report.complete, self.clock(), id)
  if not report.complete then
    self.incomplete[#self.incomplete + 1] = { listing = listing.name, from = parameters.from, to = parameters.to,
      rows = report.rows, claimed_total = report.claimed_total, drifted = report.drifted }
  end
end

local DOUBTED = "UPDATE listings SET complete = FALSE WHERE id = ?"

---A listing came to its end and is not believed; called in a transaction.
---@param ids integer[] its rows in listings
---@param listing imr.sync.Listing
---@param doubt string why
function Run:doubted(ids, listing, doubt)
  for _, id in ipairs(ids) do self.db:execute(DOUBTED, id) end
  self.incomplete[#self.incomplete + 1] = { listing = listing.name, doubt = doubt }
end

---@param err table|nil
---@return string state
function Run:finish(err)
  local state = err and "failed" or #self.incomplete > 0 and "incomplete" or "complete"
  self.db:execute(END, self.clock(), state, err and tostring(err) or nil, self.id)
  return state
end

return sync_run
