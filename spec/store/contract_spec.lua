-- One contract for every store.
local cases = require "support.store_contract"
local cjson = require "cjson"
local core = require "imr.core"
local imr = require "imr"
local nginx = require "support.nginx"
local redis = require "support.redis"
local shell = require "support.shell"
local timing = require "support.timing"

-- One look at the clock, one answer of Redis.
local NEAR = timing.room(0.05, 0.4)

describe("the memory store", function()
  for _, case in ipairs(cases) do
    it(case[1], function()
      local time, store = 1000, imr.store.memory()
      case[2] {
        store = store, another = function() return store end, key = "a key", near = 1e-6,
        now = function() return time end, pass = function(seconds) time = time + seconds end,
        set_back = function(seconds) time = time - seconds end,
      }
    end)
  end
end)

-- The first slot of a store that knows nothing of what was before.
local function begins_late(store)
  assert.near(1, cases.begin(store, core.now, core.sleep), NEAR)
end

local function host_tools(make, others)
  local tools = { store = make(), another = make, near = NEAR, now = core.now, pass = core.sleep, foreign = -86400 }
  for name, value in pairs(others) do tools[name] = value end
  return tools
end

describe("the file store", function()
  local directory
  setup(function()
    directory = shell.scratch()
    begins_late(imr.store.file { path = directory .. "/state" })
  end)
  teardown(function() shell.must("rm -r " .. directory) end)

  for number, case in ipairs(cases) do
    it(case[1], function()
      local function make() return imr.store.file { path = directory .. "/state" } end
      case[2](host_tools(make, { key = "key " .. number }))
    end)
  end
end)

describe("the redis store", function()
  local server
  setup(function()
    server = redis.start()
    begins_late(imr.store.redis { port = server.port })
  end)
  teardown(function() server:close() end)

  for number, case in ipairs(cases) do
    it(case[1], function()
      local function make() return imr.store.redis { port = server.port } end
      case[2](host_tools(make, { key = "key " .. number }))
    end)
  end
end)

-- What each case came to, in a worker.
local function run_inside_nginx(options, query)
  options.locations = "location = /run { content_by_lua_block { require('support.store_worker').run() } }"
  local server = nginx.start(options)
  local body = server:get("/run?" .. query) or ""
  local fine, answer = pcall(cjson.decode, body)
  local log = server:error_log()
  server:stop()
  return assert(fine and answer, body .. log)
end

describe("the shdict store, inside #nginx,", function()
  local results

  setup(function() results = run_inside_nginx({ http = "lua_shared_dict imr 1m;" }, "contract") end)

  for number, case in ipairs(cases) do
    it(case[1], function() assert.equal("passed", results[number]) end)
  end
end)

describe("the redis store, inside #nginx,", function()
  local path = redis.resty_path()
  if not path then
    return pending("needs lua-resty-redis; RESTY_PATH names its place, as in RESTY_PATH='/path/to/lib/?.lua'")
  end
  local server, results

  setup(function()
    server = redis.start { requirepass = "a-password" }
    results = run_inside_nginx({ path = path }, "contract," .. server.port)
  end)
  teardown(function() server:close() end)

  for number, case in ipairs(cases) do
    it(case[1], function() assert.equal("passed", results[number]) end)
  end
end)
