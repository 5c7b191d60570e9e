-- A supply workflow over a small platform on the virtual clock, with a ledger in a directory of its own.
local copy = require "imr.base.copy"
local shell = require "support.shell"
local unpack = require "imr.base.unpack"
local workflow = require "imr.workflow.supply"
local world = require "support.world"

local supply = {}
supply.__index = supply

supply.EPOCH = 1752000000 -- 2025-07-09 02:40:00 in the platform's zone

local memory = "/dev/shm"

--- A new directory, in memory where there is one: a spec commits thousands of times.
function supply.scratch()
  local made = shell.lines(("mktemp -d -p %s 2>/dev/null || mktemp -d"):format(memory))
  return made[1]
end

--- Runs fn(case) on a new world's clock. `case` has world, client, devices (all connected), path and open().
---@param options table|nil of the simulator
---@param fn fun(case: table)
function supply.run(options, fn)
  local directory = supply.scratch()
  local fine, problem = pcall(world.run, options, function(new)
    local case = setmetatable({ world = new, path = directory .. "/ledger.db", directory = directory, devices = {} },
      supply)
    for place = 1, 8 do
      case.devices[place] = new.platform:meter(place).device
      new.platform:set_gate(case.devices[place], "connected")
    end
    case.client = new:client { on_event = function() end }
    fn(case)
  end)
  shell.must("rm -rf " .. shell.quote(directory))
  if not fine then error(problem, 0) end
end

--- Options of a plan that has a reason, and more of them.
function supply.with(more)
  return copy({ reason = "unpaid" }, more)
end

function supply.first(devices, count)
  return { unpack(devices, 1, count) }
end

--- A plan to disconnect the first devices of a case.
function supply.plan_of(handle, case, count)
  return assert(handle.plan(supply.first(case.devices, count), "disconnect", { reason = "unpaid" }))
end

--- Unix seconds on the world's clock.
function supply:now()
  return supply.EPOCH + self.world:now()
end

---@param options? table
function supply:open(options)
  local given = copy({ client = self.client, ledger = self.path, who = "somebody",
    clock = function() return self:now() end }, options)
  return assert(workflow.open(given))
end

--- Commands that the platform executed, in order.
---@param device? string only for this one
---@return table[] { device, command, time }
function supply:executions(device)
  local found = {}
  for _, entry in ipairs(world.entries(self.world, "instruct")) do
    if entry.executed and (not device or entry.device == device) then found[#found + 1] = entry end
  end
  return found
end

--- Devices that the platform was told of at all.
function supply:sent(device)
  local count = 0
  for _, entry in ipairs(world.entries(self.world, "instruct")) do
    if entry.device == device then count = count + 1 end
  end
  return count
end

--- States of intents, in their order.
---@param intents table[]
---@return string[]
function supply.states(intents)
  local states = {}
  for index, intent in ipairs(intents) do states[index] = intent.state end
  return states
end

return supply
