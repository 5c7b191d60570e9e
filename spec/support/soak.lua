-- A client in use for a long time: rounds of all six listings side by side and a command, while tokens end, requests
-- fail and the platform's clock runs at a rate of its own. What every round gives is compared with a platform that
-- knows no trouble.
local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local imr = require "imr"
local own = require "support.own"
local testing = require "imr.testing"
local world = require "support.world"

local soak = {}

soak.faults = { drop_before = 0.004, drop_after = 0.004, stall = 0.002, ["502"] = 0.006, html = 0.004,
  truncate = 0.004, ["1001"] = 0.004, ["1011"] = 0.002 }

-- Two whole days that the history covers, by the platform's calendar.
local function period(now, name)
  if name == "meters" or name == "latest_readings" then return {} end
  local from = imr.time.format(now - 3 * DAY):sub(1, 10)
  return { from = from, to = imr.time.format(now - 2 * DAY):sub(1, 10),
    granularity = name == "consumption" and "daily" or nil }
end

-- Rows are told apart by whose and when; the state of supply is not compared, for only one of the two had commands.
local function compare(state, name, cursor, expected)
  local rows, err, before = cursor:collect()
  local keys = world.keys(rows or before)
  if rows then assert(cursor.report.complete, name .. " is incomplete without an error") else assert(err.kind) end
  if rows then assert(#keys == #expected, ("%s: %d of %d rows"):format(name, #keys, #expected)) end
  for index, key in ipairs(keys) do
    assert(key == expected[index], ("%s, row %d: %s, not %s"):format(name, index, key, tostring(expected[index])))
  end
  state.listings, state.rows = state.listings + 1, state.rows + #keys
  state.failed = state.failed + (rows and 0 or 1)
end

-- A command that is not known to have been executed is only counted; `executed` must be there.
local function switch(state, client, number)
  local row = state.first_meter
  if not row then return end
  local method = number % 2 == 0 and "disconnect" or "reconnect"
  local outcome, err = client[method](client, row.device_id, { deadline = 120 })
  assert(outcome or err.executed == "no" or err.executed == "maybe", tostring(err))
  state.commands = state.commands + 1
end

---@param state table counters; `client`, `mirror`: the client in use and one of a platform without trouble
---@param now number Unix seconds
function soak.round(state, now)
  local works = {}
  for index, name in ipairs(world.listings) do
    local parameters = period(now, name)
    local expected = world.keys(assert(state.mirror[name](state.mirror, parameters):collect()))
    parameters.page_size = 12
    works[index] = function()
      local cursor = state.client[name](state.client, parameters)
      compare(state, name, cursor, expected)
    end
  end
  imr.all(works)
  state.first_meter = state.first_meter or state.mirror:meters():next()
  state.rounds = state.rounds + 1
  switch(state, state.client, state.rounds)
end

function soak.new_state(client, mirror)
  return { client = client, mirror = mirror, rounds = 0, listings = 0, failed = 0, rows = 0, commands = 0 }
end

-- Takes the log's entries out of the platform, so that only the client's memory can grow.
local function count_log(state, log)
  for index, entry in ipairs(log) do
    state.requests = state.requests + 1
    if entry.endpoint == "login" then state.logins = state.logins + 1 end
    if entry.fault then state.faults = state.faults + 1 end
    if entry.code == 1011 and entry.fault ~= "1011" then state.too_fast = state.too_fast + 1 end
    if entry.executed and entry.endpoint == "instruct" then state.executed = state.executed + 1 end
    log[index] = nil
  end
end

local OPTIONS = { meters = 23, days = 4, offline = 0, latency = 0.2, jitter = 0.3 }
local EPOCH = 1752000000

local function options(seed, more)
  return copy({ seed = seed, epoch = EPOCH }, OPTIONS, more)
end

-- The platform's clock gains `drift` seconds each second.
local function make_drift(platform, drift)
  local handle = platform.handle
  function platform:handle(request, now) return handle(self, request, now * (1 + drift)) end
end

---Runs virtual days on the virtual clock.
---@param given { days: number, every: number, seed: integer, drift: number } every: seconds between two rounds
---@param visit? fun(state: table, day: integer) called each virtual day
---@return table state
function soak.virtual(given, visit)
  local new = testing.new(options(given.seed, { faults = soak.faults }))
  local calm = testing.new(options(given.seed, { interval = 0, latency = 0, jitter = 0, network = 0 }))
  make_drift(new.platform, given.drift)
  local quiet = function() end
  local state
  new:run(function()
    local mirror = imr.new { username = "demo", password = "demo-secret", base_url = "http://calm.invalid",
      interval = 0, prefetch = 0, store = imr.store.memory(), runtime = new.runtime, transport = function(request)
        local answer = calm.platform:handle({ method = request.method, path = request.url:match("^%a+://[^/]+(/.*)$"),
          headers = request.headers, body = request.body }, new:now() * (1 + given.drift))
        return answer.status, answer.body, answer.headers
      end }
    state = soak.new_state(new:client { on_event = quiet, retries = 6 }, assert(mirror))
    for _, name in ipairs { "requests", "logins", "faults", "too_fast", "executed" } do state[name] = 0 end
    local day = 0
    while new:now() < given.days * DAY do
      soak.round(state, EPOCH + new:now() * (1 + given.drift))
      count_log(state, new.platform.log)
      count_log({ requests = 0, logins = 0, faults = 0, too_fast = 0, executed = 0 }, calm.platform.log)
      new:sleep(given.every)
      if math.floor(new:now() / DAY) > day then
        day = math.floor(new:now() / DAY)
        calm.platform:revoke_tokens() -- it remembers every token: that would look like the client's growth
        state.heap = select(2, own.memory())
        state.first_heap = state.first_heap or state.heap
        if day % 7 == 3 then new.platform:revoke_tokens() end
        if visit then visit(state, day) end
      end
    end
    state.stats = state.client:stats()
    state.client:close()
  end)
  return state
end

---@return string a line of figures
function soak.show(state)
  return ("%d rounds, %d requests, %d logins, %d faults; %d listings (%d with an error), %d rows, "
    .. "%d commands (%d executed)"):format(state.rounds, state.requests, state.logins, state.faults, state.listings,
    state.failed, state.rows, state.commands, state.executed)
end

return soak
