-- Runs of the supply queue in which everything goes wrong: faults on the way, and processes that die at any step.
--
-- A step is a statement of the ledger, or a command's way to the platform and back; dying is possible before and after
-- each. What must hold afterwards is in chaos.check.
local database = require "imr.workflow.supply.database"
local random_of = require "support.random"
local supply = require "support.supply"
local world = require "support.world"

local chaos = {}

chaos.FAULTS = { "drop_before", "drop_after", "502", "html", "truncate", "1001" }

local DEAD = "killed" -- what a simulated death raises

-- ---------------------------------------------------------------- steps

---Counts steps and calls `die` at the one with the number `at`.
function chaos.switch(at, die)
  local switch = { steps = 0, dead = false, die = die }
  function switch.step()
    if switch.dead then error(DEAD, 0) end
    switch.steps = switch.steps + 1
    if switch.steps == at then
      switch.dead = true
      switch.die()
    end
  end
  return switch
end

local open = database.open

---Ledgers opened from now on take their steps by this switch; nil ends that.
function chaos.watch(switch)
  database.open = not switch and open or function(...)
    local opened = open(...)
    function switch.drop() opened:close() end -- as the system does with a dead process's transaction
    for _, name in ipairs { "execute", "row", "all" } do
      local method = opened[name]
      opened[name] = function(...)
        switch.step()
        local result = method(...)
        switch.step()
        return result
      end
    end
    return opened
  end
end

---A transport whose commands are steps.
function chaos.transport(inner, switch)
  return function(request)
    if not request.command then return inner(request) end
    switch.step()
    local status, body, headers = inner(request)
    switch.step()
    return status, body, headers
  end
end

-- ---------------------------------------------------------------- what must hold

local NEVER_SENT = { planned = true, skipped = true, superseded = true, expired = true, protected = true,
  refused = true, cancelled = true, left_out = true }

---@param intents table[] of a ledger in which each device has one intent
---@param executions table<string, integer> by device
---@return table counts executed, unknown, intents
function chaos.check(intents, executions)
  local counts, seen = { executed = 0, unknown = 0, intents = #intents }, {}
  for _, intent in ipairs(intents) do
    local times = executions[intent.device] or 0
    local where = ("intent %d of %s, %s, executed %s"):format(intent.id, intent.device, intent.state, intent.executed)
    assert(times <= 1, where .. ": executed more than once")
    assert(not seen[intent.device], where .. ": a second intent")
    assert(times == 0 or intent.attempts > 0 and intent.sent, where .. ": executed and not on record as sent")
    assert(times == 0 or not NEVER_SENT[intent.state], where .. ": executed and on record as not")
    assert(times == 0 or intent.executed ~= "no", where .. ": executed and said not to be")
    assert(times == 1 or intent.executed ~= "yes", where .. ": not executed and said to be")
    assert(intent.state ~= "sending", where .. ": left behind")
    seen[intent.device] = true
    counts.executed = counts.executed + times
    if intent.state == "unknown" then counts.unknown = counts.unknown + 1 end
  end
  for device, times in pairs(executions) do
    assert(times == 0 or seen[device], device .. ": executed and not in the ledger")
  end
  return counts
end

-- ---------------------------------------------------------------- one run on the virtual clock

-- Seeds that are neighbours begin far apart.
function chaos.scattered(seed) return random_of(seed * 2654435761 % 2147483647 + 1) end

function chaos.faults_of(random)
  local faults = {}
  for _, name in ipairs(chaos.FAULTS) do
    faults[name] = { rate = (random(10) - 1) / 100, endpoints = { "instruct", "latest_readings" } }
  end
  faults["1011"] = { rate = 0.05 }
  return faults
end

-- One life of a process: it may die anywhere.
local function live(case, random, first)
  local switch = chaos.switch(random(3) > 1 and random(first and 200 or 90) or 0, function() error(DEAD, 0) end)
  local handle
  local fine, problem = pcall(function()
    chaos.watch(switch)
    local client = case.world:client {
      transport = chaos.transport(case.world:transport(), switch), on_event = function() end,
    }
    handle = case:open { client = client }
    local plan
    if first then
      plan = assert(handle.plan(case.wanted, "disconnect", { reason = "chaos", max = 8 }))
    else
      assert(handle.resolve())
      plan = assert(handle.pending())
    end
    assert(handle.apply(plan, { confirm = random(2) == 1, confirm_deadline = 8, stop_after = 2 + random(3) }))
  end)
  chaos.watch(nil)
  if handle then handle.close() end
  if not fine and problem ~= DEAD then error(problem, 0) end
  return fine
end

---One seeded run: a process, others that resolve and go on, and the check.
---@param seed integer
---@return table counts with `deaths`
function chaos.run(seed)
  local random, counts = chaos.scattered(seed), nil
  local options = { seed = seed, faults = chaos.faults_of(random), token_life = 20, command_delay = random(9) }
  supply.run(options, function(case)
    case.wanted = {}
    for index, device in ipairs(case.devices) do
      local connected = random(3) > 1
      case.world.platform:set_gate(device, connected and "connected" or "disconnected")
      if index <= 4 then
        case.wanted[index] = { device_id = device, command = connected and "disconnect" or "reconnect" }
      end
    end
    local deaths = 0
    for life = 1, 4 do
      if not live(case, random, life == 1) then deaths = deaths + 1 end
      case.world:sleep(random(40))
    end
    counts = chaos.check(chaos.settled(case), chaos.executions(case))
    counts.deaths = deaths
  end)
  return counts
end

---The ledger's intents after a last process has looked after what the others left.
function chaos.settled(case)
  local handle = case:open()
  assert(handle.resolve())
  local intents = assert(handle.history())
  handle.close()
  return intents
end

function chaos.executions(case)
  local executions = {}
  for _, entry in ipairs(world.entries(case.world, "instruct")) do
    if entry.executed then executions[entry.device] = (executions[entry.device] or 0) + 1 end
  end
  return executions
end

return chaos
