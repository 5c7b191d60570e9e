local Platform = require "imr.simulator.platform"
local Server = require "imr.simulator.server"
local cjson = require "cjson"
local raw = require "support.raw"
local simulator = require "support.simulator"
local socket = require "socket"
local timing = require "support.timing"

local LOGIN = { admin_user_name = "demo", api_password = "demo-secret" }

describe("the simulator over HTTP", function()
  local running

  local function start(options)
    running = simulator.start(options)
    return running
  end

  after_each(function()
    if running then
      running:stop()
      running = nil
    end
  end)

  it("serves a listing on a connection that is kept", function()
    start { meters = 7, days = 3 }
    local token = raw.login(running.url)
    local client = raw.connect(running.url)
    local status, body, headers = raw.post(client, "/meter/meterList", { admin_user_name = "demo", token = token })
    assert.are.equal(200, status)
    assert.are.equal("keep-alive", headers.connection)
    assert.are.equal(7, #cjson.decode(body).data)
    status, body = raw.post(client, "/meter/meterList", { admin_user_name = "demo", token = token })
    assert.are.same({ 200, 1011 }, { status, cjson.decode(body).code })
    client:close()
  end)

  it("keeps an access log that has every arrival and no secret", function()
    start { meters = 3 }
    local token, client = raw.login(running.url), raw.connect(running.url)
    local times = {}
    for index = 1, 3 do
      times[index] = { socket.gettime() }
      raw.post(client, "/meter/readMeter", { admin_user_name = "demo", token = token, pageNo = 1, pageSize = 2 })
      times[index][2] = socket.gettime()
      socket.sleep(0.1)
    end
    local entries = running:entries("latest_readings")
    assert.are.same({ 200, 1011, 1011 }, { entries[1].code, entries[2].code, entries[3].code })
    assert.are.same({ 1, 2, 2, true }, { entries[1].page, entries[1].page_size, entries[1].rows, entries[1].executed })
    for index, entry in ipairs(entries) do
      assert.is_true(entry.time >= times[index][1] - 0.001 and entry.time <= times[index][2] + 0.001)
    end
    assert.are.same({ entries[1].connection, 3 }, { entries[3].connection, entries[3].request })
    assert.are_not.equal(running:entries("login")[1].connection, entries[1].connection)
    local file = io.open(running.log)
    local text = file:read("*a")
    file:close()
    assert.is_nil(text:find(token, 1, true) or text:find("demo-secret", 1, true))
    client:close()
  end)

  it("lets a hundred slow answers overlap", function()
    start { latency = 1 }
    local clients, began = {}, socket.gettime()
    for i = 1, 100 do
      clients[i] = raw.connect(running.url)
      clients[i]:send(raw.request("/user/login", LOGIN))
    end
    for _, client in ipairs(clients) do
      assert.are.equal(200, (raw.answer(client)))
      client:close()
    end
    local spent = socket.gettime() - began
    -- One after the other they would take a hundred seconds.
    assert.is_true(spent >= 1 and spent < timing.room(1.3, 50), ("took %.3f s"):format(spent))
  end)

  it("wakes up in time", function()
    start { latency = 0.03 }
    local client, late = raw.connect(running.url), {}
    for i = 1, 15 do
      local began = socket.gettime()
      raw.post(client, "/user/login", LOGIN)
      late[i] = socket.gettime() - began - 0.03
    end
    table.sort(late)
    assert.is_true(late[1] > -0.001 and late[4] < timing.room(0.003), ("%.4f .. %.4f"):format(late[1], late[4]))
    client:close()
  end)

  it("acts out every fault", function()
    local faults = {}
    for _, name in ipairs { "drop_before", "drop_after" } do
      faults[name] = function(status, message) return status == nil and message == "closed" end
    end
    faults["502"] = function(status, body) return status == 502 and body:find("<html>", 1, true) end
    faults.html = function(status, body) return status == 200 and body:find("<html>", 1, true) end
    faults.truncate = function(status, body) return status == 200 and body:find("^closed after %d+$") end
    faults["1001"] = function(status, body) return status == 200 and cjson.decode(body).code == 1001 end
    for name, check in pairs(faults) do
      start { faults = { [name] = 1 } }
      assert.is_truthy(check(raw.post(running.url, "/user/login", LOGIN)), name)
      assert.are.equal(name, running:entries()[1].fault)
      running:stop()
    end
  end)

  it("stalls without keeping others waiting", function()
    start { faults = { stall = { rate = 1, endpoints = { "meters" } } } }
    local token, client = raw.login(running.url), raw.connect(running.url)
    client:send(raw.request("/meter/meterList", { admin_user_name = "demo", token = token }))
    client:settimeout(0.2)
    assert.are.equal("timeout", select(2, client:receive("*l")))
    assert.are.equal(200, (raw.post(running.url, "/user/login", LOGIN)))
    client:close()
    assert.are.equal(200, (raw.post(running.url, "/user/login", LOGIN)))
  end)

  it("takes requests in pieces and several at once", function()
    start {}
    local client, text = raw.connect(running.url), raw.request("/user/login", LOGIN)
    for i = 1, #text, 40 do
      client:send(text:sub(i, i + 39))
      socket.sleep(0.001)
    end
    assert.are.equal(200, (raw.answer(client)))
    client:send(text .. text)
    assert.are.same({ 200, 200 }, { (raw.answer(client)), (raw.answer(client)) })
    client:send(raw.request("/user/login", LOGIN, "Expect: 100-continue"))
    assert.are.equal(200, (raw.answer(client)))
    client:send(raw.request("/user/login", LOGIN, "Connection: close"))
    assert.are.equal(200, (raw.answer(client)))
    assert.are.equal("closed", select(2, client:receive("*l")))
  end)

  it("answers what is not HTTP, not POST or nowhere", function()
    start { prefix = "/api" }
    local function status_of(text)
      local client = raw.connect(running.url)
      client:send(text)
      local status = raw.answer(client)
      client:close()
      return status
    end
    assert.are.equal(400, status_of("hello\r\n\r\n"))
    assert.are.equal(405, status_of("GET /api/user/login HTTP/1.1\r\n\r\n"))
    assert.are.equal(404, status_of("POST /user/login HTTP/1.1\r\nContent-Length: 0\r\n\r\n"))
    assert.are.equal(411, status_of("POST /api/user/login HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"))
    assert.are.equal(200, (raw.post(running.url, "/api/user/login", LOGIN)))
  end)

  it("sends pages larger than a socket's buffer", function()
    start { meters = 1000, days = 2 }
    local parameters = { admin_user_name = "demo", token = raw.login(running.url) }
    local _, body = raw.post(running.url, "/meter/meterList", parameters)
    assert.are.equal(1000, #cjson.decode(body).data)
  end)
end)

describe("the simulator in this process", function()
  local server

  before_each(function()
    server = assert(Server.new { platform = Platform.new { meters = 4, latency = 0.05 } })
  end)

  after_each(function()
    server:close()
    server:close()
  end)

  local function exchange(text, rounds)
    local client = raw.connect(server.url)
    client:send(text)
    client:settimeout(0)
    for _ = 1, rounds or 100 do
      server:turn(0.01)
      local line = client:receive("*l")
      if line then
        client:close()
        return line
      end
    end
    client:close()
  end

  it("makes progress in turns, which never wait longer than they are told", function()
    assert.are.equal("HTTP/1.1 200 OK", exchange(raw.request("/user/login", LOGIN)))
    server:turn(0.01) -- sees the client leave
    local began = socket.gettime()
    assert.is_false(server:turn(0.02))
    assert.is_true(socket.gettime() - began < timing.room(0.1))
    assert.are.equal(1, #server.platform.log)
  end)

  it("survives a platform that fails", function()
    local complaints, stderr = {}, io.stderr
    server.platform.settings.on_request = function() error("planted") end
    io.stderr = { write = function(_, ...) complaints[#complaints + 1] = table.concat({ ... }) end } -- luacheck: ignore
    local line = exchange(raw.request("/user/login", LOGIN))
    io.stderr = stderr -- luacheck: ignore
    assert.are.equal("HTTP/1.1 500 Internal Server Error", line)
    assert.is_truthy(complaints[1]:find("planted", 1, true))
  end)

  it("turns no more once it is closed", function()
    server:close()
    assert.is_false(server:turn(1))
  end)

  it("says why it cannot listen", function()
    local second, message = Server.new { platform = server.platform, port = server.port }
    assert.is_nil(second)
    assert.is_truthy(message:find("in use", 1, true))
  end)
end)
