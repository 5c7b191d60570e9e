-- A request that has to have left by a time, or is taken back: not a byte of it leaves afterwards.
local core = require "imr.core"
local curl = require "imr.curl"
local transport = require "imr.transport.curl"
local wire = require "support.wire"

describe("a request with a time to leave", function()
  local multi, server

  before_each(function()
    multi = curl.multi()
    server = wire.start [[for r in c.request, c do c:sleep(0.3); c:send(answer(r.body)) end]]
  end)
  after_each(function()
    multi:close()
    server:stop()
  end)

  local function start(more)
    local request = { url = server.url, body = "{}", command = true }
    for name, value in pairs(more) do request[name] = value end
    return assert(multi:start(request))
  end

  local function finish(transfer)
    local ends, ended = core.now() + 10, 0
    while ended == 0 and core.now() < ends do
      local _
      _, _, ended = multi:perform()
      if ended == 0 then multi:poll(0.05) end
    end
    multi:finished()
    return transfer:result()
  end

  it("leaves in time", function()
    assert.equal(200, (finish(start { leave_within = 5 })))
    assert.equal(200, (finish(start { leave_within = 0.2 }))) -- its answer may take longer
  end)

  it("does not leave when the process was stopped for too long", function()
    local transfer = start { leave_within = 0.2 }
    core.sleep(0.3)
    local status, err = finish(transfer)
    assert.same({ nil, "timeout", "no" }, { status, err.kind, err.executed })
  end)

  it("is taken back only before it leaves", function()
    local transfer = start {}
    assert.is_true(transfer:withdraw())
    assert.is_false(transfer:withdraw())
    local status, err = transfer:result()
    assert.same({ nil, "no" }, { status, err.executed })
    transfer = start {}
    local ends = core.now() + 0.1
    while core.now() < ends do
      multi:perform()
      multi:poll(0.02)
    end
    assert.is_false(transfer:withdraw())
    assert.equal(200, (finish(transfer)))
  end)

  it("is asked for until it leaves, and never afterwards ended", function()
    local began, asked = core.now(), 0
    local status = transport.new()({ url = server.url, body = "{}", command = true, interrupted = function()
      asked = asked + 1
      return core.now() - began > 0.15 -- it has left by then, its answer has not come
    end })
    assert.equal(200, status)
    assert.is_true(asked > 1)
    local err
    status, err = transport.new()({ url = server.url, body = "{}", command = true,
      interrupted = function() error "who knows" end })
    assert.same({ nil, "vetoed", "no" }, { status, err.kind, err.executed })
  end)
end)
