-- Listings that are left before their end: nothing of them goes on in the worker, and it exits when it is told to.
local once = require "support.once"
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"
local socket = require "socket"
local timing = require "support.timing"
local wire = require "support.wire"

-- How a listing is left. `abrupt`: nginx answers with an error, or not at all.
local ways = {
  { name = "by break", code = [[for _ in client:meters() do break end]] },
  { name = "by an error", code = [[for _ in client:meters() do error("ERROR of a spec") end]], abrupt = true },
  { name = "by next() once", code = [[assert(client:meters():next())]] },
  { name = "by pages() once", code = [[assert(client:meters():pages()())]] },
  { name = "by ngx.exit", code = [[assert(client:meters():next()) ngx.exit(200)]] },
  { name = "by imr.all that raises", code = [[
    local fine, problem = pcall(require("imr").all, {
      function() for _ in client:meters() do ngx.sleep(0.01) end end,
      function() for _ in client:latest_readings() do error("enough", 0) end end,
    })
    assert(not fine and problem == "enough", problem)
  ]] },
  { name = "by ngx.thread.kill", code = [[
    local thread = ngx.thread.spawn(function() for _ in client:meters() do ngx.sleep(0.01) end end)
    ngx.sleep(0.05)
    ngx.thread.kill(thread)
  ]] },
  { name = "by clients that go away", code = [[client:meters():collect()]], gone = true },
}

local LISTINGS = [[
    location = /leave { content_by_lua_block {
      client = client or $client
      $count
      $code
    } }
]]

local LEFT = [[
  for _ = 1, 4 do collectgarbage() end
  return ngx.timer.running_count() + ngx.timer.pending_count(), tonumber(ngx.var.connections_active),
    collectgarbage "count"
]]

local function start(url, transport, way, interval)
  local client = site.client(url, { interval = interval, page_size = 5, prefetch = 4, transport = transport })
  return site.start {
    shutdown = "", http = "lua_check_client_abort on;",
    locations = LISTINGS:gsub("%$(%a+)", { client = client, count = site.COUNT, code = way.code }),
  }
end

-- So many listings at once, each left that way.
local function leave(server, way, count)
  local clients, before = {}, server:begun()
  for index = 1, count do clients[index] = server:begin("/leave") end
  if way.gone then
    server:await_begun(before + count)
    socket.sleep(0.1)
  end
  for _, client in ipairs(clients) do
    if way.gone then
      client:close()
    else
      local status = site.finish(client)
      assert.equal(way.abrupt and 500 or 200, status)
    end
  end
end

-- Only the request that asks is still there.
local function nothing_left(server)
  local seen
  site.eventually(function()
    local timers, connections, memory = server:run(LEFT)
    seen = memory
    return timers == 0 and connections == 1
  end, "no timer and no request is left", timing.room(3, 20))
  return seen
end

local function is_gone(pid) return not shell.run("test -e /proc/" .. pid) end

-- A worker that is told to go, here or by a reload, has gone within 3 seconds.
local function goes(server, signal)
  local pid = server.nginx:workers()[1]
  shell.must(("kill -%s %d"):format(signal, server.nginx:pid()))
  site.eventually(function() return is_gone(pid) end, "the worker goes after " .. signal, timing.room(3, 15))
end

-- Answers a login and first pages; whoever asks for another page waits.
local FIRST_PAGE_ONLY = [[
  for r in c.request, c do
    local first = r.path:find("login") or r.body:find('"pageNo":1[,}]')
    if not first then c:stall() return end
    local row = ('{"deviceId":"1","tableNo":"1",%s}'):format(
      r.path:find("meterList") and '"tableType":1' or '"reading":1,"readTime":"2025-07-01 00:00:00","gate":"合闸"')
    c:send(answer(('{"code":200,"totalCount":100,"data":%s}'):format(r.path:find("login") and '"a-token"'
      or "[" .. (row .. ","):rep(4) .. row .. "]")))
  end
]]

local EXPECTED = { "ERROR of a spec", "open socket" }

for _, transport in ipairs(site.transports) do
  for index, way in ipairs(ways) do
    if once("listings left over " .. transport .. " " .. way.name) then
      describe("300 listings left " .. way.name .. " over " .. transport .. " #nginx", function()
        local platform, server

        after_each(function()
          server:stop()
          platform:stop()
        end)

        it("leave nothing behind", function()
          platform = simulator.start { meters = 100, interval = 0, latency = 0.05 }
          server = start(platform.url, transport, way, 0.001)
          leave(server, way, 50)
          local before = nothing_left(server)
          for _ = 1, 5 do leave(server, way, 50) end
          local after = nothing_left(server)
          assert.is_true(after < before + 1024, ("%.0f KiB, then %.0f KiB"):format(before, after))
          local requests = #platform:entries("meters")
          socket.sleep(0.3)
          assert.equal(requests, #platform:entries("meters"))
          goes(server, index % 2 == 0 and "HUP" or "QUIT")
          assert.same({}, server:problems(EXPECTED))
        end)

        it("keep no worker, however long the answers would take", function()
          platform = wire.start(FIRST_PAGE_ONLY)
          server = start(("http://127.0.0.1:%d"):format(platform.port), transport, way, 0.001)
          leave(server, way, 20)
          goes(server, index % 2 == 0 and "QUIT" or "HUP")
          assert.same({}, server:problems(EXPECTED))
        end)
      end)
    end
  end
end
