--- Which row of a listing belongs to which meter and moment. For a query the rows of every meter are counted once;
--- after that any page is a binary search away, however deep it lies.

local KEPT = 12 -- queries remembered: six listings at once, and some to spare

---@class imr.simulator.Listing
local Listing = {}
Listing.__index = Listing

---@param fleet imr.simulator.Fleet
---@param history imr.simulator.History
---@param devices imr.simulator.Devices
---@return imr.simulator.Listing
function Listing.new(fleet, history, devices)
  return setmetatable({ fleet = fleet, history = history, devices = devices, cache = {}, order = {} }, Listing)
end

local function wanted(meter, only)
  return not only or meter[only]
end

-- Meters asked for by number, in that order; unknown numbers have no rows.
local function named_meters(self, numbers, only)
  local ids, seen = {}, {}
  for _, number in ipairs(numbers) do
    local meter = self.fleet:by_number(number)
    if meter and wanted(meter, only) and not seen[meter.id] then
      ids[#ids + 1], seen[meter.id] = meter.id, true
    end
  end
  return ids
end

local function all_meters(self, only)
  local ids = {}
  for id = self.fleet.first, self.fleet.last do
    if not only or self.fleet:meter(id)[only] then
      ids[#ids + 1] = id
    end
  end
  return ids
end

-- Readings that somebody asked for follow the meter's regular ones.
local function requested_between(self, meter, query)
  local times = query.requested and self.devices:requested_times(meter)
  local found = {}
  for _, time in ipairs(times or {}) do
    if time >= query.from and time <= query.to then
      found[#found + 1] = time
    end
  end
  return #found > 0 and found or nil
end

-- The rows that are shown where some come late; nil where all of them are, which are simply counted.
local function shown_rows(self, query, meter, first, count)
  if self.history.settings.late == 0 then
    return nil, count
  end
  local rows = {}
  for index = first, first + count - 1 do
    if self.history:is_shown(query.series, meter, index) then
      rows[#rows + 1] = index
    end
  end
  return rows, #rows
end

local function build(self, query)
  local index = { ids = query.numbers and named_meters(self, query.numbers, query.only) or all_meters(self, query.only),
    before = {}, first = {}, rows = {}, requested = {}, total = 0 }
  for i, id in ipairs(index.ids) do
    local meter = self.fleet:meter(id)
    local until_time = math.min(query.to, self.devices:offline_since(meter) or query.to)
    local first, count = self.history:span(query.series, meter, query.from, until_time)
    index.rows[i], count = shown_rows(self, query, meter, first, count)
    local extra = requested_between(self, meter, query)
    index.before[i], index.first[i], index.requested[i] = index.total, first, extra
    index.total = index.total + count + (extra and #extra or 0)
  end
  return index
end

local function remember(self, key, index)
  self.cache[key] = index
  self.order[#self.order + 1] = key
  if #self.order > KEPT then
    self.cache[table.remove(self.order, 1)] = nil
  end
end

---@class imr.simulator.Query
---@field series string of the history
---@field only? "tou"|"camera" meters that have these rows at all
---@field numbers? string[] meter numbers; nil means every meter
---@field from number local seconds
---@field to number local seconds, inclusive
---@field requested? boolean with readings made on request

---@param query imr.simulator.Query
function Listing:index(query)
  local fleet, history = self.fleet, self.history
  local key = table.concat({
    query.series, query.only or "", query.from, query.to, tostring(query.requested),
    query.numbers and table.concat(query.numbers, ",") or "*",
    fleet.first, fleet.last, history.end_day, self.devices.revision,
  }, "|")
  if not self.cache[key] then
    remember(self, key, build(self, query))
  end
  return self.cache[key]
end

-- The last meter with fewer than `row` rows before it.
local function meter_of(before, row)
  local low, high = 1, #before
  while low < high do
    local middle = math.ceil((low + high) / 2)
    if before[middle] < row then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

--- Calls visit(meter, index in the series | nil, time of a requested reading | nil) for rows offset+1 .. offset+limit.
function Listing:each(index, offset, limit, visit)
  local last = math.min(index.total, offset + limit)
  local at = offset < last and meter_of(index.before, offset + 1)
  for row = offset + 1, last do
    while index.before[at + 1] and index.before[at + 1] < row do
      at = at + 1
    end
    local extra = index.requested[at]
    local regular_end = (index.before[at + 1] or index.total) - (extra and #extra or 0)
    local meter = self.fleet:meter(index.ids[at])
    if row > regular_end then
      visit(meter, nil, extra[row - regular_end])
    else
      local place, rows = row - index.before[at], index.rows[at]
      visit(meter, rows and rows[place] or index.first[at] + place - 1)
    end
  end
end

return Listing
