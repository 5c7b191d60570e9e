-- Redis stores for specs, and what is asked of them.
local assert = require "luassert"
local copy = require "imr.base.copy"
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local native = require "support.native"
local redis = require "support.redis"

local redis_store = { RECORD = { token = "a-token", id = "1", obtained = 0, encoding = "form" } }

local Case = {}
Case.__index = Case

--- Servers and stores for the tests of a block: `events` has what the stores told in a test; the server ends with it.
---@param before_each function busted's
---@param after_each function busted's
function redis_store.case(before_each, after_each)
  local case = setmetatable({}, Case)
  before_each(function() case.events = {} end)
  after_each(function()
    if case.server then case.server:close() end
    case.server = nil
  end)
  return case
end

--- Starts a Redis.
---@param settings? table support.redis's
function Case:start(settings)
  self.server = redis.start(settings)
  return self.server
end

--- A store on the Redis that was started last.
---@param options? table
function Case:open(options)
  local given = copy({ port = self.server.port }, options)
  local store = imr.store.redis(given)
  self.listener = self.listener or function(event) table.insert(self.events, event.message) end
  store:listen(self.listener)
  return store
end

---@return number|nil start
---@return number|nil wait
---@return string|nil message
function redis_store.reserve(store, key, interval)
  return store:reserve(key or "k", interval or 2, core.now(), math.huge)
end

---@return number start
function redis_store.take(store, key, interval)
  local start, wait, message = redis_store.reserve(store, key, interval)
  return assert(start, message or wait)
end

--- Takes a slot: when it is on Redis's own clock, which answers late.
function redis_store.time_of(store, key, interval)
  redis_store.take(store, key, interval)
  return ("%.6f"):format(store.last[key].time / 1e6)
end

--- So short that each slot has come before Redis could give it to another, who was not told that it is still wanted.
local SHORT = 0.001

--- Slots that parent and child were given of one store, which both use at the same time, in order. Redis's times of
--- them, in seconds: ours are later, by as long as a reply takes.
function redis_store.fork_and_take(store, count)
  local fork, path = native.fork(), os.tmpname()
  redis_store.take(store, "k", SHORT)
  assert(store:put_token("t", redis_store.RECORD, core.now()))
  local function use()
    local starts = {}
    for number = 1, count do
      starts[number] = redis_store.time_of(store, "k", SHORT)
      assert(store:get_token("t", core.now()).token == "a-token")
    end
    return table.concat(starts, "\n") .. "\n"
  end
  local child = fork.fork()
  if child == 0 then
    local fine, text = pcall(use)
    collectgarbage() -- what it has of its parent's connection goes
    collectgarbage()
    files.write(path, text)
    fork.exit(fine and 0 or 1)
  end
  local fine, mine = pcall(use)
  local code, text = fork.wait(child), files.read(path)
  os.remove(path)
  assert.is_true(fine, mine)
  assert.equal(0, code, text)
  local starts = {}
  for start in (mine .. text):gmatch("%S+") do table.insert(starts, tonumber(start)) end
  table.sort(starts)
  return starts
end

function redis_store.is_one_pace(starts)
  for index = 2, #starts do
    assert.is_true(starts[index] - starts[index - 1] > 0.999 * SHORT, "two slots at one time")
  end
end

return redis_store
