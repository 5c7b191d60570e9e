-- One worker, many requests: nobody gets another's answer, and who goes away leaves nothing behind.
local shell = require "support.shell"
local site = require "support.site"
local wire = require "support.wire"

-- Echoes after a while, longer for some than for others, so that answers overtake each other.
local ECHO = [[
  for r in c.request, c do
    c:sleep((tonumber(r.body:match("%d+")) or 0) % 7 * 0.03)
    c:send(answer(r.body))
  end
]]
local STALL = [[c:request(); c:stall()]]

local SEND = [[
  local transport, url, body, timeout, command = ...
  local status, text = require("imr.transport." .. transport).new()(
    { url = url, body = body, timeout = timeout, command = command })
  return status, type(text) == "table" and text.message or text
]]

for _, transport in ipairs(site.transports) do
  describe("requests side by side over " .. transport .. " #nginx", function()
    local server, other

    local function start(script, directives)
      other = wire.start(script)
      server = site.start { http = directives }
    end

    after_each(function()
      server:stop()
      other:stop()
    end)

    local function send(index, timeout, command)
      return "/run", site.code(SEND, transport, other.url, "body " .. index, timeout or 60, command)
    end

    it("each get their own answer", function()
      start(ECHO)
      for round = 1, 3 do
        local answers = server:many(100, function(index) return send(round * 1000 + index, 60, index % 10 == 0) end)
        for index, answer in ipairs(answers) do
          assert.equal(200, answer.status)
          assert.truthy(answer.body:find(('"body %d"'):format(round * 1000 + index), 1, true), answer.body)
        end
      end
      assert.same({}, server:problems())
    end)

    it("each get their own, when some of their neighbours time out", function()
      start([[
        for r in c.request, c do
          if tonumber(r.body:match("%d+")) % 3 == 0 then c:stall() return end
          c:sleep(0.3)
          c:send(answer(r.body))
        end
      ]])
      local answers = server:many(60, function(index) return send(index, index % 3 == 0 and 1 or 60) end)
      for index, answer in ipairs(answers) do
        local wanted = index % 3 == 0 and "no answer from" or ('"body %d"'):format(index)
        assert.truthy(answer.body:find(wanted, 1, true), answer.body)
      end
    end)

    for _, check in ipairs { "on", "off" } do
      it("leave nothing behind when their clients go away, lua_check_client_abort " .. check, function()
        start(STALL, "lua_check_client_abort " .. check .. ";")
        local pid = server:run("return ngx.worker.pid()")
        server:request("/run", select(2, send(1, 0.5))) -- what is loaded only once is there now
        other:wait("end", 1)
        local before = site.descriptors(pid)
        local clients = {}
        for index = 1, 40 do clients[index] = server:begin(send(index, 3, index % 2 == 0)) end
        other:wait("request", 41)
        assert.is_true(site.descriptors(pid) >= before + 40)
        for _, client in ipairs(clients) do client:close() end
        other:wait("end", 41)
        site.eventually(function() return site.descriptors(pid) <= before end, "all descriptors closed")
        assert.equal(200, (server:request("/hello")))
        assert.same({}, server:problems { "timed out" })
      end)
    end
  end)
end

describe("an aborted request #nginx", function()
  it("ends neither the login nor the page that others wait for", function()
    local platform = require("support.simulator").start { meters = 5, latency = 0.5, interval = 0 }
    local server = site.start { http = "lua_check_client_abort on;" }
    finally(function()
      server:stop()
      platform:stop()
    end)
    local code = ([[
      client = client or %s
      local rows, err = client:meters():collect()
      return rows and #rows or tostring(err)
    ]]):format(site.client(platform.url, { interval = 0, transport = "curl" }))
    local first = server:begin("/run", site.code(code))
    shell.must("sleep 0.2")
    local second = server:begin("/run", site.code(code))
    shell.must("sleep 0.1")
    first:close()
    assert.equal(5, (site.results(second)))
    assert.equal(1, #platform:entries("login"))
    assert.same({}, server:problems())
  end)

  -- Nothing tells the coroutine of a request that was aborted: it is never run again.
  local HELD = [[
    local held = package.loaded.held or { sent = 0 }
    package.loaded.held = held
    held.client = held.client or require("imr").new { username = "u", password = "a-password", interval = 4,
      store = require("imr").store.%s, transport = function(request)
        if request.command then held.sent = held.sent + 1 end
        return 200, '{"code":200,"data":"t"}'
      end }
    local outcome, err = held.client:disconnect("1", { max_wait = ... })
    return outcome and outcome.state or tostring(err), held.sent
  ]]

  for _, store in ipairs { "memory()", "shdict { name = 'imr' }", "file { path = '%s/state' }" } do
    it("gives back the slot that it waited for, and its command is not sent: " .. store:match("%a+"), function()
      local directory = shell.scratch()
      local server = site.start { http = "lua_check_client_abort on;" }
      finally(function()
        server:stop()
        shell.must("rm -r " .. directory)
      end)
      local code, clients = HELD:format(store:format(directory)), {}
      assert.equal("accepted", (server:run(code, 5)))
      for index = 1, 20 do clients[index] = server:begin("/run", site.code(code, 200)) end
      site.eventually(function() return server:run(code, 0.01):find("the next slot comes in [78]%d") end, "all wait")
      for _, client in ipairs(clients) do client:close() end
      site.eventually(function() return server:run(code, 5) == "accepted" end, "the slots come back")
      local _, sent = server:run(code, 0)
      assert.equal(2, sent)
      assert.same({}, server:problems())
    end)
  end

  it("leaves no wait behind, and those that go on are not disturbed", function()
    local server = site.start { http = "lua_check_client_abort on;" }
    finally(function() server:stop() end)
    local code = [[
      local lifetime = package.loaded.lifetime or require("imr.client.lifetime").new()
      package.loaded.lifetime = lifetime
      local seconds = ...
      if seconds > 0 then lifetime:sleep(seconds) end
      collectgarbage()
      collectgarbage()
      local count = 0
      for _ in pairs(lifetime.waits) do count = count + 1 end
      return count
    ]]
    local clients = {}
    for index = 1, 20 do clients[index] = server:begin("/run", site.code(code, index % 2 == 0 and 4 or 60)) end
    site.eventually(function() return server:run(code, 0) == 20 end, "all wait")
    for index = 1, 20, 2 do clients[index]:close() end
    site.eventually(function() return server:run(code, 0) <= 10 end, "the waits of those that went away end")
    for index = 2, 20, 2 do assert.is_number((site.results(clients[index]))) end
    site.eventually(function() return server:run(code, 0) == 0 end, "no wait is left")
    assert.same({}, server:problems())
  end)
end)
