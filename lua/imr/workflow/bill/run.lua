-- Makes bills, adjusts them and declares them void: one process at a time, and all of it or nothing.

local compute = require "imr.workflow.bill.compute"
local copy = require "imr.base.copy"
local day = require "imr.workflow.metering.day"
local decisions = require "imr.workflow.bill.decisions"
local difference = require "imr.workflow.bill.difference"
local errors = require "imr.errors"
local meters = require "imr.workflow.bill.meters"
local record = require "imr.workflow.bill.record"
local sums = require "imr.workflow.bill.sums"
local tariff = require "imr.workflow.bill.tariff"
local time = require "imr.time"

local run = {}

local function fail(kind, message, ...)
  error(errors.new { kind = kind, message = message:format(...), executed = "no", retryable = kind == "busy" }, 0)
end

-- In a transaction, and while nobody else writes.
local function alone(db, work)
  if not db:lock() then fail("busy", "a sync or another bill is at work on %s", tostring(db)) end
  local fine, result = pcall(db.transaction, db, work)
  db:unlock()
  if not fine then error(result, 0) end
  return result
end

local function period_text(one)
  return ("%s to %s"):format(time.format(one.period_from, one.utc_offset):sub(1, 10),
    time.format(one.period_to, one.utc_offset):sub(1, 10))
end

-- Stores lines, and knows their sums.
local function recorder(db, fields)
  local own = { sums = sums.new(), count = 0 }
  function own.add(list)
    for _, line in ipairs(list) do
      own.id = own.id or record.add(db, fields)
      own.count = own.count + 1
      own.sums:add(line)
      record.add_line(db, own.id, own.count, line)
    end
  end
  return own
end

-- ---------------------------------------------------------------- a bill

local function fields_of(options)
  return { made_at = options.now, period_from = options.from, period_to = options.to,
    utc_offset = options.utc_offset, freeze_window = options.freeze_window or day.WINDOW,
    program = require "imr.version", tariff_name = options.tariff.name, tariff = options.tariff.set.text,
    meters = options.tariff.meters_text, decisions = options.decisions and options.decisions.text }
end

local function refuse_second(db, options)
  local other = record.bills(db, { from = options.from, to = options.to })[1]
  if other then fail("usage", "%s is billed already, by bill %d", period_text(other), other.id) end
end

---@param db imr.Database
---@param options imr.BillOptions
---@return imr.BillResult
function run.make(db, options)
  if options.to >= options.now then fail("usage", "the period is not over yet: a bill of it is a draft") end
  return alone(db, function()
    refuse_second(db, options)
    local recording = recorder(db, fields_of(options))
    local result = compute.run(db, options, recording.add)
    if not recording.id then fail("incomplete", "there is no meter that could be billed") end
    record.finish(db, recording.id, result.sums.total)
    result.id = recording.id
    return result
  end)
end

-- ---------------------------------------------------------------- an adjustment

local function bill_of(db, id)
  local chain = record.chain(db, id)
  local first = chain[1]
  if not first or first.adjusts then fail("usage", "there is no bill %s", tostring(id)) end
  if first.voided_at then fail("usage", "bill %d is void: %s", id, first.void_reason) end
  return first, chain
end

-- Those of the bill and of its adjustments, and new ones: the newest about a line counts.
local function all_decisions(chain, new)
  local all = {}
  local function add(found, recorded)
    for number, list in pairs(found) do
      all[number] = all[number] or {}
      for _, decision in ipairs(list) do all[number][#all[number] + 1] = copy(decision, { recorded = recorded }) end
    end
  end
  if new then add(new.meters) end
  for index = #chain, 1, -1 do
    local one = chain[index]
    if one.decisions then add(assert(decisions.read(one.decisions, "decisions of bill " .. one.id)), true) end
  end
  return { meters = all }
end

local function options_again(first, chain, options)
  local set = assert(tariff.read(first.tariff, first.tariff_name, first.utc_offset))
  return { from = first.period_from, to = first.period_to, utc_offset = first.utc_offset,
    freeze_window = first.freeze_window, now = options.now, decisions = all_decisions(chain, options.decisions),
    tariff = { set = set, meters = first.meters and assert(meters.read(first.meters, "meters", set)) or {} } }
end

local function fields_again(first, options)
  local fields = copy(first, { adjusts = first.id, made_at = options.now, program = require "imr.version" })
  fields.id, fields.decisions = nil, options.decisions and options.decisions.text
  return fields
end

---@param db imr.Database
---@param id integer
---@param options { decisions: imr.BillDecisions?, now: integer }
---@return imr.BillResult
function run.adjust(db, id, options)
  return alone(db, function()
    local first, chain = bill_of(db, id)
    local recording, recorded = recorder(db, fields_again(first, options)), record.by_meter(db, chain)
    local function gone(lines) recording.add(difference.of(lines, {})) end
    local function take(now, meter_no) recording.add(difference.of(recorded(meter_no, gone), now)) end
    local result = compute.run(db, options_again(first, chain, options), take)
    recorded(nil, gone)
    local held = result.sums.total.held
    result.id, result.sums = recording.id, recording.sums:texts()
    if result.id then record.finish(db, result.id, copy(result.sums.total, { held = held })) end
    return result
  end)
end

---@param db imr.Database
---@param id integer
---@param reason string
---@param now integer
---@return boolean
function run.void(db, id, reason, now)
  return alone(db, function()
    bill_of(db, id)
    record.void(db, id, reason, now)
    return true
  end)
end

return run
