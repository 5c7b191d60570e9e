-- Callers in a worker that go away while they wait for their slot: nothing is asked for them, nobody waits for them.
local once = require "support.once"
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"
local socket = require "socket"
local timing = require "support.timing"

if not once "callers that go away" then return end

local INTERVAL = 0.8

local ASK = [[
    location = /ask {
      lua_check_client_abort on;
      content_by_lua_block {
        ]] .. site.COUNT .. [[

        local began = ngx.now()
        local rows, err = client:meters({ max_wait = tonumber(ngx.var.arg_max_wait) }):collect()
        ngx.update_time()
        ngx.print(rows and ("%.3f"):format(ngx.now() - began) or tostring(err))
      }
    }
]]

describe("callers that go away in a worker #nginx", function()
  local platform, server

  ---@param store? string code
  local function start(workers, store, interval)
    interval = interval or INTERVAL
    platform = simulator.start { meters = 5, interval = 0 }
    local code = site.client(platform.url, { interval = interval, page_size = 100, transport = "curl", prefetch = 0 })
    if store then code = code:gsub(" }$", ", store = " .. store .. " }") end
    server = site.start {
      workers = workers, locations = ASK, http = ("init_by_lua_block { client = %s }"):format(code),
    }
    socket.sleep(interval) -- the dict has been there for an interval
  end

  after_each(function()
    server:stop()
    platform:stop()
  end)

  local function begin(count)
    local clients = {}
    for number = 1, count do clients[number] = server:begin("/ask") end
    server:await_begun(count)
    return clients
  end

  local function asked() return #platform:entries("meters") end

  it("are asked nothing for, and the next one waits an interval at most", function()
    start(1)
    assert.truthy(tonumber((select(2, server:request("/ask")))))
    local before = asked()
    for _, client in ipairs(begin(15)) do client:close() end
    socket.sleep(0.1)
    local waited = tonumber((select(2, server:request("/ask"))))
    assert.is_true(waited <= 2 * INTERVAL, waited)
    assert.equal(before + 1, asked())
    socket.sleep(2 * INTERVAL)
    assert.equal(before + 1, asked())
    assert.same({}, server:problems())
  end)

  it("and leave those behind them waiting have them served in turn", function()
    start(1)
    server:request("/ask")
    local gone = begin(5)
    local stays = server:begin("/ask")
    for _, client in ipairs(gone) do client:close() end
    local before = asked()
    local waited = tonumber((select(2, site.finish(stays))))
    assert.is_true(waited <= 2 * INTERVAL, waited)
    assert.is_true(asked() <= before + 2, asked() - before)
  end)

  it("while a store across the network is asked when the next slot is free are not counted for ever", function()
    start(1, [[(function()
      local store = require("imr").store.memory()
      local look = store.look
      function store:look(...)
        if ngx.var.arg_slow then ngx.sleep(60) end
        return look(self, ...)
      end
      return store
    end)()]], 2)
    server:request("/ask")
    local before = server:begun()
    local clients = {}
    for number = 1, 5 do clients[number] = server:begin("/ask?slow=1&max_wait=60") end
    server:await_begun(before + 5)
    for _, client in ipairs(clients) do client:close() end
    socket.sleep(5.5) -- so long they may be at work
    local waited = select(2, server:request("/ask?max_wait=3"))
    assert.truthy(tonumber(waited), waited)
  end)

  it("because they were killed cost those who come next two intervals at most", function()
    start(2)
    server:request("/ask")
    local clients = begin(40)
    for _, pid in ipairs(server.nginx:workers()) do shell.must("kill -KILL " .. pid) end
    for _, client in ipairs(clients) do client:close() end
    site.eventually(function() return server:request("/hello") == 200 end, "new workers serve")
    local waited = tonumber((select(2, server:request("/ask"))))
    assert.is_true(waited <= timing.room(2.2 * INTERVAL, 3 * INTERVAL), waited)
  end)

  -- Nobody knows what the one before has sent last. A dict is made anew with nginx, a file store is what it was.
  for _, case in ipairs {
    { store = "a shared dict" }, { store = "a file store", code = [[require("imr").store.file { path = "$path" }]] },
  } do
    for signal, what in pairs { QUIT = "stopped", KILL = "killed" } do
      it(("and start again at once after nginx was %s, with %s, are not too soon"):format(what, case.store), function()
        local directory = shell.scratch()
        finally(function() shell.must("rm -rf " .. directory) end)
        shell.must("chmod 777 " .. directory)
        start(1, case.code and case.code:gsub("%$path", directory .. "/store"))
        assert.truthy(tonumber((select(2, server:request("/ask")))))
        server:restart(signal)
        assert.truthy(tonumber((select(2, server:request("/ask")))))
        local entries = platform:entries "meters"
        assert.equal(2, #entries)
        local between = entries[2].time - entries[1].time
        assert.is_true(between >= INTERVAL, ("%.3f s between the requests"):format(between))
        assert.is_true(between < timing.room(3 * INTERVAL), ("%.3f s between the requests"):format(between))
      end)
    end
  end
end)
