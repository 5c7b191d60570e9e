-- The usage of one meter in a period, a row a device and tenancy. Pure.

local DAY = require("imr.base.calendar").DAY
local decimal = require "imr.decimal"
local devices = require "imr.workflow.metering.devices"
local doubts = require "imr.workflow.metering.doubts"
local ends = require "imr.workflow.metering.ends"
local parts = require "imr.workflow.metering.parts"
local platform = require "imr.workflow.metering.platform"
local reasons = require "imr.workflow.metering.reasons"
local span = require "imr.workflow.metering.span"
local tenancies = require "imr.workflow.metering.tenancies"
local value = require "imr.workflow.metering.value"

local usage = {}

---What a device of a meter used while a tenant had it.
---@class imr.MeteringUsage
---@field meter_no string
---@field device_id? string
---@field project_code? string
---@field kind? string electricity or water
---@field user_code? string
---@field user_name? string
---@field house_number? string
---@field since? integer since when the tenant has been known to live there
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
local function best_span(device, from, to, period)
  local best
  for _, series in ipairs(device.series) do
    local found = span.of(series, from, to, period)
    if found then
      found.has_parts = #series.source.registers > 1
      if is_better(found, best) then best = found end
    end
  end
  return best
end

-- ---------------------------------------------------------------- a device in the period

-- The devices that were there before and after it, and whether one is read beside it.
local function place_of(list, device)
  local place = {}
  for _, other in ipairs(list) do
    local before, after = devices.follows(other, device), devices.follows(device, other)
    if before and not (place.before and place.before.last > other.last) then place.before = other end
    if after and not (place.after and place.after.first < other.first) then place.after = other end
    place.beside = place.beside or other ~= device and not before and not after and other.project == device.project
  end
  return place
end

local function is_gone(device, after, from)
  if after then return after.first <= from end
  local removed = device.entry and device.entry.removed_at
  return removed ~= nil and removed <= from and device.last < from
end

local function text_of(point) return point.cleaned and tostring(point.value) or point.text end

local function fill(row, found)
  row.usage = found.used and tostring(found.used)
  row.status, row.reasons = found.status, span.reasons(found)
  if not found.opening then return end
  row.opening, row.opening_time = text_of(found.opening), found.opening.time
  row.closing, row.closing_time = text_of(found.closing), found.closing.time
  row.source = found.series.source.name
end

local function nothing()
  return { status = "incomplete", reasons = reasons.new(), gap = true }
end

-- What is special about a device that was replaced in this part.
local function doubt_swaps(found, before, after, part)
  if before and found.begins_inside or after and after.first > part.from and after.first <= part.to then
    found.replaced = true
    span.doubt(found, "meter_swap")
  end
end

-- A daily row says what its own day used. Where it is the device's first, that is all there is of what its register
-- was as the day began; the span stays incomplete.
local function begin_with_day(found, period)
  if not found.begins_inside or not found.used or found.replaced then return end
  local first = found.opening
  local used = found.series.source.name == "consumption" and decimal.parse(first.row.usage)
  if not used or used.negative or used:number() > found.series.limits.rise(DAY) then return end
  local opening = value.of(first) - used
  if opening.negative then return end
  found.used = found.used + used
  local midnight = first.time - (first.time + period.utc_offset) % DAY
  found.opening = { time = midnight, text = tostring(opening) }
end

local function span_of(device, series, part, period)
  if not series then return platform.span(device, part.from, part.to, period) end
  return span.of(series, { time = part.from, window = part.from_window },
    { time = part.to, window = part.to_window }, period)
end

local function row_of(given, device, part)
  local entry = device.entry or {}
  local row = { meter_no = given.meter_no, device_id = device.id, kind = device.kind, from = part.from, to = part.to,
    address = entry.address, project_code = device.project or entry.project_code }
  local tenant = part.tenancy or not part.vacant and entry or {}
  row.user_code = tenant.user_code ~= "" and tenant.user_code or nil
  row.user_name, row.house_number = tenant.user_name, tenant.house_number
  row.since = part.tenancy and part.tenancy.since
  return row
end

-- The parts of the period in which a device stood there, and the listing that they are read from.
local function stand_of(given, list, device, period)
  local place = place_of(list, device)
  local after = place.after
  if device.first > period.to + period.window or is_gone(device, after, period.from) then return nil end
  local best, stood = best_span(device, { time = period.from }, { time = period.to }, period), {}
  for _, part in ipairs(tenancies.parts(given.tenancies, period, device.project)) do
    if not (after and after.first <= part.from) and device.first <= part.to + period.window then
      stood[#stood + 1] = part
    end
  end
  return { place = place, series = best and best.series, parts = stood }
end

local function add_row(rows, given, device, stand, part, period, tariffs)
  local row, found = row_of(given, device, part), span_of(device, stand.series, part, period)
  if found and found.opening then
    doubts.add(found, given, device, part, period)
    doubt_swaps(found, stand.place.before, stand.place.after, part)
    if stand.place.beside then found.reasons:add "two_devices" end
    if part.moved then found.reasons:add "tenant" end
    parts.fill(row, found, tariffs)
    begin_with_day(found, period)
  end
  fill(row, found or nothing())
  rows[#rows + 1] = row
end

local function add_device(rows, given, list, device, period)
  local stand = stand_of(given, list, device, period)
  if not stand then return end
  local series = stand.series
  local tariffs = series and #series.source.registers > 1 and parts.of(device, series.source, period) or {}
  for _, part in ipairs(stand.parts) do add_row(rows, given, device, stand, part, period, tariffs) end
end

local function has_rows(list, entry, period)
  for _, device in ipairs(list) do
    if device.id == entry.device_id and device.first <= period.to + period.window then return true end
  end
  return false
end

-- What the first meter list of all shows may have been there before.
local function is_listed(given, entry, period)
  if entry.removed_at and entry.removed_at <= period.from then return false end
  return entry.first_seen < period.to or given.begun ~= nil and entry.first_seen <= given.begun()
end

-- A device that is listed, and of which there is no row up to the end; once, however often it was listed anew.
local function add_listed(rows, given, list, period)
  local added = {}
  for _, entry in ipairs(given.history) do
    local key = ("%s\0%s"):format(entry.device_id or "", entry.project_code or "")
    if is_listed(given, entry, period) and not has_rows(list, entry, period) and not added[key] then
      added[key] = true
      local device = { id = entry.device_id, kind = entry.kind, entry = entry, project = entry.project_code }
      for _, part in ipairs(tenancies.parts(given.tenancies, period, device.project)) do
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

---The devices of a meter, with older rows where nothing stands at the period's beginning.
---@param given imr.MeteringRows
---@param period { from: integer, utc_offset: integer, window: integer, now: integer? }
---@param add_older? fun(given: imr.MeteringRows)
---@return imr.MeteringDevice[]
function usage.devices(given, period, add_older)
  local list = devices.of(given, period)
  if not add_older or has_opening(list, period) then return list end
  add_older(given)
  return devices.of(given, period)
end

---@param given imr.MeteringRows
---@param list imr.MeteringDevice[] of the meter
---@param period { from: integer, to: integer, utc_offset: integer, window: integer, now: integer?, cuts: integer[]? }
--- `to` is the moment at which it ends; `cuts` are further moments at which rows end, such as the midnights
---@return imr.MeteringUsage[]
function usage.of(given, list, period)
  local rows = {}
  for _, device in ipairs(list) do add_device(rows, given, list, device, period) end
  add_listed(rows, given, list, period)
  return rows
end

---What `usage.of` says was used in each part of the period, and nothing else of it but whose it is.
---@param given imr.MeteringRows
---@param list imr.MeteringDevice[] of the meter
---@param period table as of usage.of
---@param add fun(used: imr.Decimal, to: integer, row: fun(): table) the part's end, and its row without readings
function usage.each(given, list, period, add)
  for _, device in ipairs(list) do
    local stand = stand_of(given, list, device, period)
    for _, part in ipairs(stand and stand.parts or {}) do
      local found = span_of(device, stand.series, part, period)
      if found and found.opening then
        doubt_swaps(found, stand.place.before, stand.place.after, part)
        begin_with_day(found, period)
      end
      if found and found.used then add(found.used, part.to, function() return row_of(given, device, part) end) end
    end
  end
end

return usage
