-- How late the fleet's rows are: what can only be said of a device's clock beside all others.

local numbers = require "imr.database.numbers"
local sources = require "imr.workflow.quality.sources"

local LATEST = 253402300799 -- the last second of the year 9999: a driver writes greater numbers with an exponent
local SAMPLE, LEAST = 40, 3 -- meters that tell how late the fleet's rows are

-- Some of the meters, evenly.
local function sample_of(list)
  local sample, step = {}, math.max(1, #list / SAMPLE)
  for index = 1, #list, step do sample[#sample + 1] = list[math.floor(index)] end
  return sample
end

local function least_delay(db, source, meter_no, window)
  local sql = ("SELECT %s AS delay FROM %s WHERE meter_no = ? AND %s >= ? AND %s <= ? AND %s <= stored_at"):format(
    db:exact("time", ("min(stored_at - %s)"):format(source.time)), source.table, source.time, source.time, source.time)
  local row = db:row(sql, meter_no, window.from or 0, window.to or LATEST)
  return row and row.delay
end

local function median(list)
  table.sort(list)
  return list[math.ceil(#list / 2)]
end

---How old the newest rows usually are when they are stored: seconds, by source. Few meters tell nothing of a fleet.
---@param db imr.Database
---@param window { from: integer?, to: integer? }
---@return table<string, number>
return function(db, window)
  local sample, delays = sample_of(numbers.all(db)), {}
  for _, source in ipairs(sources) do
    local list = {}
    for _, meter_no in ipairs(sample) do list[#list + 1] = least_delay(db, source, meter_no, window) end
    delays[source.name] = #list >= LEAST and median(list) or 0
  end
  return delays
end
