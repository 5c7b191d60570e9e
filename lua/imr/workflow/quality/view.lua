-- What the rules look at: everything there is of one meter in a period, in the order of time. Pure.
--
-- Which readings are accepted, and where a register runs over or breaks, is imr.workflow.metering's to say.

local clock = require "imr.workflow.metering.clock"
local DAY = require("imr.base.calendar").DAY
local devices = require "imr.workflow.metering.devices"
local limits = require "imr.workflow.metering.limits"
local seconds_between = require "imr.workflow.metering.interval"
local sources = require "imr.workflow.quality.sources"
local steps = require "imr.workflow.quality.steps"

local view = {}

---@class imr.QualitySeries: imr.MeteringSeries one register of one device in one listing
---@field field string
---@field device imr.MeteringDevice
---@field steps imr.QualityStep[] between its accepted readings

---When a meter was read, whichever device stood for it; or one of several devices at once.
---@class imr.QualityCourse
---@field source imr.QualitySource
---@field points imr.MeteringPoint[] those whose time can be believed
---@field interval integer|nil usual seconds between two
---@field removed_at integer|nil since when the platform does not list the meter any more

---@class imr.QualityView
---@field meter_no string
---@field now integer
---@field from integer flags are of this period; what is before it only tells what is usual
---@field to integer
---@field history table[] rows of the table meters
---@field tenancies table[]
---@field rows table<string, table[]> by source
---@field withdrawn table<string, table[]> by source
---@field strays table<string, table[]> by source
---@field restatements table[]
---@field alike string[] other meter numbers that look like this one
---@field delays table<string, number> seconds after which the fleet's rows come, by source
---@field devices imr.MeteringDevice[]
---@field series imr.QualitySeries[]
---@field main imr.QualitySource|nil the listing that the meter's course is in
---@field courses imr.QualityCourse[]
---@field swaps { time: integer, from: string, to: string }[] of the install history
---@field at_once boolean several devices are read under this number, turn by turn
---@field kind string|nil
---@field calm boolean no rule has anything to say, so series, main and courses are left out

---Devices that came after another, each at the time when a sync first saw it. One that is listed beside another is no
---change.
---@param history table[] rows of the table meters, oldest first
---@return { time: integer, from: string, to: string }[]
function view.swaps(history)
  local swaps = {}
  for index = 2, #history do
    local before, after = history[index - 1], history[index]
    if before.device_id ~= after.device_id and before.removed_at and before.removed_at <= after.first_seen then
      swaps[#swaps + 1] = { time = after.first_seen, from = before.device_id, to = after.device_id }
    end
  end
  return swaps
end

-- ---------------------------------------------------------------- registers

local function limits_of(kind, tuning)
  local usual = limits.by_kind[kind] and kind or "electricity"
  return { floor = tuning.spike[usual], connection = tuning.spike[usual .. "_most"] }
end

local function add_series(new, device, field, series)
  series.field, series.device = field, device
  series.steps = steps.of(series)
  new.series[#new.series + 1] = series
end

local function add_device(new, device, settings)
  local by_source = {}
  for _, series in ipairs(device.series) do by_source[series.source] = series end
  for _, source in ipairs(sources) do
    for index, field in ipairs(source.registers) do
      local series = index == 1 and by_source[source]
        or index > 1 and device.rows[source.name] and devices.series(device, source, field, settings)
      if series then add_series(new, device, field, series) end
    end
  end
end

-- ---------------------------------------------------------------- the course

local WRONG_TIME = { future = true, clock = true }

local function course_points(new, source, device)
  local points = {}
  for _, series in ipairs(new.series) do
    if series.source == source and series.field == source.registers[1] and (not device or series.device == device) then
      for _, point in ipairs(series.points) do
        if point.number and not WRONG_TIME[point.suspect] then
          points[#points + 1], point.device = point, series.device
        end
      end
    end
  end
  if device == nil and #new.devices > 1 then table.sort(points, function(a, b) return a.time < b.time end) end
  return points
end

local ENOUGH = 20 -- readings that show what is usual, also where they are of few days

local function median_step(points)
  if #points < ENOUGH then return nil end
  local all = {}
  for index = 2, #points do all[index - 1] = points[index].time - points[index - 1].time end
  table.sort(all)
  return all[math.ceil(#all / 2)]
end

local function course(source, points, removed_at)
  return { source = source, points = points, interval = seconds_between(points) or median_step(points),
    removed_at = removed_at }
end

local function removed_at(history)
  for _, entry in ipairs(history) do
    if not entry.removed_at then return nil end
  end
  return #history > 0 and history[#history].removed_at or nil
end

local LEAST_TURNS = 4 -- A, B, A, B: no meter is replaced so often

local function turns_of(points)
  local turns = 0
  for index, point in ipairs(points) do
    if index == 1 or point.device ~= points[index - 1].device then turns = turns + 1 end
  end
  return turns
end

-- The first listing in which the meter has a course; else the first that it has at all.
local function choose_main(new)
  for _, least in ipairs { 2, 1 } do
    for _, source in ipairs(sources) do
      local points = course_points(new, source)
      if #points >= least then return source, points end
    end
  end
end

local function add_courses(new)
  local source, points = choose_main(new)
  new.main, new.courses = source, {}
  new.at_once = points ~= nil and turns_of(points) >= LEAST_TURNS
  if not source then return end
  if not new.at_once then
    new.courses[1] = course(source, points, removed_at(new.history))
    return
  end
  for _, device in ipairs(new.devices) do
    local own = course_points(new, source, device)
    if #own > 0 then
      new.courses[#new.courses + 1] = course(source, own, device.entry and device.entry.removed_at)
    end
  end
end

---The registers of the meter's course: the total of each device in the main listing.
---@param looked_at imr.QualityView
---@return imr.QualitySeries[]
function view.main_series(looked_at)
  local list = {}
  for _, series in ipairs(looked_at.series) do
    if series.source == looked_at.main and series.field == series.source.registers[1] then list[#list + 1] = series end
  end
  return list
end

---Seconds that a step counts as: two readings close to each other say nothing of bursts.
---@param series imr.QualitySeries
---@param seconds integer
---@return integer
function view.stretched(series, seconds)
  return math.max(seconds, series.interval or DAY)
end

-- No rule has anything to say of a steady meter whose readings come as they always do.
local function is_calm(new, tuning)
  local known = #new.devices == 1 and new.devices[1].steady
  if not known or #new.alike > 0 then return false end
  local usual = tuning.gap.factor * math.min(known.least, DAY)
  return known.longest <= usual and math.min(new.to, new.now) - new.devices[1].last <= usual
    and known.still < tuning.zeros.days * DAY
    and clock.is_right(known, { delay = new.delays[known.source.name], slow = tuning.clock.days * DAY })
end

---@param given table meter_no, now, from, to, rows, and what else imr.workflow.metering.rows gives; alike
---@param tuning table<string, table> of all rules
---@return imr.QualityView
function view.new(given, tuning)
  local new = { meter_no = given.meter_no, now = given.now, from = given.from, to = given.to,
    history = given.history or {}, tenancies = given.tenancies or {}, rows = given.rows, lists = given.lists,
    streams = given.streams, withdrawn = given.withdrawn or {}, strays = given.strays or {},
    restatements = given.restatements or {}, alike = given.alike or {}, delays = given.delays or {}, series = {} }
  new.swaps = view.swaps(new.history)
  new.kind = #new.history > 0 and new.history[#new.history].kind or nil
  local settings = { now = new.now, limits = limits_of(new.kind, tuning), rollover = tuning.rollover }
  new.devices = devices.of(new, settings)
  new.calm = is_calm(new, tuning)
  if new.calm then return new end
  if new.devices[1] and new.devices[1].steady then new.devices = devices.in_full(new, settings) end
  for _, device in ipairs(new.devices) do add_device(new, device, settings) end
  add_courses(new)
  return new
end

return view
