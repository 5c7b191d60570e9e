-- What became of commands whose outcome is unknown: reads the meters, sends nothing.
--
-- All that is left of such a command is the ledger's line, with the time of sending on our clock. So a reading counts
-- as newer only when it is later by more than two clocks may reasonably differ.

local confirmation = require "imr.client.confirmation"
local latest = require "imr.workflow.supply.latest"
local runs = require "imr.workflow.supply.runs"
local runtimes = require "imr.runtime"
local times = require "imr.workflow.supply.times"
local watched = require "imr.workflow.supply.interruptible"

local CLOCKS_DIFFER = 300 -- seconds

local resolve = {}

local function never() return false end

local function confirmation_of(ledger, intent)
  local before = intent.state_before and { supply = intent.state_before } or nil
  local sent = ledger.seconds(intent.sent or intent.changed)
  return confirmation.new(intent.command, before, sent + CLOCKS_DIFFER, intent.device)
end

local function state_of(reading, utc_offset)
  return ("read back: the meter shows %s%s"):format(reading.supply or "no state",
    reading.read_time and " at " .. times.text(reading.read_time, utc_offset) or "")
end

local RESOLVED = "state IN ('unknown', 'accepted', 'unconfirmed')"

local function found(self, intent, state, detail, err, reading)
  if state then self.ledger:record(intent.id, state, nil, detail, RESOLVED) end
  local one = { intent = intent, was = intent.state, state = state or intent.state, detail = detail, error = err,
    reading = reading }
  table.insert(self.list, one)
  if self.options.on_progress then
    self.options.on_progress { resolved = one, done = #self.list, total = self.total }
  end
end

-- What one look at an intent's meter says.
local function judge(self, intent, reading, err)
  if not reading then return found(self, intent, nil, tostring(err), err) end
  local judge_of = confirmation_of(self.ledger, intent)
  err = judge_of:stranger(reading)
  if err then return found(self, intent, nil, tostring(err), err, reading) end
  found(self, intent, judge_of:judge(reading), state_of(reading, self.utc_offset), nil, reading)
end

-- What can be told without its meter, or never: and the others.
local function without_meters(self, open)
  local wanted = {}
  for _, intent in ipairs(open) do
    local later = self.ledger:later_sent(intent)
    if later then
      found(self, intent, "overtaken", ("intent %d was sent to the device later"):format(later.id))
    elseif not intent.meter_no then
      found(self, intent, nil, "its meter number is not on record")
    else
      wanted[#wanted + 1] = { device = intent.device, meter_no = intent.meter_no, intent = intent }
    end
  end
  return wanted
end

local function read_back(self, wanted)
  if #wanted == 0 then return end
  local seconds = self.options.deadline
  latest.read(self.client, wanted, {
    deadline = seconds and function() return seconds end,
    goes_on = function() return not (self.options.interrupted and self.options.interrupted()) end,
    take = function(item, reading, err)
      if item.done then return end
      item.done = true
      judge(self, item.intent, reading, err)
    end,
  })
end

-- What a run is waiting for at this moment is that run's to say.
local function left_over(ledger)
  local list = {}
  for _, intent in ipairs(ledger:unresolved()) do
    if intent.state ~= "accepted" or runs.lives(ledger, ledger:run_of(intent)) ~= true then list[#list + 1] = intent end
  end
  return list
end

---The queue is held only while what was left behind is found out: whoever sends does not have to wait for meters.
---@param env table client, ledger
---@param options { deadline: number?, on_progress: function?, interrupted: function? }
---@return table[]|nil resolved { intent, was, state, detail, reading, error } each
---@return imr.Error|nil err
function resolve.run(env, options)
  local locked, problem = env.ledger:lock()
  if not locked then return nil, problem end
  local fine, recovered = pcall(env.ledger.recover, env.ledger)
  env.ledger:unlock()
  if not fine then error(recovered, 0) end
  local open = left_over(env.ledger)
  local self = { client = env.client, ledger = env.ledger, utc_offset = env.utc_offset, options = options,
    total = #open, list = { recovered = recovered } }
  watched(runtimes.current(), options.interrupted or never, function() read_back(self, without_meters(self, open)) end)
  table.sort(self.list, function(a, b) return a.intent.id < b.intent.id end)
  return self.list
end

return resolve
