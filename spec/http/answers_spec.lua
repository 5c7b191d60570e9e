-- What a server may send instead of a proper answer, and what the client makes of it.
local imr = require "imr"
local own = require "support.own"
local scripted = require "support.scripted"
local shell = require "support.shell"
local timing = require "support.timing"
local wire = require "support.wire"

local ROWS = [==['[{"deviceId":"1","tableNo":"001"},{"deviceId":"2","tableNo":"002"}]']==]

-- The first answer is what the script says; then come two rows, and an empty page.
local function once(script)
  return ([[
    spoken = (spoken or 0) + 1
    if spoken == 1 then %s return end
    c:send(ok(r.body:find('"pageNo":1[,}]') and %s or "[]"))
  ]]):format(script, ROWS)
end

describe("an answer that is none", function()
  local server, client

  local function serve(script, options)
    server = scripted.start(script)
    client = server:client_of(options)
  end

  after_each(function()
    if client then client:close() end
    if server then server:stop() end
    client, server = nil, nil
  end)

  local function read()
    local rows, err = client:meters({ page_size = 1000 }):collect()
    assert.is_nil(rows)
    return err
  end

  local function cut()
    local outcome, err = client:disconnect("70001")
    assert.is_nil(outcome)
    return err
  end

  local function assert_fields(wanted, err)
    for name, value in pairs(wanted) do assert.equal(value, err[name], name .. " of " .. tostring(err)) end
  end

  describe("that redirects", function()
    local target

    before_each(function() target = wire.start([[c:request() c:send(answer("{}"))]]) end)
    after_each(function() target:stop() end)

    for _, status in ipairs { 301, 302, 303, 307, 308 } do
      it(("is an error which names the target: %d"):format(status), function()
        serve(([[c:send(answer("", "Location: %s\r\n", "%d Moved"))]]):format(target.url, status), { retries = 3 })
        for kind, err in pairs { http = read(), unknown_outcome = cut() } do
          assert_fields({ kind = kind, http_status = status, executed = "maybe", retryable = false }, err)
          assert.truthy(err.message:find(target.url, 1, true), err.message)
        end
        assert.equal(2, #server:requests())
        assert.equal(0, target:count("connect"))
      end)
    end

    it("is not followed by the login either, and no password goes there", function()
      server = wire.start(([[c:request() c:send(answer("", "Location: %s\r\n", "307 Moved"))]]):format(target.url))
      client = scripted.client(server.url, { retries = 3 })
      local done, err = client:login()
      assert.is_nil(done)
      assert_fields({ kind = "http", http_status = 307, endpoint = "login" }, err)
      assert.equal(1, server:count("request"))
      assert.equal(0, target:count("connect"))
    end)
  end)

  for status, said in pairs { [304] = "HTTP 304 (not modified, ", [300] = "HTTP 300: ", [302] = "HTTP 302: ",
    [206] = "HTTP 206 (a part of the answer only)", [204] = "HTTP 204 (no content)" } do
    it(("of the status %d is no redirection where it leads nowhere"):format(status), function()
      serve(([[c:send(answer("", "", "%d Odd"))]]):format(status))
      local _, err = client:meters({ deadline = 5 }):collect()
      assert.equal("http", err.kind)
      assert.truthy(err.message:find(said, 1, true), err.message)
    end)
  end

  -- status, Retry-After, kind, retryable: of a read
  local statuses = {
    { 400, nil, "http", false },
    { 401, nil, "http", false },
    { 403, nil, "http", false },
    { 404, nil, "http", false },
    { 429, 7, "throttled", true },
    { 500, nil, "http", true },
    { 501, nil, "http", true },
    { 502, nil, "http", true },
    { 503, 7, "http", true },
  }
  for _, case in ipairs(statuses) do
    local status, after, kind, retryable = (table.unpack or unpack)(case, 1, 4)
    it(("has the status %d"):format(status), function()
      serve(([[c:send(answer("<h1>no</h1>", %q, "%d Sorry"))]]):format(
        after and ("Retry-After: %d\r\n"):format(after) or "", status))
      local expected = { http_status = status, executed = "maybe", retry_after = after }
      local function check(err, more)
        assert_fields(expected, err)
        assert_fields(more, err)
      end
      local function within(seconds, call)
        local params = { deadline = seconds }
        return call(params)
      end
      local _, err = within(5, function(params) return client:meters(params):collect() end)
      check(err, { kind = kind, retryable = retryable })
      _, err = within(5, function(params) return client:disconnect("70001", params) end)
      check(err, { kind = "unknown_outcome", retryable = false })
      assert.equal(2, #server:requests())
    end)
  end

  it("is asked for again after a 502, when it is a read", function()
    serve(once([[c:send(answer("", "", "502 Bad Gateway"))]]), { retries = 1 })
    assert.equal(2, #assert(client:meters({ page_size = 3 }):collect()))
  end)

  it("is asked for again after as many seconds as a 429 says", function()
    serve(once([[c:send(answer("", "Retry-After: 1\r\n", "429 Too Many Requests"))]]), { interval = 0.05 })
    local seconds, rows = timing.of(function() return assert(client:meters({ page_size = 3 }):collect()) end)
    assert.equal(2, #rows)
    assert.is_true(seconds >= 1 and seconds < timing.room(1.6), seconds)
  end)

  for what, script in pairs {
    ["an HTML page"] = [[c:send(answer("<html><body>maintenance</body></html>", "Content-Type: text/html\r\n"))]],
    ["an empty body"] = [[c:send(answer(""))]],
    ["half a body"] = [[c:send(answer('{"code":200,"data":[{"deviceId'))]],
    ["a length that is too small"] = [[
      c:send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" .. '{"code":200,"data":[]}') c:close()]],
    ["JSON of another kind"] = [[c:send(answer("[]"))]],
  } do
    it("is " .. what, function()
      serve(script)
      assert_fields({ kind = "protocol", http_status = 200, retryable = true, executed = "maybe" }, read())
      assert_fields({ kind = "unknown_outcome", http_status = 200, retryable = false, executed = "maybe" }, cut())
    end)
  end

  it("names what came", function()
    serve([[c:send(answer("<html><body>maintenance until 5</body></html>"))]])
    assert.truthy(read().message:find("maintenance until 5", 1, true))
  end)

  it("is asked for again after an HTML page, when it is a read", function()
    serve(once([[c:send(answer("<html></html>"))]]), { retries = 1 })
    assert.equal(2, #assert(client:meters({ page_size = 3 }):collect()))
  end)

  it("is larger than allowed", function()
    serve([[c:send(answer((" "):rep(200000) .. '{"code":200}'))]], { max_body = 100000, retries = 3 })
    assert_fields({ kind = "protocol", retryable = false, executed = "maybe" }, read())
    assert.equal(1, #server:requests())
    assert_fields({ kind = "unknown_outcome", retryable = false, executed = "maybe" }, cut())
    assert.equal(2, #server:requests())
  end)

  it("is packed and unpacks to more than allowed, and is not unpacked", function()
    local path = os.tmpname()
    shell.must(("head -c 100000000 /dev/zero | gzip >%s"):format(path))
    finally(function() os.remove(path) end)
    serve(([[c:send(answer(io.open(%q, "rb"):read("*a"), "Content-Encoding: gzip\r\n"))]]):format(path),
      { max_body = 1000000 })
    local before = own.memory()
    assert_fields({ kind = "protocol", retryable = false }, read())
    assert.is_true(own.memory() - before < 8000)
  end)
end)

describe("a connection that ends", function()
  local server, client

  after_each(function()
    client:close()
    server:stop()
    client, server = nil, nil
  end)

  local function cut_at(bytes)
    return ("c:send(ok(%s):sub(1, %d)) c:close()"):format(ROWS, bytes >= 0 and bytes or bytes - 1)
  end

  -- In the status line, in the headers, at their end, in the body; -1: one byte is missing.
  for _, bytes in ipairs { 0, 1, 9, 15, 17, 30, 39, 40, 45, 100, -1 } do
    it(("after %d bytes of the answer is asked for again, when it is a read"):format(bytes), function()
      server = scripted.start(once(cut_at(bytes)))
      client = server:client_of { retries = 1 }
      local cursor = client:meters { page_size = 3 }
      assert.equal(2, #assert(cursor:collect()))
      assert.is_true(cursor.report.complete)
    end)

    it(("after %d bytes of the answer leaves a command's fate open, and it is sent once"):format(bytes), function()
      server = scripted.start(cut_at(bytes))
      client = server:client_of { retries = 5 }
      local outcome, err = client:disconnect("70001")
      assert.is_nil(outcome)
      assert.equal("unknown_outcome", err.kind)
      assert.equal("maybe", err.executed)
      assert.is_false(err.retryable)
      assert.equal(1, #server:requests())
    end)
  end

  it("with a reset is no different", function()
    server = scripted.start([[c:send("HTTP/1.1 2") c:reset()]])
    client = server:client_of { retries = 5 }
    local _, err = client:reconnect("70001")
    assert.equal("unknown_outcome", err.kind)
    assert.equal(1, #server:requests())
  end)

  it("with a 200 and a length that is never reached leaves a command's fate open", function()
    server = scripted.start([[c:send("HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{\"code\":200}") c:close()]])
    client = server:client_of { retries = 5 }
    local _, err = client:disconnect("70001")
    assert.equal("unknown_outcome", err.kind)
    assert.equal(1, #server:requests())
  end)

  -- The server takes no more than one request on a connection and ends it when the next one has come.
  local ONE_EACH = [[
    c.taken = (c.taken or 0) + 1
    if c.taken > 1 then c:close() return end
    c:send(ok(%s))
  ]]

  it("before the second answer is not asked for again by libcurl itself", function()
    server = scripted.start(ONE_EACH:format(ROWS))
    client = server:client_of { prefetch = 0 }
    local rows, err, first = client:meters({ page_size = 2 }):collect()
    assert.is_nil(rows)
    assert.equal(2, #first)
    assert.equal("network", err.kind)
    assert.equal(2, #server:requests())
  end)

  it("does not take a command with it: that one goes over a connection of its own", function()
    server = scripted.start(ONE_EACH:format([['""']]))
    client = server:client_of()
    assert(client:meters():collect())
    assert.equal("accepted", assert(client:disconnect("70001")).state)
    assert.equal("accepted", assert(client:reconnect("70001")).state)
    local seen = {}
    for _, request in ipairs(server:requests()) do
      assert.is_nil(seen[request.connection])
      seen[request.connection] = true
    end
  end)

  it("before it began has certainly done nothing", function()
    server = scripted.start("c:close()")
    client = scripted.client("http://127.0.0.1:1", { store = imr.store.memory() })
    local _, err = client:disconnect("70001")
    assert.equal("network", err.kind)
    assert.equal("no", err.executed)
    assert.is_true(err.retryable)
  end)
end)
