-- A meter's rows as the registers of the devices that its number stood for. Pure.

local register = require "imr.workflow.metering.register"
local sources = require "imr.workflow.quality.sources"

local devices = {}

---One register of a device in one listing.
---@class imr.MeteringSeries: imr.MeteringRegister
---@field source imr.QualitySource

---@class imr.MeteringDevice
---@field id string|nil
---@field kind string|nil
---@field series imr.MeteringSeries[] those with a reading that can be read, in the order of the sources
---@field first integer time of its first row
---@field last integer time of its last row
---@field rows table<string, table[]> by source

-- The device that a number stood for at a time, where the rows do not say it.
local function installed(history, time)
  local device = history[1]
  for _, entry in ipairs(history) do
    if entry.first_seen <= time then device = entry end
  end
  return device and device.device_id
end

local function kind_of(history, id)
  local kind
  for _, entry in ipairs(history) do
    if entry.device_id == id or not kind then kind = entry.kind or kind end
  end
  return kind
end

local function device_of(found, history, id)
  local key = id or ""
  if not found[key] then
    found[key] = { id = id, kind = kind_of(history, id), rows = {}, first = math.huge, last = -math.huge }
    found[#found + 1] = found[key]
  end
  return found[key]
end

local function add_row(device, source, row)
  local list = device.rows[source.name] or {}
  device.rows[source.name], list[#list + 1] = list, row
  local time = row[source.time]
  device.first, device.last = math.min(device.first, time), math.max(device.last, time)
end

local function split(given)
  local found = {}
  for _, source in ipairs(sources) do
    for _, row in ipairs(given.rows[source.name] or {}) do
      local id = row.device_id or installed(given.history, row[source.time])
      add_row(device_of(found, given.history, id), source, row)
    end
  end
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

---One register of a device.
---@param device imr.MeteringDevice
---@param source imr.QualitySource
---@param field string
---@param settings table of register.new
---@return imr.MeteringSeries|nil nil where no row has a value
function devices.series(device, source, field, settings)
  local points = points_of(device.rows[source.name] or {}, source, field)
  local series = register.new(points, { kind = device.kind, now = settings.now, limits = settings.limits })
  series.source = source
  for _, point in ipairs(points) do
    if point.number then return series end
  end
end


---The devices of a meter that there are rows of, in the order of their first row.
---@param given imr.MeteringRows
---@param settings { now: integer?, limits: table? }
---@return imr.MeteringDevice[]
function devices.of(given, settings)
  local list = {}
  for _, device in ipairs(split(given)) do
    device.series = {}
    for _, source in ipairs(sources) do
      device.series[#device.series + 1] = devices.series(device, source, source.registers[1], settings)
    end
    list[#list + 1] = device
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
  return before.last < after.first
end

return devices
