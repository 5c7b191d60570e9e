-- A meter's rows as the registers of the devices that its number stood for. Pure.
--
-- One number in two projects is two meters; so is one device. Readings do not say their project: that of the device
-- is theirs, where it has but one.

local DAY = require("imr.base.calendar").DAY
local register = require "imr.workflow.metering.register"
local sources = require "imr.workflow.quality.sources"
local steady = require "imr.workflow.metering.steady"

local devices = {}

---One register of a device in one listing.
---@class imr.MeteringSeries: imr.MeteringRegister
---@field source imr.QualitySource

---@class imr.MeteringDevice
---@field id string|nil
---@field project string|nil
---@field kind string|nil
---@field entry table|nil its newest row of the table meters
---@field series imr.MeteringSeries[] those with a reading that can be read, in the order of the sources
---@field first integer time of its first row
---@field last integer time of its last row
---@field rows table<string, table[]> by source
---@field steady imr.MeteringSteady|nil where it is the meter's only device, and nothing is odd

local function text_or_nil(text) return text ~= "" and text or nil end

-- The device that a number stood for at a time, where the rows do not say it.
local function installed(history, time, project)
  local device
  for _, entry in ipairs(history) do
    if not project or text_or_nil(entry.project_code) == project then
      if not device or entry.first_seen <= time then device = entry end
    end
  end
  return device and device.device_id
end

-- Projects in which a device is known, by its id: false where there are several.
local function projects_of(history)
  local projects = {}
  for _, entry in ipairs(history) do
    local id, project = entry.device_id or "", text_or_nil(entry.project_code)
    if projects[id] == nil then projects[id] = project elseif projects[id] ~= project then projects[id] = false end
  end
  return projects
end

local function entry_of(history, id, project)
  local found
  for _, entry in ipairs(history) do
    local fits = entry.device_id == id and (not project or text_or_nil(entry.project_code) == project)
    if fits or not found then found = entry end
  end
  return found
end

local function device_of(found, history, id, project)
  local key = ("%s\0%s"):format(id or "", project or "")
  if not found[key] then
    local entry = entry_of(history, id, project)
    found[key] = { id = id, project = project, entry = entry, kind = entry and entry.kind, rows = {}, first = math.huge,
      last = -math.huge }
    found[#found + 1] = found[key]
  end
  return found[key]
end

local function add_row(device, list, row, time)
  list[#list + 1] = row
  if time < device.first then device.first = time end
  if time > device.last then device.last = time end
end

-- The device of a row that names it differently from the row before; nil for rows of a device in several projects that
-- do not say which: they are nobody's.
local function owner_of(found, given, projects, row, time)
  local project = text_or_nil(row.project_code)
  local id = text_or_nil(row.device_id) or installed(given.history, time, project)
  if not project then project = projects[id or ""] end
  if project ~= false then return device_of(found, given.history, id, project) end
end

local function split_source(found, given, projects, source)
  local device, list, id, project
  for _, row in ipairs(given.rows[source.name] or {}) do
    local time = row[source.time]
    if not device or row.device_id ~= id or row.project_code ~= project or not text_or_nil(id) then
      device, id, project = owner_of(found, given, projects, row, time), row.device_id, row.project_code
      list = device and (device.rows[source.name] or {})
      if device then device.rows[source.name] = list end
    end
    if device then add_row(device, list, row, time) end
  end
end

local function split(given)
  local found, projects = {}, projects_of(given.history)
  for _, source in ipairs(sources) do split_source(found, given, projects, source) end
  return found
end

-- The points of one register; a further row of the same moment with another value makes the moment's value uncertain.
local function points_of(rows, source, field)
  local points, last = {}, nil
  for _, row in ipairs(rows) do
    local time, text = row[source.time], row[field]
    if last and last.time == time then
      last.contradicted = last.contradicted or text ~= nil and text ~= last.text
    else
      last = { time = time, text = text, stored_at = row.stored_at, row = row,
        invalid = source.table == "camera_readings" and row.image_ok ~= true and "image" or nil }
      points[#points + 1] = last
    end
  end
  return points
end

local function settings_of(device, settings)
  return { kind = device.kind, now = settings.now, limits = settings.limits, rollover = settings.rollover }
end

---One register of a device.
---@param device imr.MeteringDevice
---@param source imr.QualitySource
---@param field string
---@param settings table of register.new
---@return imr.MeteringSeries|nil nil where no row has a value
function devices.series(device, source, field, settings)
  local points = points_of(device.rows[source.name] or {}, source, field)
  local series = register.new(points, settings_of(device, settings))
  series.source = source
  for _, point in ipairs(points) do
    if point.number then return series end
  end
end

local function points_of_lists(known)
  local points, lists, places = {}, known.lists, known.places
  local time, text, stored_at = places.time, places.text, places.stored_at
  for index = 1, #lists do
    local list = lists[index]
    points[index] = { time = math.floor(list[time]), text = list[text], stored_at = list[stored_at], accepted = true }
  end
  return points
end

-- Without a look at each row: `steady` has done that.
local function only_device(given, known, settings)
  local source, entry, points = known.source, given.history[1], points_of_lists(known)
  local device = { id = entry.device_id, project = text_or_nil(entry.project_code), kind = entry.kind, entry = entry,
    rows = given.rows, steady = known, first = points[1].time, last = points[#points].time }
  local series = register.plain(points, settings_of(device, settings))
  series.source, series.shortest, device.series = source, math.min(known.least, DAY), { series }
  return device
end

---The devices of a meter that there are rows of, in the order of their first row.
---@param given imr.MeteringRows
---@param settings { now: integer?, limits: table? }
---@return imr.MeteringDevice[]
function devices.of(given, settings)
  local known = steady.of(given, settings)
  return known and { only_device(given, known, settings) } or devices.in_full(given, settings)
end

---The same with each point's `number` and `row`, also of a steady meter.
---@param given imr.MeteringRows
---@param settings { now: integer?, limits: table? }
---@return imr.MeteringDevice[]
function devices.in_full(given, settings)
  local list = split(given)
  for _, device in ipairs(list) do
    device.series = {}
    for _, source in ipairs(sources) do
      device.series[#device.series + 1] = devices.series(device, source, source.registers[1], settings)
    end
  end
  table.sort(list, function(a, b)
    if a.first ~= b.first then return a.first < b.first end
    return (a.id or "") < (b.id or "")
  end)
  return list
end

---Did one of them take the other's place, rather than both being read at the same time?
---@param before imr.MeteringDevice
---@param after imr.MeteringDevice
---@return boolean
function devices.follows(before, after)
  return before.last < after.first and (before.project == after.project or not (before.project and after.project))
end

return devices
