-- A command over a connection that is cut: at every byte of the request and of the answer, executed or not.
local imr = require "imr"
local wire = require "support.wire"

local server, client

-- Also after a failure: a server that is left running would be waited for.
local function stop()
  if client then client:close() end
  if server then server:stop() end
  server, client = nil, nil
end

local function open(options)
  local given = { base_url = ("http://127.0.0.1:%d"):format(server.port), username = "demo", password = "demo-secret",
    interval = 0, store = imr.store.memory(), timeout = 30, on_event = function() end }
  for name, value in pairs(options or {}) do given[name] = value end
  client = assert(imr.new(given))
end

-- The first connection is the login's, the second tells how long a request is; the others are one command each, cut
-- at the byte that their number says. "executed" in the log is the platform acting. A request is cut from its first
-- byte on: where none has left, the client may well try again.
local SERVER = [[
local style, part, ending = "%s", "%s", "%s"
local body = '{"code":200,"msg":"ok","data":""}'
local whole = ending == "close" and "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" .. body
  or "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
if c.number == 1 then
  for _ in c.request, c do c:send(answer('{"code":200,"msg":"ok","data":"a-token"}')) end
  return
end
local offset = c.number - 3 + (part == "request" and 1 or 0)
if part == "request" and offset > 0 then
  if #c:read(offset) < offset then log("short", offset) end
else
  local r = c:request()
  if not r then return end
  log("executed", c.number)
  if c.number == 2 then log("sizes", #r.head + #r.body, #whole) end
  c:send(c.number == 2 and whole or whole:sub(1, offset))
end
c[style](c)
]]

local function start(style, part, ending)
  server = wire.start(SERVER:format(style, part, ending))
  open { retries = 4 }
  assert(client:disconnect("60001"))
  for _, line in ipairs(server:log()) do
    local request, whole = line:match("^sizes (%d+) (%d+)$")
    if request then return tonumber(request), tonumber(whole) end
  end
end

local function assert_unknown(outcome, err, offset)
  assert.is_nil(outcome, "accepted though cut at byte " .. offset)
  assert.same({ "unknown_outcome", "maybe", false, offset }, { err.kind, err.executed, err.retryable, offset })
end

describe("a command whose connection ends", function()
  after_each(stop)

  for _, style in ipairs { "close", "reset" } do
    it(("at any byte of the request (%s) is sent once and never executed"):format(style), function()
      local request_size = start(style, "request", "length")
      assert.is_true(request_size > 200)
      for offset = 1, request_size do
        local outcome, err = client:disconnect("60001")
        assert_unknown(outcome, err, offset)
        assert.equal(offset + 2, server:count("connect"))
      end
      assert.equal(1, server:count("executed"))
      assert.equal(0, server:count("short"))
    end)

    -- An answer that the connection's end ends can't be told from one that is cut by a reset.
    for _, ending in ipairs(style == "close" and { "length", "close" } or { "length" }) do
      it(("at any byte of the answer (%s, ended by %s) is executed once"):format(style, ending), function()
        local _, answer_size = start(style, "answer", ending)
        for offset = 0, answer_size - 1 do
          local outcome, err = client:disconnect("60001")
          assert_unknown(outcome, err, offset)
          assert.equal(offset + 2, server:count("executed"))
        end
        assert.equal(answer_size + 2, server:count("connect"))
      end)
    end
  end
end)

-- Every other command connection refuses; the one after it acts and is cut.
local REFUSING = [[
if c.number == 1 then
  for _ in c.request, c do c:send(answer('{"code":200,"msg":"ok","data":"a-token"}')) end
  return
end
c:request()
if c.number %% 2 == 0 then
  c:send(answer('{"code":%d,"msg":"no"}'))
else
  log("executed", c.number)
  c:send(answer('{"code":200,"msg":"ok","data":""}'):sub(1, (c.number - 3) / 2 * %d))
end
c:close()
]]

describe("a command that is definitely refused first", function()
  after_each(stop)

  -- 1011 without pacing backs off for half a second, so fewer of these.
  for code, step in pairs { [1006] = 1, [1007] = 1, [1011] = 17 } do
    it(("(%d) and then cut is repeated once and executed once"):format(code), function()
      server = wire.start(REFUSING:format(code, step))
      open()
      local calls, outcome = 0
      repeat
        local err
        outcome, err = client:disconnect("60001")
        calls = calls + 1
        if not outcome then assert.same({ "unknown_outcome", "maybe" }, { err.kind, err.executed }) end
      until outcome or calls > 200
      assert.equal("accepted", outcome.state)
      assert.equal(calls, server:count("executed"))
      assert.equal(2 * calls + 1, server:count("connect"))
    end)
  end
end)

describe("a command to a platform that is not there", function()
  after_each(stop)

  it("is repeated, was not executed, and says so", function()
    server = wire.start("c:close()")
    server:stop()
    local repeated = 0
    open { retries = 1, on_event = function(event)
      if event.type == "retry" then repeated = repeated + 1 end
    end }
    server = nil
    local outcome, err = client:disconnect("60001")
    assert.same({ nil, "network", "no", 1 }, { outcome, err.kind, err.executed, repeated })
  end)

  it("was not executed when the login got lost on its way", function()
    server = wire.start("c:request() c:close()")
    open { retries = 0 }
    local outcome, err = client:disconnect("60001")
    assert.same({ nil, "network", "no" }, { outcome, err.kind, err.executed })
  end)
end)
