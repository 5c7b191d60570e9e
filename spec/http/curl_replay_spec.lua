-- libcurl repeats a request by itself when a kept connection dies before the answer. Ours must not be.
local curl = require("imr.curl")
local fetch = require("support.fetch")
local wire = require("support.wire")

describe("a kept connection that dies", function()
  local multi, server

  before_each(function()
    multi = curl.multi()
  end)

  after_each(function()
    multi:close()
    server:stop()
  end)

  -- Every connection answers once, then takes the next request whole and ends in the given way.
  local function serve_once(ending)
    server = wire.start([[
      local r = c:request()
      c:send(answer(r.body))
      c:request()
      ]] .. ending)
  end

  local function send(request)
    request.url = server.url
    return fetch.get(multi, request)
  end

  for name, ending in pairs({ close = "c:close()", reset = "c:reset()" }) do
    it("does not have a read sent again (" .. name .. ")", function()
      serve_once(ending)
      assert.equal(200, (send({ body = "first" })))
      local status, err = send({ body = "second" })
      assert.is_nil(status)
      assert.equal("network", err.kind)
      assert.equal("maybe", err.executed)
      assert.equal(2, server:count("request"))
      assert.equal(1, server:count("request 1 POST /path second"))
      -- libcurl has opened a new connection by then. Nothing goes over it.
      multi:close()
      server:wait("end", server:count("connect"))
      assert.equal(0, server:count("partial"))
    end)
  end

  it("does not have a large read sent again", function()
    serve_once("c:reset()")
    assert.equal(200, (send({ body = "first" })))
    local status, err = send({ body = ("x"):rep(2 ^ 20) })
    assert.is_nil(status)
    assert.equal("maybe", err.executed)
    assert.equal(2, server:count("request"))
  end)

  it("together with its server is still told from a request that never left", function()
    serve_once("os.exit(0)")
    assert.equal(200, (send({ body = "first" })))
    local status, err = send({ body = "second" })
    assert.is_nil(status)
    assert.equal("network", err.kind)
    assert.equal("maybe", err.executed, err.message)
    assert.equal(1, server:count("request 1 POST /path second"))
  end)

  it("is never met by a command", function()
    serve_once("c:close()")
    assert.equal(200, (send({ body = "read" })))
    for index = 1, 3 do
      local status, body = send({ body = "command" .. index, command = true })
      assert.equal(200, status)
      assert.equal("command" .. index, body)
    end
    assert.equal(4, server:count("connect"))
    assert.equal(4, server:count("request"))
    for index = 2, 4 do
      assert.equal(1, server:count("request " .. index))
    end
    -- A read goes on the connection it left, not on one of a command's.
    send({ body = "again" })
    assert.equal(1, server:count("request 1 POST /path again"))
  end)

  it("can't have a command sent twice", function()
    server = wire.start([[c:request(); c:close()]])
    local status, err = send({ body = "command", command = true })
    assert.is_nil(status)
    assert.equal("maybe", err.executed)
    assert.equal(1, server:count("request"))
  end)

  it("is never met by a request without a body, which libcurl could repeat", function()
    serve_once("c:close()")
    assert.equal(200, (send({ body = "" })))
    assert.equal(200, (send({ body = "" })))
    assert.equal(200, (send({ method = "GET" })))
    assert.equal(3, server:count("connect"))
    assert.equal(3, server:count("request"))
  end)

  it("is left for a new one when it died before the request", function()
    server = wire.start([[local r = c:request(); c:send(answer(r.body)); c:close()]])
    for index = 1, 3 do
      local status, body = send({ body = "n" .. index })
      assert.equal(200, status)
      assert.equal("n" .. index, body)
      server:wait("end", index)
    end
    assert.equal(3, server:count("request"))
  end)
end)
