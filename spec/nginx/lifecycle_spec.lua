-- Workers that come and go: reloads under load, exits in the middle of transfers, no code cache.
local once = require "support.once"
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"
local socket = require "socket"
local timing = require "support.timing"

local LIST = [[
    location = /list { content_by_lua_block {
      ]] .. site.COUNT .. [[

      local cursor = client:meters()
      local rows, err = cursor:collect()
      if not rows then ngx.status = 500 end
      ngx.print(rows and #rows or tostring(err))
    } }
]]

local function make_client(platform, transport)
  return "client = " .. site.client(platform.url, { interval = 0.004, page_size = 10, timeout = 10,
    transport = transport or "curl" })
end

local function started(platform, options)
  return site.start {
    workers = options.workers, locations = LIST,
    http = ("%s init_by_lua_block { %s }"):format(options.http or "", make_client(platform, options.transport)),
  }
end

local function memory_of(pid)
  for line in io.lines(("/proc/%d/status"):format(pid)) do
    local kilobytes = line:match("^VmRSS:%s*(%d+)")
    if kilobytes then return tonumber(kilobytes) end
  end
end

describe("a worker #nginx", function()
  local platform, server

  after_each(function()
    server:stop()
    platform:stop()
  end)

  -- A new worker is ready when the old ones are told to go: whoever connects in between must be served all the same.
  local function reload_under_load(transport)
    platform = simulator.start { meters = 25, interval = 0, latency = 0.02 }
    server = started(platform, { workers = 2, transport = transport })
    local failed, served, waiting = {}, 0, {}
    local function finish(client)
      local status, body = site.finish(client)
      served = served + 1
      if status ~= 200 or body ~= "25" then failed[#failed + 1] = ("%s %s"):format(tostring(status), body) end
    end
    for _ = 1, 20 do
      for _ = 1, 6 do waiting[#waiting + 1] = server:begin("/list") end
      server.nginx:reload()
      for _ = 1, 6 do
        waiting[#waiting + 1] = server:begin("/list")
        socket.sleep(0.02)
      end
      while #waiting > 12 do finish(table.remove(waiting, 1)) end
    end
    for _, client in ipairs(waiting) do finish(client) end
    assert.same({}, failed)
    assert.equal(240, served)
    site.eventually(function() return #server.nginx:workers() == 2 end, "the old workers have gone")
    assert.same({}, server:problems())
    assert.equal(1, #platform:entries("login"))
  end

  if once("20 reloads under load") then
    for _, transport in ipairs(site.transports) do
      it("is replaced 20 times under load over " .. transport .. ", and no request fails", function()
        reload_under_load(transport)
      end)
    end
  end

  it("that is told to go finishes what it has begun", function()
    platform = simulator.start { meters = 25, interval = 0, latency = 0.3 }
    server = started(platform, { workers = 1 })
    local clients = {}
    for index = 1, 5 do clients[index] = server:begin("/list") end
    server:await_begun(5)
    shell.must("kill -QUIT " .. server.nginx:pid())
    for _, client in ipairs(clients) do
      local status, body = site.finish(client)
      assert.equal(200, status)
      assert.equal("25", body)
    end
    assert.same({}, server:problems())
  end)

  for signal, what in pairs { TERM = "stopped", KILL = "killed" } do
    it("that is " .. what .. " in the middle of transfers does not crash, and its heir works", function()
      platform = simulator.start { meters = 25, interval = 0, latency = 0.3 }
      server = started(platform, { workers = 1 })
      assert.equal(200, (server:request("/list")))
      local clients = {}
      for index = 1, 5 do clients[index] = server:begin("/list") end
      socket.sleep(0.15)
      local before = server.nginx:workers()[1]
      shell.must(("kill -%s %d"):format(signal, before))
      for _, client in ipairs(clients) do client:close() end
      site.eventually(function()
        local now = server.nginx:workers()[1]
        return now and now ~= before
      end, "a new worker")
      assert.equal("25", (select(2, server:request("/list"))))
      assert.same({}, server:problems { "exited on signal 9" })
    end)
  end

  it("that is killed in the middle of a login leaves its lock to an heir", function()
    platform = simulator.start { meters = 25, interval = 0, latency = 1 }
    server = started(platform, { workers = 2 })
    local client = server:begin("/list")
    site.eventually(function() return #platform:entries("login") == 1 end, "a login")
    for _, pid in ipairs(server.nginx:workers()) do shell.must("kill -KILL " .. pid) end
    client:close()
    local began = socket.gettime()
    for _, answer in ipairs(server:many(10, "/list")) do assert.equal("25", answer.body) end
    assert.is_true(socket.gettime() - began < timing.room(10, 60))
    assert.equal(2, #platform:entries("login"))
  end)

  it("without a code cache neither fails nor leaks", function()
    platform = simulator.start { meters = 25, interval = 0 }
    server = site.start {
      http = "lua_code_cache off;",
      locations = LIST:gsub("local cursor", function() return make_client(platform) .. " local cursor" end),
    }
    local pid = tonumber((select(2, server:request("/pid"))))
    for _ = 1, 10 do assert.equal("25", (select(2, server:request("/list")))) end
    local descriptors, memory = site.descriptors(pid), memory_of(pid)
    for _ = 1, 10 do
      for _, answer in ipairs(server:many(4, "/list")) do assert.equal("25", answer.body) end
    end
    site.eventually(function() return site.descriptors(pid) <= descriptors end, "descriptors are closed")
    assert.is_true(memory_of(pid) < memory + 8192, ("%d KiB, then %d KiB"):format(memory, memory_of(pid)))
    assert.equal(1, #platform:entries("login"))
    assert.same({}, server:problems { "lua_code_cache is off" })
  end)

  it("does not grow with the requests that it has served", function()
    platform = simulator.start { meters = 25, interval = 0 }
    server = started(platform, { workers = 1, http = "" })
    local pid = tonumber((select(2, server:request("/pid"))))
    local function serve(rounds)
      for _ = 1, rounds do
        for _, answer in ipairs(server:many(10, "/list")) do assert.equal("25", answer.body) end
      end
    end
    serve(10)
    local descriptors, memory = site.descriptors(pid), memory_of(pid)
    serve(20)
    site.eventually(function() return site.descriptors(pid) <= descriptors + 16 end, "descriptors are closed")
    assert.is_true(memory_of(pid) < memory + 4096, ("%d KiB, then %d KiB"):format(memory, memory_of(pid)))
  end)
end)
