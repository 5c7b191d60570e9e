-- The curl transport in a runtime: waiting, cancelling, forks.
local Plain = require("imr.runtime.plain")
local native = require("support.native")
local now = require("socket").gettime
local transport = require("imr.transport.curl")
local wire = require("support.wire")

describe("the curl transport", function()
  local server

  after_each(function()
    if server then
      server:stop()
    end
    server = nil
  end)

  local function serve(script)
    server = wire.start(script)
  end

  local slow = [[for r in c.request, c do c:sleep(0.3); c:send(answer(r.body)) end]]

  it("blocks outside of light threads", function()
    serve(slow)
    local send = transport.new(Plain.new())
    local status, body, headers = send({ url = server.url, body = "plain" })
    assert.equal(200, status)
    assert.equal("plain", body)
    assert.equal("5", headers["content-length"])
  end)

  it("finds the current runtime when it is given none", function()
    serve(slow)
    local status = transport.new()({ url = server.url, body = "{}" })
    assert.equal(200, status)
  end)

  it("needs no more of a runtime than events and pollers", function()
    serve(slow)
    local poller
    local Event = {}
    Event.__index = Event
    function Event:set()
      self.is_set = true
    end
    function Event:wait()
      while not self.is_set do
        assert.is_true(poller.busy())
        poller.poll(1)
      end
      return true
    end
    local runtime = {
      event = function()
        return setmetatable({}, Event)
      end,
      add_poller = function(_, added)
        assert.is_true(poller == nil or poller == added)
        poller = added
      end,
    }
    local send = transport.new(runtime)
    for _ = 1, 2 do
      assert.equal(200, (send({ url = server.url, body = "{}" })))
      assert.is_false(poller.busy())
    end
  end)

  it("has requests of light threads overlap", function()
    -- None is answered before all have come.
    serve([[
      local r = c:request()
      arrived = (arrived or 0) + 1
      while arrived < 6 do c:sleep(0.01) end
      c:send(answer(r.body))
    ]])
    local runtime = Plain.new()
    local send = transport.new(runtime)
    local bodies = {}
    assert(runtime:run(function()
      local threads = {}
      for index = 1, 6 do
        threads[index] = runtime:spawn(function()
          return select(2, send({ url = server.url, body = "n" .. index }))
        end)
      end
      for index, thread in ipairs(threads) do
        bodies[index] = select(2, runtime:join(thread))
      end
    end))
    assert.same({ "n1", "n2", "n3", "n4", "n5", "n6" }, bodies)
  end)

  it("does not delay a sleep beside it", function()
    -- The first is answered when the second has come, which is sent after the sleep.
    serve([[
      local r = c:request()
      awake = awake or r.body == "awake"
      while not awake do c:sleep(0.01) end
      c:send(answer(r.body))
    ]])
    local runtime = Plain.new()
    local send = transport.new(runtime)
    local before, slept = now(), nil
    assert(runtime:run(function()
      local sleeper = runtime:spawn(function()
        runtime:sleep(0.1)
        slept = now() - before
        assert.equal(200, (send({ url = server.url, body = "awake" })))
      end)
      assert.equal(200, (send({ url = server.url, body = "first" })))
      runtime:join(sleeper)
    end))
    assert.is_true(slept >= 0.1, "slept " .. slept)
  end)

  it("waits in somebody else's coroutine without yielding to him", function()
    serve(slow)
    local send = transport.new(Plain.new())
    local co = coroutine.wrap(function()
      return (send({ url = server.url, body = "{}" }))
    end)
    assert.equal(200, co())
  end)

  it("drops the request of a killed thread and no other", function()
    serve([[local r = c:request(); c:sleep(0.2); c:send(answer(r.body))]])
    local runtime = Plain.new()
    local send = transport.new(runtime)
    assert(runtime:run(function()
      local function request(body)
        return send({ url = server.url, body = body })
      end
      local killed, other = runtime:spawn(request, "killed"), runtime:spawn(request, "other")
      runtime:sleep(0.05)
      runtime:kill(killed)
      assert.is_false((runtime:join(killed)))
      local ok, status, body = runtime:join(other)
      assert.is_true(ok)
      assert.equal(200, status)
      assert.equal("other", body)
    end))
  end)

  it("hands on what failed", function()
    local send = transport.new(Plain.new())
    local status, err = send({ url = "http://127.0.0.1:1/", body = "{}" })
    assert.is_nil(status)
    assert.same({
      kind = "network",
      executed = "no",
      message = "could not connect to 127.0.0.1:1: Connection refused",
    }, err)
    status, err = send({ url = "ftp://127.0.0.1/" })
    assert.is_nil(status)
    assert.equal("no", err.executed)
    assert.truthy(err.message:find("the url must look like", 1, true))
  end)

  it("shares connections between runtimes", function()
    serve([[for r in c.request, c do c:send(answer(r.body)) end]])
    for _ = 1, 3 do
      transport.new(Plain.new())({ url = server.url, body = "{}" })
    end
    assert.equal(1, server:count("connect"))
  end)

  it("keeps no runtime and no answer alive", function()
    serve([[for r in c.request, c do c:send(answer(r.body)) end]])
    local seen = setmetatable({}, { __mode = "v" })
    do
      local runtime = Plain.new()
      local event = runtime.event
      function runtime.event(self)
        seen.event = event(self)
        return seen.event
      end
      seen.runtime = runtime
      transport.new(runtime)({ url = server.url, body = "{}" })
    end
    for _ = 1, 4 do
      collectgarbage()
    end
    assert.is_nil(next(seen))
  end)

  it("goes on in a fork's child over connections of its own", function()
    serve(slow)
    local fork, path = native.fork(), os.tmpname()
    local runtime = Plain.new()
    local send = transport.new(runtime)
    local function child(waiting)
      local status, body = send({ url = server.url, body = "child" })
      local _, lost, err = runtime:join(waiting)
      local file = io.open(path, "w")
      file:write(table.concat({ tostring(status), tostring(body), tostring(lost), err.message, err.executed }, "\n"))
      file:close()
    end
    assert(runtime:run(function()
      local waiting = runtime:spawn(send, { url = server.url, body = "parent" })
      runtime:sleep(0.05)
      local pid = fork.fork()
      if pid == 0 then
        pcall(child, waiting)
        fork.exit(0)
      end
      local _, status, body = runtime:join(waiting)
      assert.equal(200, status)
      assert.equal("parent", body)
      assert.equal(0, fork.wait(pid))
    end))
    local file = io.open(path)
    local text = file:read("*a")
    file:close()
    os.remove(path)
    assert.equal("200\nchild\nnil\nthe process forked while it waited for an answer\nmaybe", text)
    assert.equal(1, server:count("request 1"))
    assert.equal(200, (send({ url = server.url, body = "again" })))
    assert.equal(1, server:count("request 1 POST /path again"))
  end)
end)
