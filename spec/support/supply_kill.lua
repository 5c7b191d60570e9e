-- Real processes that a real SIGKILL ends, against one platform that drops some of their connections; and pairs of
-- them, where the lock of the first is unlinked and the second goes on with the same queue.
local chaos = require "support.supply_chaos"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local supply = require "support.supply"
local unpack = require "imr.base.unpack"
local workflow = require "imr.workflow.supply"
local imr = require "imr"

local kill = {}

local DEVICES = 3 -- of each run, nobody else's
-- The first life of a process takes some 130 steps, and 40 ms; making the ledger and the plan is half of that.
local FIRST_STEP, STEPS, FIRST_MOMENT, MOMENTS = 40, 95, 0.015, 0.045

local CHILD = shell.quote(debug.getinfo(1, "S").source:match("^@(.*)supply_kill%.lua$") .. "supply_child.lua")

local function connected(client)
  local devices = {}
  for row in client:meters() do
    if row.supply == "connected" then devices[#devices + 1] = row.device_id end
  end
  return devices
end

local function command_of(case, ledger, at, limit)
  local arguments = table.concat({ case.url, ledger, at, unpack(case.devices) }, " ")
  -- In the foreground timeout does not kill itself, too: it waits until the child is gone.
  local before = limit and ("timeout --foreground -s KILL %.3f "):format(limit) or ""
  local command = "env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 LUA_PATH=%s LUA_CPATH=%s %s %s%s %s %s"
  return command:format(shell.quote(package.path), shell.quote(package.cpath), case.confirm and "CONFIRM=1" or "",
    before, process.interpreter, CHILD, arguments)
end

local function child(case, ledger, at, limit)
  local ok, output = shell.run(command_of(case, ledger, at, limit))
  assert(output == "" or output:find("[Kk]illed"), output)
  return not ok
end

-- The plan is on record when there is a lock; the second one may die as well, and a third calls off a command.
local PAIR = [[%s & pid=$!; tries=0
while [ ! -e %s.lock ] && [ $tries -lt 100 ]; do sleep 0.005; tries=$((tries + 1)); done
rm -f %s.lock; %s & second=$!; %s; wait $second; wait $pid; true]]

local function pair(case, ledger, number)
  local second = number % 2 == 0 and FIRST_STEP + (number * 13) % STEPS or 0
  local _, output = shell.run(PAIR:format(command_of(case, ledger, 0), ledger, ledger,
    command_of(case, ledger, second), command_of(case, ledger, "cancel")))
  assert(not output:find("supply_child.lua:", 1, true) or output:find("locked", 1, true), output)
  return 0
end

-- One in three is a pair. Of the others odd runs die at a step, even ones at a moment.
local function lives(case, ledger, number)
  if number % 3 == 0 then return pair(case, ledger, number) end
  local deaths = 0
  for life = 1, 2 do
    local share = (number * 37 + life * 13) % STEPS
    local at, limit = (life == 1 and FIRST_STEP or 0) + share, nil
    if number % 2 == 0 then at, limit = 0, FIRST_MOMENT + share / STEPS * MOMENTS end
    if child(case, ledger, at, limit) then deaths = deaths + 1 end
  end
  return deaths
end

-- Whoever comes last only reads: what is planned stays so.
local function intents_of(case, ledger)
  local handle = assert(workflow.open { client = case.client, ledger = ledger })
  assert(handle.resolve())
  local intents = assert(handle.history())
  handle.close()
  return intents
end

local function executions_of(platform)
  local executions = {}
  for _, entry in ipairs(platform:entries("instruct")) do
    if entry.executed then executions[entry.device] = (executions[entry.device] or 0) + 1 end
  end
  return executions
end

local function run_all(runs, platform, client, directory)
  local all, intents, deaths = connected(client), {}, 0
  for number = 1, runs do
    local case = { url = platform.url, client = client, devices = {}, confirm = number % 4 == 0 }
    for index = 1, DEVICES do case.devices[index] = all[(number - 1) * DEVICES + index] end
    local ledger = ("%s/%d.db"):format(directory, number)
    deaths = deaths + lives(case, ledger, number)
    for _, intent in ipairs(intents_of(case, ledger)) do intents[#intents + 1] = intent end
  end
  local counts = chaos.check(intents, executions_of(platform))
  counts.deaths = deaths
  return counts
end

---@param runs integer
---@return table counts
function kill.run(runs)
  local fault = { rate = 0.08, endpoints = { "instruct" } }
  local platform = simulator.start { meters = runs * DEVICES * 2 + 20, days = 1, interval = 0, offline = 0,
    faults = { drop_before = fault, drop_after = fault, truncate = fault, ["502"] = fault } }
  local directory = supply.scratch()
  local client = assert(imr.new { base_url = platform.url, username = "demo", password = "demo-secret", interval = 0,
    store = imr.store.memory() })
  local fine, counts = pcall(run_all, runs, platform, client, directory)
  client:close()
  platform:stop()
  shell.must("rm -rf " .. shell.quote(directory))
  if not fine then error(counts, 0) end
  return counts
end

return kill
