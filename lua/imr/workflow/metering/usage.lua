-- The usage of one meter in a period, a row a device and tenancy. Pure.

local devices = require "imr.workflow.metering.devices"
local ends = require "imr.workflow.metering.ends"
local parts = require "imr.workflow.metering.parts"
local platform = require "imr.workflow.metering.platform"
local reasons = require "imr.workflow.metering.reasons"
local span = require "imr.workflow.metering.span"
local tenancies = require "imr.workflow.metering.tenancies"

local usage = {}

---What a device of a meter used while a tenant had it.
---@class imr.MeteringUsage
---@field meter_no string
---@field device_id? string
---@field project_code? string
---@field kind? string electricity or water
---@field user_code? string
---@field user_name? string
---@field address? string
---@field from integer begin of the part of the period, Unix seconds
---@field to integer its end
---@field opening? string exact, as all registers
---@field opening_time? integer
---@field closing? string
---@field closing_time? integer
---@field usage? string
---@field sharp? string
---@field peak? string
---@field flat? string
---@field valley? string
---@field source? string listing that the readings are of
---@field status "measured"|"doubtful"|"incomplete"
---@field reasons? string names of rules, joined by commas

-- ---------------------------------------------------------------- one source

local RANK = { measured = 1, doubtful = 2, incomplete = 2 }

local function is_better(one, other)
  if not other then return true end
  if RANK[one.status] ~= RANK[other.status] then return RANK[one.status] < RANK[other.status] end
  if one.has_parts ~= other.has_parts then return one.has_parts end
  return one.distance < other.distance
end

-- The listing whose readings are best at the ends; one without doubt, then one with the tariffs' parts.
local function best_source(device, from, to, period)
  local best
  for _, series in ipairs(device.series) do
    local found = span.of(series, from, to, period)
    if found then
      found.has_parts = #series.source.registers > 1
      if is_better(found, best) then best = found end
    end
  end
  return best and best.series
end

-- Two listings of one register may be read at different times, and rounded; but not stand at different levels.
local function levels_differ(device, found, period)
  local unit = 2 * 10 ^ -found.series.resolution
  for _, series in ipairs(device.series) do
    local other = series ~= found.series and ends.at(series, found.closing.time, period)
    if other and not other.far then
      local off = math.abs(series.points[other.index].number - found.closing.number)
      local room = math.max(found.series.limits.rise(other.distance), series.limits.rise(other.distance))
      if off > room + unit + 2 * 10 ^ -series.resolution then return true end
    end
  end
  return false
end

-- ---------------------------------------------------------------- a device in the period

-- The devices that were there before and after it; what is read at the same time is neither.
local function neighbours(list, device)
  local before, after
  for _, other in ipairs(list) do
    if devices.follows(other, device) and (not before or other.last > before.last) then before = other end
    if devices.follows(device, other) and (not after or other.first < after.first) then after = other end
  end
  return before, after
end

local function is_gone(given, device, after, from)
  if after then return after.first <= from end
  for _, entry in ipairs(given.history) do
    if entry.device_id == device.id then
      return device.last < from and entry.removed_at ~= nil and entry.removed_at <= from
    end
  end
  return false
end

local function text_of(point) return point.cleaned and tostring(point.value) or point.text end

local function fill(row, found)
  row.usage = found.used and tostring(found.used)
  row.status, row.reasons = found.status, found.reasons:text()
  if not found.opening then return end
  row.opening, row.opening_time = text_of(found.opening), found.opening.time
  row.closing, row.closing_time = text_of(found.closing), found.closing.time
  row.source = found.series.source.name
end

local function nothing()
  local found = { status = "incomplete", reasons = reasons.new() }
  found.reasons:add "gap"
  return found
end

-- What is special about a device that was replaced in this part.
local function doubt_swaps(found, before, after, part)
  if before and found.begins_inside then span.doubt(found, "meter_swap") end
  if after and after.first > part.from and after.first <= part.to then span.doubt(found, "meter_swap") end
end

local function span_of(device, series, part, period)
  if not series then return platform.span(device, part.from, part.to, period) end
  local found = span.of(series, { time = part.from, window = part.from_window },
    { time = part.to, window = part.to_window }, period)
  if found and levels_differ(device, found, period) then span.doubt(found, "scale") end
  return found
end

local function row_of(given, device, part)
  local row = { meter_no = given.meter_no, device_id = device.id, kind = device.kind, from = part.from, to = part.to }
  for _, entry in ipairs(given.history) do
    if entry.device_id == device.id or not row.address then
      row.address, row.project_code = entry.address, entry.project_code
      row.user_code, row.user_name = entry.user_code, entry.user_name
    end
  end
  if part.tenancy then row.user_code, row.user_name = part.tenancy.user_code, part.tenancy.user_name end
  if part.vacant then row.user_code, row.user_name = nil, nil end
  return row
end

local function add_device(rows, given, list, device, period)
  local before, after = neighbours(list, device)
  if device.first > period.to + period.window or is_gone(given, device, after, period.from) then return end
  local series = best_source(device, { time = period.from }, { time = period.to }, period)
  local tariffs = series and #series.source.registers > 1 and parts.of(device, series.source, period) or {}
  for _, part in ipairs(tenancies.parts(given.tenancies, period)) do
    if not (after and after.first <= part.from) and device.first <= part.to + period.window then
      local row, found = row_of(given, device, part), span_of(device, series, part, period)
      if found and found.opening then
        doubt_swaps(found, before, after, part)
        parts.fill(row, found, tariffs)
      end
      fill(row, found or nothing())
      rows[#rows + 1] = row
    end
  end
end

-- A meter that is listed, and of which there is no row.
local function add_listed(rows, given, period)
  for _, entry in ipairs(given.history) do
    if entry.first_seen < period.to and not (entry.removed_at and entry.removed_at <= period.from) then
      local device = { id = entry.device_id, kind = entry.kind }
      for _, part in ipairs(tenancies.parts(given.tenancies, period)) do
        local row = row_of(given, device, part)
        fill(row, nothing())
        rows[#rows + 1] = row
      end
    end
  end
end

local function has_opening(list, period)
  for _, device in ipairs(list) do
    for _, series in ipairs(device.series) do
      if ends.at(series, period.from, period) then return true end
    end
  end
  return false
end

---@param given imr.MeteringRows
---@param period { from: integer, to: integer, utc_offset: integer, window: integer, now: integer?, cuts: integer[]? }
--- `to` is the moment at which it ends; `cuts` are further moments at which rows end, such as the midnights
---@param add_older? fun(given: imr.MeteringRows) called where nothing stands at the period's beginning
---@return imr.MeteringUsage[]
function usage.of(given, period, add_older)
  local list = devices.of(given, period)
  if add_older and not has_opening(list, period) then
    add_older(given)
    list = devices.of(given, period)
  end
  local rows = {}
  for _, device in ipairs(list) do add_device(rows, given, list, device, period) end
  if #list == 0 then add_listed(rows, given, period) end
  return rows
end

return usage
