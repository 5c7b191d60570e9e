-- What each return code and each kind of answer means to a read and to a command.
local world = require "support.world"

-- The answer to every request of one endpoint; the error, and how often it was asked.
local function outcome_of(path, answer, call, settings)
  return world.run({ on_request = function(request)
    if request.path:find(path, 1, true) then return answer end
  end }, function(new)
    local given = { retries = 2, prefetch = 0 }
    for name, value in pairs(settings or {}) do given[name] = value end
    local result, err = call(new:client(given), new)
    assert.is_nil(result)
    local asked = 0
    for _, entry in ipairs(new.platform.log) do asked = asked + (entry.endpoint ~= "login" and 1 or 0) end
    return err, asked, world.count(new, "login")
  end)
end

local function read(client) return client:meters():collect() end
local function command(client, new) return client:disconnect(new.platform:meter(1).device) end

describe("a read that is answered with", function()
  -- code, kind, executed, retryable, requests, logins
  local cases = {
    { 1001, "failed", "maybe", true, 3, 1 }, { 1002, "auth", "no", false, 1, 1 }, { 1005, "auth", "no", false, 1, 1 },
    { 1006, "token", "no", true, 2, 2 }, { 1007, "token", "no", true, 2, 2 }, { 1008, "request", "no", false, 1, 1 },
    { 1009, "forbidden", "no", false, 1, 1 }, { 1010, "duplicate", "maybe", false, 1, 1 },
    { 1011, "throttled", "no", true, 31, 1 }, { 1003, "failed", "maybe", true, 3, 1 },
    { 9999, "failed", "maybe", true, 3, 1 }, { 0, "failed", "maybe", true, 3, 1 },
    { -1, "failed", "maybe", true, 3, 1 },
  }
  for _, case in ipairs(cases) do
    local code, kind, executed, retryable, requests, logins = (table.unpack or unpack)(case, 1, 6)
    it(("%d is of kind %s"):format(code, kind), function()
      local err, asked, logged_in = outcome_of("meterList", { code = code, msg = "why it was so" }, read)
      assert.same({ code, kind, executed, retryable, "meters" },
        { err.code, err.kind, err.executed, err.retryable, err.endpoint })
      assert.same({ requests, logins }, { asked, logged_in })
      assert.matches("why it was so", tostring(err), 1, true)
      assert.matches("code=" .. code, tostring(err), 1, true)
    end)
  end

  it("a code as text is of the same kind", function()
    local err = outcome_of("meterList", { body = '{"code":"1009","msg":"x"}' }, read)
    assert.same({ 1009, "forbidden" }, { err.code, err.kind })
  end)
end)

describe("a command that is answered with", function()
  -- code, kind, executed, requests
  local cases = {
    { 1001, "unknown_outcome", "maybe", 1 }, { 1002, "auth", "no", 1 }, { 1005, "auth", "no", 1 },
    { 1006, "token", "no", 2 }, { 1007, "token", "no", 2 }, { 1008, "request", "no", 1 },
    { 1009, "forbidden", "no", 1 },
    { 1010, "duplicate", "maybe", 1 }, { 1011, "throttled", "no", 31 }, { 1003, "unknown_outcome", "maybe", 1 },
    { 9999, "unknown_outcome", "maybe", 1 },
  }
  for _, case in ipairs(cases) do
    local code, kind, executed, requests = (table.unpack or unpack)(case, 1, 4)
    it(("%d is of kind %s"):format(code, kind), function()
      local err, asked = outcome_of("meterInstruct", { code = code }, command)
      assert.same({ code, kind, executed, "instruct", requests },
        { err.code, err.kind, err.executed, err.endpoint, asked })
    end)
  end

  it("an unknown outcome is not retryable, and says what to do", function()
    local err = outcome_of("meterInstruct", { code = 1001 }, command)
    assert.is_false(err.retryable)
    assert.matches("read the meter's state before you send another", err.message, 1, true)
  end)
end)

describe("an answer that is not the platform's", function()
  -- name, answer, kind, executed of a read, requests of a read, executed of a command
  local json = { ["Content-Type"] = "application/json" }
  local function of(status, body, headers) return { status = status, body = body or "x", headers = headers or json } end
  local cases = {
    { "HTML", of(200, "<html>hello</html>"), "protocol", "maybe", 3, "maybe" },
    { "no JSON", of(200, '{"code":200,"data":[{]}'), "protocol", "maybe", 3, "maybe" },
    { "an empty body", of(200, ""), "protocol", "maybe", 3, "maybe" },
    { "no code", of(200, '{"data":[]}'), "protocol", "maybe", 3, "maybe" },
    { "HTTP 500", of(500), "http", "maybe", 3, "maybe" }, { "HTTP 502", of(502), "http", "maybe", 3, "maybe" },
    { "HTTP 503", of(503), "http", "maybe", 3, "maybe" }, { "HTTP 504", of(504), "http", "maybe", 3, "maybe" },
    { "HTTP 400", of(400), "http", "maybe", 1, "maybe" }, { "HTTP 403", of(403), "http", "maybe", 1, "maybe" },
    { "HTTP 404", of(404), "http", "maybe", 1, "maybe" }, { "HTTP 413", of(413), "http", "maybe", 1, "maybe" },
    { "a redirect", of(302, "", { location = "https://elsewhere.example/x" }), "http", "maybe", 1, "maybe" },
    { "HTTP 501", of(501), "http", "maybe", 3, "maybe" }, { "HTTP 505", of(505), "http", "maybe", 3, "maybe" },
    { "HTTP 408", of(408), "http", "maybe", 3, "maybe" }, { "HTTP 204", of(204, ""), "http", "maybe", 1, "maybe" },
    { "two codes", of(200, '{"code":1011,"msg":"","code":200}'), "protocol", "maybe", 3, "maybe" },
    { "two codes, one in disguise", of(200, '{"\\u0063ode":200,"code":1011}'), "protocol", "maybe", 3, "maybe" },
    { "a code elsewhere", of(200, '{"error":{"code":1011}}'), "protocol", "maybe", 3, "maybe" },
    { "a code in a list", of(200, '[{"code":1011}]'), "protocol", "maybe", 3, "maybe" },
    { "a code with a blank", of(200, '{"code":" 1011"}'), "protocol", "maybe", 3, "maybe" },
    { "a code with a zero", of(200, '{"code":"01011"}'), "protocol", "maybe", 3, "maybe" },
    { "a code with a sign", of(200, '{"code":"+1011"}'), "protocol", "maybe", 3, "maybe" },
    { "a code with an exponent", of(200, '{"code":1.011e3}'), "protocol", "maybe", 3, "maybe" },
    { "a code between two", of(200, '{"code":1011.5}'), "protocol", "maybe", 3, "maybe" },
    { "something behind it", of(200, '{"code":1011}{"code":200}'), "protocol", "maybe", 3, "maybe" },
    { "success with HTTP 500", of(500, '{"code":200,"data":[]}'), "http", "maybe", 3, "maybe" },
  }
  for _, case in ipairs(cases) do
    local name, answer, kind, executed, requests, of_command = (table.unpack or unpack)(case, 1, 6)
    it(("but %s is of kind %s"):format(name, kind), function()
      local err, asked = outcome_of("meterList", answer, read)
      assert.same({ kind, executed, answer.status, requests }, { err.kind, err.executed, err.http_status, asked })
    end)

    it(("but %s to a command leaves no doubt unsaid"):format(name), function()
      local err, asked = outcome_of("meterInstruct", answer, command)
      local expected = of_command == "maybe" and "unknown_outcome" or kind
      assert.same({ expected, of_command, 1, false }, { err.kind, err.executed, asked, err.retryable })
    end)
  end

  it("names the target of a redirect", function()
    local err = outcome_of("meterList", of(302, "", { location = "https://elsewhere.example/x" }), read)
    assert.matches("redirects to https://elsewhere.example/x", err.message, 1, true)
  end)

  it("with a code of the platform's is that code, whatever the HTTP status", function()
    local err = outcome_of("meterList", of(500, '{"code":1009,"msg":""}'), read)
    assert.same({ "forbidden", 1009, 500 }, { err.kind, err.code, err.http_status })
  end)

  it("shows where it stopped being JSON", function()
    local err = outcome_of("meterList", of(200, "<html>hello</html>"), read)
    assert.matches("<html>hello</html>", err.message, 1, true)
  end)
end)
