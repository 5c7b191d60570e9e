-- A small platform on the virtual clock, and what specs of the client ask of it.
local copy = require "imr.base.copy"
local testing = require "imr.testing"

local world = {}

-- Every meter is online, so that what a listing holds is known.
local SMALL = { meters = 23, days = 3, offline = 0 }

world.listings = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }

--- A world of the simulator's options over a small fleet.
---@param options? table
---@return imr.World
function world.new(options)
  local given = copy(SMALL, options)
  return testing.new(given)
end

--- Runs fn(world) on a new world's clock and returns what it returns.
---@param options table|nil
---@param fn fun(world: imr.World): any
function world.run(options, fn)
  local new = world.new(options)
  return new:run(fn, new)
end

--- The parameters that a listing needs, with a period that the history covers, and others.
---@param name string
---@param others? table
---@return table
function world.parameters(name, others)
  local parameters = {}
  if name ~= "meters" and name ~= "latest_readings" then parameters.from, parameters.to = "2025-07-06", "2025-07-08" end
  if name == "consumption" then parameters.granularity = "daily" end
  for key, value in pairs(others or {}) do parameters[key] = value end
  return parameters
end

--- Opens a listing by name.
---@return imr.Cursor
function world.open(client, name, others)
  return client[name](client, world.parameters(name, others))
end

--- What tells a row from others, in order: whose and when, never what may change between two runs.
---@param rows table[]|nil
---@return string[]|nil
function world.keys(rows)
  if not rows then return nil end
  local keys = {}
  for index, row in ipairs(rows) do
    keys[index] = row.meter_no .. "@" .. tostring(row.freeze_time or (row.meter_type == nil and row.supply and "") or
      row.read_time or "")
  end
  return keys
end

--- The rows of a listing from a platform without any fault, in one page.
---@param options table|nil
---@param name string
---@param others? table
---@return string[] keys
function world.truth(options, name, others)
  local given = copy(options)
  for _, trouble in ipairs { "faults", "totals", "page_cap", "on_request", "empty", "latency" } do
    given[trouble] = nil
  end
  return world.run(given, function(new)
    local rows = assert(world.open(new:client(), name, others):collect())
    return world.keys(rows)
  end)
end

--- The requests to an endpoint, oldest first.
---@return imr.simulator.Entry[]
function world.entries(new, endpoint)
  local entries = {}
  for _, entry in ipairs(new.platform.log) do
    if entry.endpoint == endpoint then entries[#entries + 1] = entry end
  end
  return entries
end

--- How often the platform answered with each code, by endpoint.
---@return integer
function world.count(new, endpoint, code)
  local count = 0
  for _, entry in ipairs(world.entries(new, endpoint)) do
    if not code or entry.code == code then count = count + 1 end
  end
  return count
end

--- Answers for the first requests to an endpoint, in order; `false` leaves one to the platform. For `on_request`.
---@param path string a part of the endpoint's path
---@param answers table[]
function world.script(path, answers)
  local number = 0
  return function(request)
    if not request.path:find(path, 1, true) then return nil end
    number = number + 1
    return answers[number] or nil
  end
end

--- Collects garbage until finalizers have run and what they let go is gone too.
function world.collect_garbage()
  for _ = 1, 4 do collectgarbage() end
end

--- Seconds between an entry of the platform's log and the next one.
---@param entries table[]
---@param index integer
---@return number
function world.gap_after(entries, index)
  return entries[index + 1].time - entries[index].time
end

return world
