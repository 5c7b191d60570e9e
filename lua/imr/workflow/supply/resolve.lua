-- What became of commands whose outcome is unknown: reads the meters, sends nothing.
--
-- All that is left of such a command is the ledger's line, with the time of sending on our clock. So a reading counts
-- as newer only when it is later by more than two clocks may reasonably differ.

local confirmation = require "imr.client.confirmation"
local runtimes = require "imr.runtime"
local watched = require "imr.workflow.supply.interruptible"

local CLOCKS_DIFFER = 300 -- seconds

local resolve = {}

local function never() return false end

local function confirmation_of(ledger, intent)
  local before = intent.state_before and { supply = intent.state_before } or nil
  local sent = ledger.seconds(intent.sent or intent.changed)
  return confirmation.new(intent.command, before, sent + CLOCKS_DIFFER, intent.device)
end

local function state_of(reading)
  return ("read back: the meter shows %s%s"):format(reading.supply or "no state",
    reading.read_time and " at " .. require("imr.time").format(reading.read_time) or "")
end

-- One intent; says what is known now.
local function read_back(env, intent, deadline)
  local later = env.ledger:later_sent(intent)
  if later then return "overtaken", ("intent %d was sent to the device later"):format(later.id) end
  if not intent.meter_no then return nil, "its meter number is not on record" end
  local reading, err = env.client:latest_reading(intent.meter_no, { deadline = deadline })
  if not reading then return nil, tostring(err), err end
  local judge = confirmation_of(env.ledger, intent)
  err = judge:stranger(reading)
  if err then return nil, tostring(err), err, reading end
  return judge:judge(reading), state_of(reading), nil, reading
end

-- nil when somebody wanted it to end.
local function resolve_one(env, intent, options)
  local finished, state, detail, err, reading = watched(runtimes.current(), options.interrupted or never, function()
    return read_back(env, intent, options.deadline)
  end)
  if not finished then return nil end
  if state then env.ledger:record(intent.id, state, nil, detail, "state IN ('unknown', 'accepted', 'unconfirmed')") end
  return { intent = intent, was = intent.state, state = state or intent.state, detail = detail, error = err,
    reading = reading }
end

---@param env table client, ledger
---@param options { deadline: number?, on_progress: function?, interrupted: function? }
---@return table[]|nil resolved { intent, was, state, detail, reading, error } each
---@return imr.Error|nil err
function resolve.run(env, options)
  local locked, problem = env.ledger:lock()
  if not locked then return nil, problem end
  local found = {}
  local fine, why = pcall(function()
    found.recovered = env.ledger:recover()
    local open = env.ledger:unresolved()
    for index, intent in ipairs(open) do
      found[index] = resolve_one(env, intent, options)
      if not found[index] then break end
      if options.on_progress then options.on_progress { resolved = found[index], done = index, total = #open } end
    end
  end)
  env.ledger:unlock()
  if not fine then error(why, 0) end
  return found
end

return resolve
