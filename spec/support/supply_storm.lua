-- Several processes at one ledger at once, on the virtual clock: lock files that are unlinked, a clock that is set back
-- and forth, deaths, cancels, guards that think, quiet hours, protection, settings that become unreadable, plans that
-- somebody else has to approve, meters that are offline, and confirmations beside all of it.
--
-- At the moment at which a command leaves, everything that could stand against it is looked up once more, past the code
-- that is tested: storm.look.
local cjson = require "cjson"
local chaos = require "support.supply_chaos"
local core = require "imr.core"
local databases = require "imr.workflow.supply.database"
local hours = require "imr.workflow.supply.hours"
local person = require "imr.workflow.supply.person"
local runtimes = require "imr.runtime"
local supply = require "support.supply"

local storm = {}

local DEAD = "killed"
local CHINA = 28800
local COMMANDS = { ["1"] = "disconnect", ["2"] = "reconnect" }

local Storm = {}
Storm.__index = Storm

function Storm:clock()
  return self.case:now() + self.offset
end

function Storm:chance(percent)
  return self.random(100) <= percent
end

-- A number for what is now; a later one is greater.
function Storm:moment()
  self.moments = self.moments + 1
  return self.moments
end

function Storm:device()
  return self.case.devices[self.random(#self.case.devices)]
end

-- The ledger, read past everything.
function Storm:rows(sql, ...)
  self.reader = self.reader or databases.open(self.case.path)
  return databases.list(self.reader, sql, ...)
end

-- ---------------------------------------------------------------- what must hold when a command leaves

-- Of the moment's clock, and of what it was when the run began and the time since.
local function check_time(self, life, intent)
  local settings = not self.corrupted[intent.plan] and core.json(intent.settings) or {}
  local expires = core.parse_time(intent.expires:sub(1, 19), 0)
  for _, now in ipairs { self:clock(), life.clock + self.case.world:now() - life.began } do
    assert(now < expires, "sent after it expired")
    assert(intent.command ~= "disconnect" or hours.left(settings.quiet_hours, now, CHINA) > 0, "sent in quiet hours")
  end
end

function Storm:look(life, device, command)
  local found = self:rows([[SELECT i.*, p.settings, p.approver, p.approved_by
    FROM intents AS i JOIN plans AS p ON p.id = i.plan
    WHERE i.device = ? AND i.state = 'sending']], device)
  assert(#found == 1, ("%d intents for the device are being sent"):format(#found))
  local intent = found[1]
  assert(intent.command == command, "another command is on record")
  assert(not intent.cancel, "sent though it was cancelled")
  local newest = self:rows("SELECT max(id) AS id FROM intents WHERE device = ?", device)[1].id
  assert(newest == intent.id, "sent though there is a newer wish")
  assert(not self.protected[device], "sent though it is protected")
  assert(not intent.approver or (intent.approved_by and self.approved[intent.plan]), "sent without an approval")
  assert(not life.guarded or life.yes[device], "sent without the guard's yes")
  life.yes[device] = nil
  local broken = life.resumed and self.corrupted[intent.plan]
  assert(not broken or broken > life.resumed, "sent though its settings are unreadable")
  assert(not life.interrupted, "sent after it was told to stop")
  check_time(self, life, intent)
  return intent.id
end

function Storm:transport(life)
  local inner = self.case.world:transport()
  return chaos.transport(function(request)
    if not request.command then return inner(request) end
    local body = cjson.decode(request.body)
    local device, command = body.deviceId, COMMANDS[body.type]
    local fine, id = pcall(self.look, self, life, device, command)
    if not fine then
      self.broken = self.broken or ("%s %s: %s"):format(command, device, tostring(id))
      error(self.broken, 0)
    end
    if self:chance(40) then self.case.world:sleep(self.random(15)) end -- on its way
    local before = #self.case:executions(device)
    local status, answer, headers = inner(request)
    self.executed[id] = (self.executed[id] or 0) + #self.case:executions(device) - before
    local state = self:rows("SELECT state FROM intents WHERE id = ?", id)[1].state
    if state ~= "sending" then self.broken = ("%s %s: %s while it was being sent"):format(command, device, state) end
    return status, answer, headers
  end, life.switch)
end

-- ---------------------------------------------------------------- one life of a process

function Storm:guard(life)
  return function(device)
    if self:chance(30) then self.case.world:sleep(self.random(90)) end
    life.yes[device] = self.owed[device]
    return self.owed[device]
  end
end

-- The others are at work while a dead one is cleared away: its transaction must not stand in their way.
local function die(switch)
  return function()
    if switch.drop then switch.drop() end
    error(DEAD, 0)
  end
end

function Storm:live(work)
  local random = self.random
  local life = { yes = {}, clock = self:clock(), began = self.case.world:now(),
    switch = chaos.switch(self:chance(50) and random(260) or 0) }
  life.switch.die = die(life.switch)
  if self:chance(40) then os.remove(self.case.path .. ".lock") end
  local handle
  local fine, problem = pcall(function()
    chaos.watch(life.switch)
    local opened, err = pcall(function()
      handle = self.case:open {
        client = self.case.world:client { transport = self:transport(life), on_event = function() end },
        clock = function() return self:clock() end,
        protected = function(device) return self.protected[device] == true end,
      }
    end)
    chaos.watch(nil)
    if not opened then error(err, 0) end
    work(handle, life)
  end)
  if handle then handle.close() end
  if fine then return end
  if problem ~= DEAD and not life.switch.dead then error(problem, 0) end -- nobody hears what a dead one says
  self.counts.deaths = self.counts.deaths + 1
end

function Storm:apply(handle, life, plan, options)
  local ends = self:chance(20) and self.case.world:now() + self.random(30) or math.huge
  life.clock, life.began = self:clock(), self.case.world:now()
  options.confirm, options.confirm_deadline = self:chance(40), 2 + self.random(20)
  options.stop_after = 2 + self.random(3)
  options.interrupted = function()
    life.interrupted = life.interrupted or self.case.world:now() >= ends
    return life.interrupted
  end
  local report, err = handle.apply(plan, options)
  if report then return end
  if err.kind == "locked" then
    self.counts.locked = self.counts.locked + 1
  else
    assert(err.kind == "unknown_outcome" or err.kind == "throttled" or err.kind == "forbidden", tostring(err))
  end
end

local actions = {}

function actions.wish(self, handle, life)
  local devices, options = {}, { reason = "storm", force = self:chance(30) }
  for index = 1, self.random(3) do
    devices[index] = { device_id = self:device(), command = self:chance(50) and "disconnect" or "reconnect" }
    for other = 1, index - 1 do
      if devices[other].device_id == devices[index].device_id then devices[index].command = devices[other].command end
    end
  end
  life.guarded = self:chance(60)
  options.guard = life.guarded and self:guard(life) or nil
  if self:chance(50) then
    options.quiet_hours = ("02:%02d-02:%02d"):format(40 + self.random(9), 50 + self.random(9))
  end
  if self:chance(30) then options.expires = self.random(120) end
  if self:chance(20) then options.approve_by = "*" end
  if self:chance(20) then options.offline = self:chance(50) and "skip" or "last" end
  local plan = handle.plan(devices, "disconnect", options)
  if not plan then return end
  if self:chance(30) then self.case.world:sleep(self.random(40)) end
  self:apply(handle, life, plan, {})
end

local function planned_of(self, handle)
  local found = {}
  for _, intent in ipairs(assert(handle.history { state = "planned" })) do
    if self.corrupted[intent.plan] then found[#found + 1] = intent end
  end
  return found
end

function actions.resume(self, handle, life)
  life.guarded, life.resumed = true, self:moment()
  local unreadable = planned_of(self, handle)
  local plan, err = handle.pending { guard = self:guard(life), allow_unmatched = true }
  if #unreadable > 0 and planned_of(self, handle)[1] then
    assert(not plan, "went on though settings are unreadable")
    assert(err.kind == "unsafe" or err.kind == "throttled", tostring(err))
    self.counts.unsafe = self.counts.unsafe + 1
    for _, intent in ipairs(unreadable) do assert(handle.cancel { intent = intent.id, reason = "unreadable" }) end
  elseif plan then
    self:apply(handle, life, plan, { guard = self:guard(life) })
  end
end

-- Another user approves, or the one who has made the plan tries to.
function actions.approve(self, handle, life)
  local plans = self:rows [[SELECT DISTINCT p.id FROM plans AS p JOIN intents AS i ON i.plan = p.id
    WHERE i.state = 'planned' AND p.approver IS NOT NULL AND p.approved_by IS NULL]]
  if #plans == 0 then return end
  local number = plans[self.random(#plans)].id
  life.guarded, life.resumed, self.is_maker = true, self:moment(), self:chance(30)
  local plan, err = handle.pending { approve = number, guard = self:guard(life), allow_unmatched = true }
  assert(not self.is_maker or (not plan and err.kind == "forbidden"), "approved their own plan")
  if not plan then return end
  self.approved[number] = true
  self:apply(handle, life, plan, { guard = self:guard(life) })
  self.counts.approved = self.counts.approved + 1
end

function actions.resolve(_, handle) handle.resolve() end

function actions.cancel(self, handle)
  local what = { { all = true }, { device = self:device() }, { intent = self.random(12) } }
  local options = what[self.random(3)]
  options.reason = "storm"
  self.counts.cancelled = self.counts.cancelled + #assert(handle.cancel(options))
end

local STEPS = { -100, -100, 100, 200, -3600, 3600 }

function actions.clock(self) self.offset = self.offset + STEPS[self.random(#STEPS)] end

function actions.facts(self)
  self.owed[self:device()] = self:chance(60)
  self.protected[self:device()] = self:chance(40)
  self.case.world.platform:set_online(self:device(), self:chance(60))
end

local GARBAGE = { "", "{", "null", "[]", '{"quiet_hours":"soon"}', '{"quiet_hours":null}x', '{"guard":1}', "\255" }

function actions.corrupt(self)
  local plans = self:rows "SELECT DISTINCT plan FROM intents WHERE state = 'planned'"
  if #plans == 0 then return end
  local plan = plans[self.random(#plans)].plan
  self.reader:execute("UPDATE plans SET settings = ? WHERE id = ?", GARBAGE[self.random(#GARBAGE)], plan)
  self.corrupted[plan] = self:moment()
end

local OFTEN = { "wish", "wish", "wish", "wish", "approve", "approve", "resume", "resume", "resume", "resolve", "cancel",
  "clock", "clock",
  "facts", "facts", "corrupt" }
local ALONE = { clock = true, facts = true, corrupt = true } -- no process does these

function Storm:actor()
  for _ = 1, 3 + self.random(4) do
    self.case.world:sleep(self.random(40))
    local name = OFTEN[self.random(#OFTEN)]
    if ALONE[name] then
      actions[name](self)
    else
      self:live(function(handle, life) actions[name](self, handle, life) end)
    end
    if self.broken then error(self.broken, 0) end
  end
end

-- ---------------------------------------------------------------- all of it

local NEVER_SENT = { planned = true, skipped = true, superseded = true, expired = true, protected = true,
  refused = true, cancelled = true, left_out = true }

local function check_intent(intent, times)
  local where = ("intent %d of %s, %s, executed %s"):format(intent.id, intent.device, intent.state, intent.executed)
  assert(times <= 1, where .. ": executed more than once")
  assert(intent.state ~= "sending", where .. ": left behind")
  assert(times == 0 or not NEVER_SENT[intent.state], where .. ": executed and on record as not")
  assert(times == 0 or intent.executed ~= "no", where .. ": executed and said not to be")
  assert(times == 1 or intent.executed ~= "yes", where .. ": not executed and said to be")
end

local function finish(self)
  local counts = self.counts
  local handle = self.case:open { clock = function() return self:clock() end }
  handle.resolve()
  for _, intent in ipairs(assert(handle.history())) do
    check_intent(intent, self.executed[intent.id] or 0)
    counts.intents, counts.executed = counts.intents + 1, counts.executed + (self.executed[intent.id] or 0)
    if intent.state == "unknown" then counts.unknown = counts.unknown + 1 end
  end
  handle.close()
  if self.reader then self.reader:close() end
  return counts
end

---One seeded storm.
---@param seed integer
---@return table counts
function storm.run(seed)
  local random, counts = chaos.scattered(seed), nil
  local number, may_be = person.number, person.may_be
  local options = { seed = seed, faults = chaos.faults_of(random), token_life = 20, command_delay = random(9) }
  options.faults["1011"].rate = 0.2
  local fine, problem = pcall(supply.run, options, function(case)
    local self = setmetatable({ case = case, random = random, offset = 0, moments = 0, owed = {}, protected = {},
      corrupted = {}, executed = {}, approved = {},
      counts = { approved = 0, intents = 0, executed = 0, unknown = 0, deaths = 0, locked = 0, cancelled = 0,
        unsafe = 0 } }, Storm)
    person.number, person.may_be = function() return 1 end, function() return self.is_maker or false end
    for _, device in ipairs(case.devices) do
      self.owed[device] = self:chance(80)
      case.world.platform:set_gate(device, self:chance(60) and "connected" or "disconnected")
    end
    case:open().close()
    local threads, runtime = {}, runtimes.current()
    for index = 1, 1 + random(3) do threads[index] = runtime:spawn(function() self:actor() end) end
    for _, thread in ipairs(threads) do
      local fine, problem = runtime:join(thread)
      if not fine then error(problem, 0) end
    end
    counts = finish(self)
  end)
  person.number, person.may_be = number, may_be
  if not fine then error(problem, 0) end
  return counts
end

return storm
