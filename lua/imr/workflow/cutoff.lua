--- Billing at a cutoff: for each meter exactly one reading at or before it, or the reason why there is none.
---
---   local cutoff = require "imr.workflow.cutoff"
---   local bill = assert(cutoff.at(db, { cutoff = imr.time.parse "2025-07-31T24:00" }))
---   for _, row in ipairs(bill.rows) do print(row.meter_no, row.reading or row.why) end
---
--- The newest usable row counts, whichever listing it is from. A reading of a device that was replaced before the
--- cutoff is nobody's reading at the cutoff. Flags say what is odd about a reading; they do not change the choice.

local copy = require "imr.base.copy"
local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local unknown_option = require "imr.base.unknown_option"
local errors = require "imr.errors"
local decimal = require "imr.decimal"
local expect_database = require "imr.database.expected"
local quality = require "imr.workflow.quality"
local settings = require "imr.workflow.quality.settings"
local sources = require "imr.workflow.quality.sources"
local view = require "imr.workflow.quality.view"

local cutoff = {}

local MAX_AGE = 3 * DAY
local AFTERWARDS = 7 * DAY -- what comes after a reading may show that it was wrong

---Which moment, and what may stand for it.
---@class imr.CutoffOptions: imr.QualityOptions
---@field cutoff integer Unix seconds
---@field max_age? integer seconds before the cutoff; an older reading leaves the meter unresolved. Default 3 days
---@field sources? string[] listings to choose from; default all

---A meter's reading at the cutoff, or why it has none.
---@class imr.CutoffRow
---@field meter_no string
---@field resolved boolean
---@field device_id? string
---@field kind? string electricity or water
---@field reading? string exact, as all registers
---@field energy_sharp? string
---@field energy_peak? string
---@field energy_flat? string
---@field energy_valley? string
---@field read_time? integer
---@field age? integer seconds
---@field source? string
---@field flags? string names of rules, joined by commas
---@field why? string

local OPTIONS = { cutoff = "number", max_age = "number", sources = "table", on_row = "function" }

local PARTS = { "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }

-- ---------------------------------------------------------------- the reading

local function usable(source, row)
  if decimal.parse(row[source.registers[1]]) == nil then return false end
  return source.table ~= "camera_readings" or row.image_ok == true
end

-- The first of the newest moment: further copies of a row are a flag.
local function newest_of(source, rows, limit)
  local found
  for _, row in ipairs(rows) do
    local time = row[source.time]
    if time <= limit and usable(source, row) and not (found and found[source.time] == time) then found = row end
  end
  return found
end

local function choose(given, options, wanted)
  local best, from
  for _, source in ipairs(sources) do
    local row = wanted[source.name] and newest_of(source, given.rows[source.name], options.cutoff)
    if row and (not best or row[source.time] > best[from.time]) then best, from = row, source end
  end
  return best, from
end

-- The device that took the meter's place between the reading and the cutoff, if it is not the reading's own.
local function replaced(given, row, time, limit)
  for _, swap in ipairs(view.swaps(given.history)) do
    if time < swap.time and swap.time <= limit and row.device_id ~= swap.to then return swap end
  end
end

-- ---------------------------------------------------------------- the row

local function day_text(seconds, options)
  return core.format_time(seconds, options.utc_offset):sub(1, 16)
end

-- The registers are one row's, so that parts and total belong together.
local function fill(row, found, source, options)
  row.resolved, row.reading, row.read_time = true, found[source.registers[1]], found[source.time]
  row.age, row.source = options.cutoff - row.read_time, source.name
  row.device_id = found.device_id or row.device_id
  for _, part in ipairs(PARTS) do row[part] = found[part] end
end

-- As everything stood at the cutoff.
local function until_cutoff(given, limit)
  local known = copy(given, { rows = {} })
  for _, source in ipairs(sources) do
    local rows = {}
    for _, row in ipairs(given.rows[source.name]) do
      if row[source.time] <= limit then rows[#rows + 1] = row end
    end
    known.rows[source.name] = rows
  end
  known.to = limit
  return known
end

-- What concerns the reading: flags of its moment and of the time up to the cutoff, as it stood then; and a fall that
-- begins with it, for then it may have been too high.
local function flags_of(given, chosen, row, limit)
  local names, seen = {}, {}
  local function take(flag)
    if not seen[flag.rule] then names[#names + 1] = flag.rule end
    seen[flag.rule] = true
  end
  for _, flag in ipairs(quality.judge(quality.view(until_cutoff(given, limit), chosen), chosen)) do
    if flag.time >= row.read_time then take(flag) end
  end
  for _, flag in ipairs(quality.judge(quality.view(given, chosen), chosen)) do
    if flag.rule == "decreasing" and flag.since == row.read_time then take(flag) end
  end
  return table.concat(names, ",")
end

local function device_at(history, limit)
  local device = history[1]
  for _, entry in ipairs(history) do
    if entry.first_seen <= limit then device = entry end
  end
  return device or {}
end

-- Why a meter has no reading at the cutoff, or nothing.
local function problem_of(given, options, device, found, time, register)
  local gone = device.removed_at and device.removed_at <= options.cutoff
    and ("the platform does not list it since %s; "):format(day_text(device.removed_at, options)) or ""
  if not found then return ("%sno reading in the %d days before"):format(gone, quality.context / DAY) end
  local last = ("%s at %s"):format(found[register], day_text(time, options))
  local swap = replaced(given, found, time, options.cutoff)
  if swap then
    return ("device %s was replaced by %s, of which there is no reading; the last one before was %s"):format(swap.from,
      swap.to, last)
  end
  if options.cutoff - time > options.max_age then return ("%sthe newest reading is too old: %s"):format(gone, last) end
end

local function resolve(given, options, chosen, wanted)
  local device = device_at(given.history, options.cutoff)
  local row = { meter_no = given.meter_no, device_id = device.device_id, kind = device.kind, resolved = false }
  local found, source = choose(given, options, wanted)
  row.why = problem_of(given, options, device, found, found and found[source.time], source and source.registers[1])
  if row.why then return row end
  fill(row, found, source, options)
  row.flags = flags_of(given, chosen, row, options.cutoff)
  return row
end

-- ---------------------------------------------------------------- all meters

local function resolve_all(db, options, chosen, wanted)
  local bill = { rows = {}, resolved = 0, unresolved = 0, cutoff = options.cutoff }
  local period = { from = options.cutoff, to = options.cutoff + AFTERWARDS, now = options.now }
  for _, meter_no in ipairs(options.meters or quality.meters(db)) do
    local given = quality.load(db, meter_no, period)
    given.from = options.cutoff - quality.context
    local row = resolve(given, options, chosen, wanted)
    bill.rows[#bill.rows + 1] = row
    local kind = row.resolved and "resolved" or "unresolved"
    bill[kind] = bill[kind] + 1
    if options.on_row then options.on_row(row) end
  end
  return bill
end

local function wanted_of(list, level)
  local known, wanted = {}, {}
  for index, source in ipairs(sources) do known[index], known[source.name] = source.name, true end
  for _, name in ipairs(list or known) do
    if not known[name] then error("sources: " .. unknown_option(tostring(name), known), level + 1) end
    wanted[name] = true
  end
  return wanted
end

local function is_whole(value) return type(value) == "number" and value % 1 == 0 end

---One row a meter, in the order of their numbers.
---@param db imr.Database
---@param options imr.CutoffOptions
---@return { rows: imr.CutoffRow[], resolved: integer, unresolved: integer, cutoff: integer }|nil
---@return imr.Error|nil err
function cutoff.at(db, options)
  if type(options) ~= "table" or not is_whole(options.cutoff) then
    error("cutoff.at takes a table with cutoff, in Unix seconds (imr.time.parse makes them)", 2)
  end
  local problem = settings.problem(options, OPTIONS)
  if problem then error(problem, 2) end
  local utc_offset = require("imr.client.options").defaults.utc_offset
  local filled = copy({ utc_offset = utc_offset, max_age = MAX_AGE, now = os.time() }, options)
  local chosen, wanted = settings.new(filled, 2), wanted_of(filled.sources, 2)
  expect_database(db, "cutoff.at", 2)
  local fine, result = pcall(resolve_all, db, filled, chosen, wanted)
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return cutoff
