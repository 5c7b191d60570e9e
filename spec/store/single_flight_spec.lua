-- One login for everybody, as the platform's own log shows it.
local core = require "imr.core"
local crowd = require "support.crowd"
local imr = require "imr"
local nginx = require "support.nginx"
local redis = require "support.redis"
local scripted = require "support.scripted"
local shell = require "support.shell"
local simulator = require "support.simulator"
local socket = require "socket"

-- A client as OPTIONS, a Lua table, say; then what follows.
local PROGRAM = [[
local imr = require "imr"
local options = assert((loadstring or load)("return " .. os.getenv "OPTIONS"))()
options.store = imr.store[os.getenv "KIND"](options.store)
options.on_event = function() end
local client = assert(imr.new(options))
local function show(result, err)
  io.write(result and "ok" or ("%s %s %s"):format(err.kind, tostring(err.code), err.message), "\n")
end
]]

local function literal(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local fields = {}
  for name, field in pairs(value) do fields[#fields + 1] = name .. "=" .. literal(field) end
  return "{" .. table.concat(fields, ",") .. "}"
end

describe("single flight", function()
  local platform, server, scratch, workers

  before_each(function() scratch = shell.scratch() end)
  after_each(function()
    if platform then platform:stop() end
    if server then server:close() end
    if workers then workers:stop() end
    platform, server, workers = nil, nil, nil
    shell.must("rm -r " .. scratch)
  end)

  local function start(options)
    local given = { meters = 5, days = 1, interval = 0, latency = 0.05 }
    for name, value in pairs(options or {}) do given[name] = value end
    platform = simulator.start(given)
  end

  local kinds = {
    file = function() return { path = scratch .. "/state" } end,
    redis = function()
      server = server or redis.start()
      return { port = server.port }
    end,
  }

  local function run(kind, count, program, options)
    local given = { base_url = platform.url, username = "demo", password = "demo-secret", interval = 0, retries = 0,
      prefetch = 0, store = kinds[kind]() }
    for name, value in pairs(options or {}) do given[name] = value end
    return crowd.run(count, PROGRAM .. program, { KIND = kind, OPTIONS = literal(given) })
  end

  local function all_said(text, outputs)
    for number, output in ipairs(outputs) do
      assert.truthy(output:find(text, 1, true), ("process %d: %s"):format(number, output))
    end
  end

  local function logins() return platform:entries("login") end

  for _, case in ipairs { { "file", 50 }, { "redis", 20 } } do
    local kind, count = case[1], case[2]

    it(("has %d processes log in once, with a %s store"):format(count, kind), function()
      start()
      all_said("ok\nok\n", run(kind, count, "show(client:login()) show(client:latest_readings():collect())"))
      assert.equal(1, #logins())
      local calls = platform:entries("latest_readings")
      assert.equal(count, #calls)
      for _, entry in ipairs(calls) do assert.equal(200, entry.code) end
    end)

    it(("tells a failed login to all who waited for it, with a %s store, and pauses"):format(kind), function()
      start { faults = { ["502"] = { rate = 1, endpoints = { "login" } } }, latency = 1 }
      all_said("HTTP 502", run(kind, 10, "show(client:login())"))
      assert.equal(1, #logins())
      all_said("HTTP 502", run(kind, 5, "show(client:login())"))
      assert.equal(2, #logins())
      assert.is_true(logins()[2].time - logins()[1].time >= 1 + 1)
    end)

    for code, wrong in pairs { [1005] = { password = "wrong-secret" }, [1002] = { username = "nobody" } } do
      it(("stops every process at %d until the credentials change, with a %s store"):format(code, kind), function()
        start()
        all_said("auth " .. code, run(kind, 10, "show(client:login()) show(client:meters():collect())", wrong))
        all_said("auth " .. code, run(kind, 3, "show(client:meters():collect())", wrong))
        assert.equal(1, #platform:entries())
        all_said("ok", run(kind, 3, "show(client:meters():collect())"))
        assert.equal(2, #logins())
      end)
    end
  end

  it("has 50 coroutines log in once more when the token expires under them", function()
    start { token_life = 6 }
    local store = imr.store.file { path = scratch .. "/state" }
    local client = scripted.client(platform.url, { store = store })
    imr.run(function()
      assert(client:login())
      core.sleep(6.1)
      local calls = {}
      for index = 1, 50 do calls[index] = function() return assert(client:latest_readings():collect()) end end
      imr.all(calls)
    end)
    assert.equal(2, #logins())
    local codes = { [200] = 0, [1007] = 0 }
    for _, entry in ipairs(platform:entries("latest_readings")) do codes[entry.code] = codes[entry.code] + 1 end
    assert.same({ [200] = 50, [1007] = 50 }, codes)
    client:close()
  end)

  for _, kind in ipairs { "shdict", "file" } do
    it("has two nginx workers with twenty requests log in once, with a " .. kind .. " store #nginx", function()
      start { latency = 0.2 }
      workers = nginx.start {
        workers = 2, listen = "reuseport", http = "lua_shared_dict imr 1m;",
        locations = ([[location = /call { content_by_lua_block {
          local worker = package.loaded["a client"] or {}
          package.loaded["a client"] = worker
          worker.client = worker.client or require("imr").new { base_url = "%s", username = "demo", interval = 0,
            password = "demo-secret", store = require("imr").store.%s { %s } }
          local rows, err = worker.client:latest_readings():collect()
          ngx.print(ngx.worker.pid(), rows and " ok" or " " .. tostring(err))
        } }]]):format(platform.url, kind, kind == "file" and ("path = '%s/state'"):format(scratch) or "name = 'imr'"),
      }
      local clients, pids, count = {}, {}, 0
      for number = 1, 20 do
        clients[number] = assert(socket.connect("127.0.0.1", workers.port))
        clients[number]:send("GET /call HTTP/1.0\r\n\r\n")
      end
      for _, client in ipairs(clients) do
        local pid, said = client:receive("*a"):match("\r\n\r\n(%d+) (.*)$")
        assert.equal("ok", said)
        if not pids[pid] then count = count + 1 end
        pids[pid] = true
        client:close()
      end
      assert.equal(2, count)
      assert.equal(1, #logins())
    end)
  end
end)
