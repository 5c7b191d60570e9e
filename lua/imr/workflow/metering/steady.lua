-- Most meters are one device in one listing, read at steady times, of which nothing is odd. One look at its rows tells
-- that, and spares all others: the register simply goes up, as every register may, and no rule has anything to say.
--
-- This is no rule of its own. Whatever is not quite so goes the long way, and a spec holds both to the same.

local clock = require "imr.workflow.metering.clock"
local DAY = require("imr.base.calendar").DAY
local limits = require "imr.workflow.metering.limits"
local sources = require "imr.workflow.quality.sources"
local value = require "imr.workflow.metering.value"

local steady = {}

local NONE = {}

---What can be said of the rows of such a meter.
---@class imr.MeteringSteady
---@field source imr.QualitySource
---@field lists any[][] its rows
---@field places table<string, integer> of time, text, stored_at and device_id in them
---@field least integer seconds of the shortest step between two readings
---@field longest integer
---@field still integer seconds of the longest time in which nothing was used
---@field late integer seconds after which a row was stored at the latest

-- The only listing with rows, where it has one register and nothing beside it.
local function only_source(given)
  local found
  for _, source in ipairs(sources) do
    local lists = given.lists[source.name]
    if lists and lists[1] then
      if found then return nil end
      found = source
    end
  end
  local simple = found and #found.registers == 1 and found.has_device and not found.granularity and #found.others == 1
  return simple and found or nil
end

-- Nothing was ever changed, replaced or taken back, and nobody has moved.
local function has_no_past(given)
  local tenancies = given.tenancies or NONE
  if #given.history ~= 1 or #tenancies > 1 or tenancies[1] and tenancies[1]["until"] then return false end
  for _, lists in ipairs { given.withdrawn or NONE, given.strays or NONE } do
    for _, list in pairs(lists) do
      if #list > 0 then return false end
    end
  end
  return #(given.restatements or NONE) == 0
end

-- ---------------------------------------------------------------- the rows

local max = math.max
local MOST = 1e9 -- up to which doubles keep every place of a register

-- The number of a row of the device that can be read, and that was stored after its time.
local function number_of(list, at, device)
  local text, stored = list[at.text], list[at.stored_at]
  if list[at.device_id] ~= device or list[at.invalid] or not text or not stored or stored < list[at.time] then
    return nil
  end
  return value.plain(text)
end

local function note_step(found, seconds)
  found.least, found.longest = math.min(found.least, seconds), math.max(found.longest, seconds)
end

local function note_rest(found, since, now) found.still = math.max(found.still, now - since) end

-- Goes along the rows until one of them is odd: each later than the one before, and no lower, nor higher than every
-- register may be.
local function look(found, rise_of)
  local lists, at = found.lists, found.places
  local device, time_at, stored_at = lists[1][at.device_id], at.time, at.stored_at
  local time, number = lists[1][time_at], number_of(lists[1], at, device)
  if not number or number == 0 then return nil end
  local begun, late, usual, most = time, lists[1][stored_at] - time, nil, nil
  for index = 2, #lists do
    local list = lists[index]
    local now, read = list[time_at], number_of(list, at, device)
    local seconds, rise = now - time, read and read - number
    if seconds ~= usual then
      usual, most = seconds, rise_of(seconds)
      note_step(found, seconds)
    end
    if not rise or seconds <= 0 or rise < 0 or rise > most then return nil end
    if rise > 0 then begun = now else note_rest(found, begun, now) end
    late, time, number = max(late, list[stored_at] - now), now, read
  end
  found.late = late
  return number < MOST and found or nil
end

-- ---------------------------------------------------------------- the meter

---@param given imr.MeteringRows
---@param settings { now: integer?, limits: { floor: number, connection: number }? }
---@return imr.MeteringSteady|nil nil where anything may be odd
function steady.of(given, settings)
  local source = given.lists and has_no_past(given) and only_source(given)
  if not source or #given.lists[source.name] == 1 then return nil end
  local entry, lists, at = given.history[1], given.lists[source.name], given.streams[source.name].at
  local places = { time = at[source.time], text = at[source.registers[1]], stored_at = at.stored_at,
    device_id = at.device_id, invalid = at.invalid or 0 }
  local first, last = lists[1], lists[#lists]
  if first[places.device_id] ~= entry.device_id or entry.device_id == "" then return nil end
  if first[places.time] < clock.UNSET + DAY or settings.now and last[places.time] > settings.now then return nil end
  return look({ source = source, lists = lists, places = places, least = math.huge, longest = 0, still = 0 },
    limits.always(settings.limits or limits.of_kind(entry.kind)))
end

return steady
