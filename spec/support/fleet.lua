-- A simulated platform with meters that are connected, and a user of the real program: for specs of `imr supply`.
local cjson = require "cjson"
local cli = require "support.cli"
local copy = require "imr.base.copy"
local simulator = require "support.simulator"

local fleet = {}
fleet.__index = fleet

---@param options? table of the simulator
function fleet.start(options)
  local given = copy({ meters = 12, days = 1, interval = 0, offline = 0, command_delay = 0 }, options)
  local platform = simulator.start(given)
  return setmetatable({ platform = platform, user = cli.user(platform.url, { IMR_STORE = "memory" }) }, fleet)
end

function fleet:stop()
  self.platform:stop()
  self.user:remove()
end

--- Devices that are connected as the platform now has it.
function fleet:connected(count)
  local devices = {}
  for line in self.user:run("meters --interval 0").out:gmatch("[^\n]+") do
    local meter = cjson.decode(line)
    if meter.supply == "connected" and #devices < count then devices[#devices + 1] = meter.device_id end
  end
  return devices
end

function fleet:supply(arguments, more)
  return self.user:run("supply " .. arguments, more)
end

--- Commands that arrived, executed or not.
function fleet:sent(device)
  local count = 0
  for _, entry in ipairs(self.platform:entries("instruct")) do
    if entry.device == device or not device then count = count + 1 end
  end
  return count
end

fleet.rows = cli.rows

--- States in the order of the rows that a command printed.
function fleet.states(result)
  local list = {}
  for index, row in ipairs(cli.rows(result)) do list[index] = row.state end
  return list
end

return fleet
