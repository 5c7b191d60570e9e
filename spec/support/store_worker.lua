-- The side of the store specs that runs inside an nginx worker. Requests come as /run?name, answers go as JSON.
local cjson = require "cjson"
local core = require "imr.core"
local imr = require "imr"
local timing = require "support.timing"

local worker = {}

local FOREVER = math.huge

local function make(name) return imr.store.shdict { name = name or "imr" } end

--- "passed" or a message for each case of the contract, with shdict, or with the Redis on a port.
function worker.contract(port)
  local results = {}
  local function open() return port and imr.store.redis { port = port, password = "a-password" } or make() end
  local cases = require "support.store_contract"
  local waited = cases.begin(open(), core.now, ngx.sleep)
  if math.abs(waited - 1) > timing.room(0.05, 0.4) then return { "began after " .. waited .. " s" } end
  for number, case in ipairs(cases) do
    local fine, message = pcall(case[2], {
      store = open(), another = open, key = "key " .. number, near = timing.room(0.05, 0.4),
      now = core.now, pass = ngx.sleep, foreign = -86400,
    })
    results[number] = fine and "passed" or tostring(message)
  end
  return results
end

--- Takes slots of one key, as all workers do at once.
---@return table { pid, starts }
function worker.hammer(interval, count)
  local store, starts = make("hammered"), {}
  for number = 1, count do
    starts[number] = assert(store:reserve("k", interval, core.now(), FOREVER))
  end
  return { pid = ngx.worker.pid(), starts = starts }
end

-- A dict in which `factor` times as much time passes.
local function hurried(dict, factor)
  local function scaled(name)
    return function(_, key, value, life) return dict[name](dict, key, value, life / factor) end
  end
  return setmetatable({ safe_add = scaled "safe_add", safe_set = scaled "safe_set" }, { __index = function(_, name)
    return function(_, ...) return dict[name](dict, ...) end
  end })
end

--- What the dict holds after each round of slots, whose versions live 0.1 s.
---@return table { held, free }
function worker.versions(rounds)
  local store, dict = make(), ngx.shared.imr
  store.dict = hurried(dict, 600)
  local held, free = {}, {}
  for round = 1, rounds do
    for _ = 1, 100 do assert(store:reserve("versions", 1e-6, core.now(), FOREVER)) end
    ngx.sleep(0.15)
    dict:flush_expired()
    held[round], free[round] = #dict:get_keys(0), dict:free_space()
  end
  return { held = held, free = free }
end

--- What is said about a dict that is full, and whether it still has what it had.
function worker.full()
  local store, dict = make("small"), ngx.shared.small
  store:push_back("k", core.now(), core.now())
  local first = store:reserve("k", 100, core.now(), FOREVER)
  store:put_token("k", { token = "t", id = "1", obtained = core.now() }, core.now())
  local number, fits = 0, true
  while fits do
    number = number + 1
    fits = dict:safe_set("filler " .. number, ("x"):rep(20))
  end
  local results = {}
  for _ = 1, 60 do -- there may be room left in pages of this size
    results.reserve = select(3, store:reserve("k", 100, core.now(), FOREVER))
    if results.reserve then break end
  end
  results.put = select(2, store:put_token("k2", { token = ("t"):rep(500), id = "1", obtained = 1 }, core.now()))
  results.lock = select(2, store:lock(("k"):rep(500), core.now(), 60))
  results.token = (store:get_token("k", core.now()) or {}).token
  local _, wait = store:reserve("k", 100, core.now(), 0)
  results.queued = wait and wait > 99 and core.now() - first < 50
  return results
end

--- What wrong use is told.
function worker.misuse()
  local messages = {}
  for number, options in ipairs { {}, { name = 5 }, { name = "none" }, "imr", { name = "tiny" } } do
    messages[number] = select(2, pcall(imr.store.shdict, options))
  end
  ngx.shared.small:flush_all()
  ngx.shared.small:flush_expired()
  local number = 0
  repeat number = number + 1 until not ngx.shared.small:safe_set("filler " .. number, ("x"):rep(20))
  messages[6] = select(2, pcall(imr.store.shdict, { name = "small" }))
  ngx.shared.small:flush_all()
  ngx.shared.small:flush_expired()
  return messages
end

--- Answers a request for one of the above; numbers in the query are its arguments.
function worker.run()
  local name, numbers = ngx.var.args:match("^(%a+)(.*)$")
  local arguments = {}
  for number in numbers:gmatch("[%d.e-]+") do arguments[#arguments + 1] = tonumber(number) end
  ngx.print(cjson.encode(worker[name](unpack(arguments))))
end

return worker
