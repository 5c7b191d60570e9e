--- The six listing endpoints: from parameters to a page of rows.

local calendar = require "imr.simulator.calendar"

local listings = {}

local DAY_END = 86399

local function split(text)
  local items = {}
  for item in text:gmatch("[^,]+") do
    items[#items + 1] = item
  end
  return items
end

local function page_of(parameters, endpoint)
  local page, size = parameters.pageNo, parameters.pageSize
  -- Where both may be left out, one that is missing makes the platform ignore the other.
  if not endpoint.dated and not (page and size) then
    return 1, 1000
  end
  return tonumber(page), tonumber(size)
end

local function is_count(value)
  return value and value >= 1 and value % 1 == 0
end

---@class imr.simulator.Page
---@field page integer
---@field size integer as asked for
---@field limit integer as served
---@field offset integer
---@field numbers? string[] meter numbers
---@field from? number local seconds
---@field to? number local seconds

--- Reads what a listing was asked for.
---@return imr.simulator.Page|nil nil where a value makes no sense
function listings.read(parameters, endpoint, page_cap)
  local page, size = page_of(parameters, endpoint)
  if not is_count(page) or not is_count(size) then
    return nil
  end
  local limit = math.min(size, 1000, page_cap)
  local wanted = { page = math.floor(page), size = math.floor(size), limit = limit, offset = (page - 1) * limit }
  if endpoint.dated then
    wanted.from = calendar.parse(parameters.BeginDate, 0)
    wanted.to = calendar.parse(parameters.EndDate, DAY_END)
    if not wanted.from or not wanted.to then
      return nil
    end
  end
  local numbers = endpoint.name ~= "meters" and parameters.tableNo
  wanted.numbers = numbers and (endpoint.several and split(numbers) or { numbers }) or nil
  return wanted
end

-- Meter lists and latest readings: one row a meter.
local function each_meter(platform, wanted, visit)
  local fleet = platform.fleet
  if wanted.numbers then
    local meter = fleet:by_number(wanted.numbers[1])
    if meter and wanted.offset == 0 then
      visit(meter)
    end
    return meter and 1 or 0
  end
  for id = fleet.first + wanted.offset, math.min(fleet.last, fleet.first + wanted.offset + wanted.limit - 1) do
    visit(fleet:meter(id))
  end
  return fleet:count()
end

local function each_dated(platform, wanted, query, visit)
  query.numbers, query.from, query.to = wanted.numbers, wanted.from, wanted.to
  local index = platform.listing:index(query)
  platform.listing:each(index, wanted.offset, wanted.limit, visit)
  return index.total
end

local sources = {}

function sources.meters(platform)
  return each_meter, nil, platform.records.meter
end

function sources.latest_readings(platform)
  return each_meter, nil, platform.records.latest_reading
end

function sources.readings(platform)
  return each_dated, { series = "daily", requested = true }, platform.records.reading
end

function sources.consumption(platform, parameters)
  if parameters.type == "2" then
    return each_dated, { series = "daily" }, platform.records.daily
  end
  return each_dated, { series = "points" }, platform.records.realtime
end

function sources.tou_readings(platform)
  return each_dated, { series = "tou", only = "tou" }, platform.records.tou
end

function sources.camera_readings(platform)
  return each_dated, { series = "camera", only = "camera" }, platform.records.camera
end

---@param platform imr.simulator.Platform
---@param name string of the endpoint
---@param parameters table<string, string>
---@param wanted imr.simulator.Page
---@return string[] rows each JSON
---@return integer total
function listings.rows(platform, name, parameters, wanted)
  local each, query, record = sources[name](platform, parameters)
  local rows = {}
  local function visit(meter, index, requested)
    rows[#rows + 1] = record(platform.records, meter, index, requested)
  end
  local total = query and each(platform, wanted, query, visit) or each(platform, wanted, visit)
  return rows, total
end

return listings
