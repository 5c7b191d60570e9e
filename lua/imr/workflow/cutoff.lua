--- Billing at a cutoff: for each meter the reading at a moment, or the reason why there is none.
---
---   local cutoff = require "imr.workflow.cutoff"
---   local bill = assert(cutoff.at(db, { cutoff = imr.time.parse "2025-07-31T24:00" }))
---   for _, row in ipairs(bill.rows) do print(row.meter_no, row.reading or row.why) end
---
--- The nearest reading that imr.workflow.metering accepts counts, whichever listing it is from: the last one before, or
--- one up to two hours after the moment (its age is negative). A reading of a device that was replaced before the
--- cutoff is nobody's reading at the cutoff; devices that are read at the same time under one number have a row each.

local copy = require "imr.base.copy"
local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local day = require "imr.workflow.metering.day"
local devices = require "imr.workflow.metering.devices"
local ends = require "imr.workflow.metering.ends"
local errors = require "imr.errors"
local expect_database = require "imr.database.expected"
local levels = require "imr.workflow.metering.levels"
local metering_rows = require "imr.workflow.metering.rows"
local place = require "imr.workflow.metering.place"
local quality = require "imr.workflow.quality"
local reasons = require "imr.workflow.metering.reasons"
local settings = require "imr.workflow.quality.settings"
local sources = require "imr.workflow.quality.sources"
local unknown_option = require "imr.base.unknown_option"
local where = require "imr.workflow.metering.where"

local cutoff = {}

local MAX_AGE = 3 * DAY
-- What comes before and after a reading shows what is usual, and that it was wrong. Of a meter of which anything is
-- odd, more is read.
local NEAR = { before = 14 * DAY, after = 3 * DAY }
local WIDE = { before = 60 * DAY, after = 14 * DAY }

---Which moment, and what may stand for it.
---@class imr.CutoffOptions: imr.QualityOptions
---@field cutoff integer Unix seconds
---@field max_age? integer seconds before the cutoff; an older reading leaves the meter unresolved. Default 3 days
---@field freeze_window? integer seconds after the cutoff in which a reading may lie. Default 7200
---@field sources? string[] listings to choose from; default all

---A meter's reading at the cutoff, or why it has none.
---@class imr.CutoffRow
---@field meter_no string
---@field resolved boolean
---@field device_id? string
---@field project_code? string
---@field kind? string electricity or water
---@field user_code? string who lived there at the reading's time, or at the cutoff where there is none
---@field user_name? string
---@field address? string
---@field house_number? string
---@field reading? string exact, as all registers
---@field energy_sharp? string
---@field energy_peak? string
---@field energy_flat? string
---@field energy_valley? string
---@field read_time? integer
---@field age? integer seconds; negative where the reading is later than the cutoff
---@field source? string
---@field flags? string names of rules, joined by commas
---@field why? string

local OPTIONS = { cutoff = "number", max_age = "number", freeze_window = "number", sources = "table",
  on_row = "function" }

local PARTS = { "energy_sharp", "energy_peak", "energy_flat", "energy_valley" }

-- ---------------------------------------------------------------- the reading

-- The nearest of all listings.
local function nearest(device, period)
  local best
  for _, series in ipairs(device.series) do
    local found = ends.at(series, period.cutoff, period)
    if found and not (best and best.distance <= found.distance) then
      best, found.series = found, series
    end
  end
  return best
end

-- The device that took the place of one that is not listed any more, where it has no reading yet.
local function successor(given, device, limit)
  local entry = device.entry
  if not (entry and entry.removed_at and entry.removed_at <= limit) then return nil end
  for _, other in ipairs(given.history) do
    if other.device_id ~= device.id and other.project_code == entry.project_code
      and other.first_seen >= entry.removed_at and other.first_seen <= limit then
      return other.device_id
    end
  end
end

-- Those that are read around the cutoff: not one whose place another had taken by then.
local function standing(list, period)
  local kept, latest = {}, period.cutoff + period.window
  for _, device in ipairs(list) do
    local gone, removed = device.first > latest, device.entry and device.entry.removed_at
    local until_when = removed and removed <= period.cutoff and latest or period.cutoff
    for _, other in ipairs(list) do
      gone = gone or devices.follows(device, other) and other.first <= until_when
    end
    if not gone then kept[#kept + 1] = device end
  end
  return kept
end

-- ---------------------------------------------------------------- the row

local function day_text(seconds, options)
  return core.format_time(seconds, options.utc_offset):sub(1, 16)
end

-- The registers are one row's, so that parts and total belong together.
local function fill(row, found, period)
  local point, source = found.series.points[found.index], found.series.source
  row.resolved, row.reading, row.read_time = true, point.text, point.time
  row.age, row.source = period.cutoff - point.time, source.name
  for _, part in ipairs(#source.registers > 1 and PARTS or {}) do row[part] = point.row[part] end
end

-- Does a flag concern the reading: is it of its moment or of the time up to the cutoff, or does it begin before the
-- cutoff and end after it? A run of zeros must be long enough by then, a register that falls next may have been too
-- high, and a clock was wrong from the first row that shows it.
local function concerns(flag, found, period, days)
  if flag.time >= found.time and flag.time <= math.max(period.cutoff, found.time) then return true end
  if flag.time < found.time or not flag.since then return false end
  return flag.rule == "zeros" and flag.since <= found.time - days * DAY
    or flag.rule == "decreasing" and flag.since == found.time
    or flag.rule == "clock" and flag.since <= found.time
end

-- Rules that were not asked have nothing to say.
local function is_left_out(chosen, name)
  for _, rule in ipairs(chosen.rules) do
    if rule.name == name then return false end
  end
  for _, rule in ipairs(quality.rules) do
    if rule.name == name then return true end
  end
  return false
end

-- Why it was taken instead of a nearer one, and the flags that concern it.
local function flags_of(flags, chosen, found, period)
  local names = reasons.new()
  local function add(name)
    if not is_left_out(chosen, name) then names:add(name) end
  end
  for _, name in ipairs(found.doubts) do add(name) end
  if found.far and #found.doubts == 0 then add "gap" end
  local disagreement = levels.problem(found.device, found.series, found.series.points[found.index], period)
  if disagreement then add(disagreement) end
  for _, flag in ipairs(flags) do
    if concerns(flag, found, period, chosen.tuning.zeros.days) then add(flag.rule) end
  end
  return names:text() or ""
end

-- Why a meter has no reading at the cutoff, or nothing.
local function problem_of(given, device, found, period)
  local removed = device.entry and device.entry.removed_at
  local gone = removed and removed <= period.cutoff
    and ("the platform does not list it since %s; "):format(day_text(removed, period)) or ""
  if not found then return gone .. "no reading before it" end
  local last = ("%s at %s"):format(found.series.points[found.index].text, day_text(found.time, period))
  local new = successor(given, device, period.cutoff)
  if new and given.without[new] then
    return ("device %s was replaced by %s, of which there is no reading; the last one before was %s"):format(device.id,
      new, last)
  end
  if period.cutoff - found.time > period.max_age then
    return ("%sthe newest reading is too old: %s"):format(gone, last)
  end
end

local function resolve(given, device, period, chosen, flags)
  local row = { meter_no = given.meter_no, device_id = device.id, kind = device.kind, resolved = false,
    project_code = device.project }
  local found = device.series and nearest(device, period)
  row.why = problem_of(given, device, found, period)
  if row.why then return row end
  found.device = device
  fill(row, found, period)
  row.flags = flags_of(flags, chosen, found, period)
  return row
end

-- ---------------------------------------------------------------- a meter

-- The device that was listed at the cutoff, of a meter without a row.
local function listed(given, limit)
  local entry = given.history[1]
  for _, other in ipairs(given.history) do
    if other.first_seen <= limit then entry = other end
  end
  if not entry then return {} end
  return { id = entry.device_id, kind = entry.kind, entry = entry, project = entry.project_code }
end

local function has_reading(list, period)
  for _, device in ipairs(list) do
    if nearest(device, period) then return true end
  end
  return false
end

local function view_of(given, period, chosen, window)
  given.now, given.from, given.to = period.now, window.from, window.to
  return quality.view(given, chosen)
end

-- One device that simply goes on, and is read when it usually is.
local function is_plain(view, period)
  local device = view.devices[1]
  if #view.devices ~= 1 then return false end
  for _, series in ipairs(device.series) do
    local found = series.plain and ends.at(series, period.cutoff, period)
    if not found or found.far or #found.doubts > 0 then return false end
  end
  return #device.series > 0
end

local function window_of(period, span, meters, delays)
  return { from = period.cutoff - math.min(math.max(span.before, period.max_age), WIDE.before),
    to = period.cutoff + span.after, meters = meters, sources = period.wanted, delays = delays }
end

local function wide_view(db, given, period, chosen)
  local window = window_of(period, WIDE, { given.meter_no }, given.delays)
  local wide = metering_rows.meters(db, window)() or given
  local view = view_of(wide, period, chosen, window)
  if has_reading(view.devices, period) then return view end
  metering_rows.add_older(db, wide, window)
  return view_of(wide, period, chosen, window)
end

local function resolve_meter(db, given, period, chosen, window)
  local view = view_of(given, period, chosen, window)
  if not is_plain(view, period) then view = wide_view(db, given, period, chosen) end
  given.without = {}
  for _, entry in ipairs(given.history) do given.without[entry.device_id] = true end
  for _, device in ipairs(view.devices) do
    if device.id and nearest(device, period) then given.without[device.id] = nil end
  end
  local list, flags = standing(view.devices, period), quality.judge(view, chosen)
  if #list == 0 then list[1] = listed(given, period.cutoff) end
  local rows = {}
  for index, device in ipairs(list) do
    local row = resolve(given, device, period, chosen, flags)
    rows[index] = place.fill(row, given, row.read_time or period.cutoff)
  end
  return where.kept(period.where, rows)
end

-- ---------------------------------------------------------------- all meters

local function resolve_all(db, options, chosen, wanted)
  options = where.narrow(db, options, { from = options.cutoff - options.max_age,
    to = options.cutoff + options.freeze_window })
  local bill = { rows = {}, resolved = 0, unresolved = 0, cutoff = options.cutoff }
  local period = copy(options, { window = options.freeze_window, wanted = wanted })
  local window = window_of(period, NEAR, options.meters)
  for given in metering_rows.meters(db, window) do
    for _, row in ipairs(resolve_meter(db, given, period, chosen, window)) do
      bill.rows[#bill.rows + 1] = row
      local kind = row.resolved and "resolved" or "unresolved"
      bill[kind] = bill[kind] + 1
      if options.on_row then options.on_row(row) end
    end
  end
  if options.where and #bill.rows == 0 then where.fail(options.where, "no meter at the cutoff fits: %s") end
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

---A row a meter, in the order of their numbers.
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
  local filled = copy({ utc_offset = utc_offset, max_age = MAX_AGE, freeze_window = day.WINDOW, now = os.time() },
    options)
  local chosen, wanted = settings.new(filled, 2), wanted_of(filled.sources, 2)
  expect_database(db, "cutoff.at", 2)
  local fine, result = pcall(resolve_all, db, filled, chosen, wanted)
  if fine then return result end
  if errors.is(result) then return nil, result end
  error(result, 0)
end

return cutoff
