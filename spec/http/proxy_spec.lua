-- The client behind a proxy that misbehaves: what it says, what may have happened, and that the next call works.
local scripted = require "support.scripted"
local wire = require "support.wire"

local LOGIN, PASSWORD = [[c:send(answer('{"code":200,"msg":"ok","data":"a-token"}'))]], "PROXY-SECRET"

-- A proxy for http: it answers itself. The login passes; the first read and the first command meet `trouble`.
local FRAME = [[
  for r in c.request, c do
    local command = r.path:find("meterInstruct", 1, true) ~= nil
    spoken = spoken or {}
    spoken[command] = (spoken[command] or 0) + 1
    if r.path:find("/user/login", 1, true) then
      spoken[false] = 0
      %s
    elseif spoken[command] == 1 then
      %s
    else
      c:send(answer('{"code":200,"msg":"ok","data":' .. (command and '""' or '[{"tableNo":"001"}]') .. "}"))
    end
  end
]]

describe("a proxy", function()
  local proxy, client

  local function start(trouble, scheme, options)
    proxy = wire.start(FRAME:format(LOGIN, trouble))
    local given = { proxy = ("http://us%%40er:%s@127.0.0.1:%d"):format(PASSWORD, proxy.port), max_body = 2 ^ 20 }
    for name, value in pairs(options or {}) do given[name] = value end
    client = scripted.client(scheme .. "://meters.invalid", given)
  end

  after_each(function()
    if client then client:close() end
    if proxy then proxy:stop() end
    client, proxy = nil, nil
  end)

  local function read() return client:meters({ page_size = 5 }):next() end

  local function assert_works_again()
    assert.equal("001", assert(read()).meter_no)
    assert.equal("accepted", assert(client:disconnect("70001")).state)
  end

  -- name, what the proxy does, kind, pattern of the message, executed of the read, kind of a command's error
  local REFUSES = "the proxy 127%.0%.0%.1:%d+ refused %(HTTP 407%): give its user name and password"
  local cases = {
    { "refuses (407)", [[c:send(answer("", 'Proxy-Authenticate: Basic realm="x"\r\n', "407 No"))]], "network", REFUSES,
      "maybe", "unknown_outcome" },
    { "refuses (407) with an endless page", [[c:send("HTTP/1.1 407 No\r\n\r\n") while c:send(("x"):rep(65536)) do end]],
      "network", REFUSES, "maybe", "unknown_outcome" },
    { "forbids (403)", [[c:send(answer("<h1>blocked by policy</h1>", "", "403 Forbidden"))]], "http",
      "HTTP 403: <h1>blocked by policy", "maybe", "unknown_outcome" },
    { "has no way to the platform (502)", [[c:send(answer("no route", "", "502 Bad Gateway"))]], "http",
      "HTTP 502: no route", "maybe", "unknown_outcome" },
    { "hands out a login page", [[c:send(answer("<html>Sign in to the network</html>"))]], "protocol",
      "not the platform's.*Sign in to the network", "maybe", "unknown_outcome" },
    { "closes without an answer", "c:close() return", "network", "closed", "maybe", "unknown_outcome" },
  }
  for _, case in ipairs(cases) do
    it(("that %s is an error that says so, and the next call works"):format(case[1]), function()
      start(case[2], "http")
      local row, err = read()
      assert.is_nil(row)
      assert.same({ case[3], case[5] }, { err.kind, err.executed })
      assert.is_truthy(err.message:find(case[4]), err.message)
      assert.is_nil(tostring(err):find(PASSWORD, 1, true))
      local outcome, command_err = client:disconnect("70001")
      assert.is_nil(outcome)
      assert.same({ case[6], case[5], false },
        { command_err.kind, command_err.executed, command_err.executed == "maybe" and command_err.retryable })
      assert_works_again()
    end)
  end

  -- Before a tunnel stands the platform has seen nothing, so a command certainly did nothing either.
  for name, script in pairs {
    ["refuses the tunnel (407)"] = [[c:request()
      c:send(answer("", 'Proxy-Authenticate: Basic realm="x"\r\n', "407 No"))]],
    ["refuses the tunnel (403)"] = [[c:request() c:send(answer("", "", "403 Forbidden"))]],
    ["closes before the tunnel stands"] = [[c:request() c:close()]],
    ["answers the tunnel with an endless page"] = [[c:request() c:send("HTTP/1.1 503 No\r\n\r\n")
      while c:send(("x"):rep(65536)) do end]],
    ["answers the tunnel with a flood of headers"] = [[c:request() c:send("HTTP/1.1 200 OK\r\n")
      for i = 1, 1e6 do if not c:send("X-" .. i .. ": " .. ("x"):rep(100) .. "\r\n") then break end end]],
    ["is silent about the tunnel"] = [[c:request() c:stall()]],
  } do
    it(("that %s has passed nothing on"):format(name), function()
      proxy = wire.start(script)
      for _, call in ipairs { read, function() return client:disconnect("70001") end } do
        client = scripted.client("https://meters.invalid", { timeout = 0.5,
          proxy = ("http://user:%s@127.0.0.1:%d"):format(PASSWORD, proxy.port) })
        local result, err = call()
        client:close()
        assert.is_nil(result)
        assert.equal("no", err.executed)
        assert.is_truthy(("network timeout protocol"):find(err.kind, 1, true), tostring(err))
        assert.is_nil(tostring(err):find(PASSWORD, 1, true))
      end
      for _, line in ipairs(proxy:log()) do assert.is_nil(line:find("POST", 1, true), line) end
    end)
  end
end)
