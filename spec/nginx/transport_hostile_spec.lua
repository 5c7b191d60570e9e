-- Answers that are made to do harm, to either transport in a worker: it ends the request in time, with little memory,
-- goes on serving others meanwhile, and takes no leftover for an answer.
local dns = require "support.dns"
local leftovers = require "support.leftovers"
local shell = require "support.shell"
local socket = require "socket"
local transport_site = require "support.transport_site"
local wire = require "support.wire"

local TIMEOUT = 3
local ALLOWANCE = 32 * 1024 -- kilobytes

local function head(text)
  return ([[c:request() c:send("HTTP/1.1 200 OK\r\n%s\r\n\r\nabcde") c:stall()]]):format(text)
end

local function endless(before, piece)
  return ([[c:request() c:send(%q) while c:send((%q):rep(4096)) do end]]):format(before, piece)
end

local CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

-- name, what the server does, what the request has beside its address; `to_libcurl`: the kind libcurl takes it for,
-- which has one code for malformed chunks and for a broken connection, and keeps nothing of an extension
local cases = {
  { "an endless status line", endless("HTTP/1.1 200 ", "x") },
  { "an endless header line", endless("HTTP/1.1 200 OK\r\nX: ", "x") },
  { "endless headers", endless("HTTP/1.1 200 OK\r\n", "X-Some: thing\r\n") },
  { "headers without a colon", endless("HTTP/1.1 200 OK\r\n", "nothing\r\n") },
  { "endless interim answers", endless("", "HTTP/1.1 100 Continue\r\n\r\n") },
  { "an endless line for a chunk's size", endless(CHUNKED, "0"), to_libcurl = "network" },
  { "an endless extension of a chunk", endless(CHUNKED .. "5;", "x"), to_libcurl = "timeout" },
  { "endless chunks of a byte", endless(CHUNKED, "1\r\nx\r\n"), { max_body = 2 ^ 16 } },
  { "endless trailers", endless(CHUNKED .. "0\r\n", "X-Some: thing\r\n") },
  { "an endless body", endless("HTTP/1.1 200 OK\r\n\r\n", "x"), { max_body = 2 ^ 20 } },
}

for _, length in ipairs { "-1", "-inf", "inf", "nan", "1e9", "0x10", "+5", "5 5", "5, 6", "", "5.0", ("9"):rep(30) } do
  cases[#cases + 1] = { ("the length %q"):format(length), head("Content-Length: " .. length) }
end
for _, size in ipairs { "-1", "+5", "5 5", "", "g", ("f"):rep(30) } do
  cases[#cases + 1] = { ("a chunk of %q bytes"):format(size), head("Transfer-Encoding: chunked\\r\\n\\r\\n" .. size),
    to_libcurl = "network" }
end
cases[#cases + 1] = { "two lengths", head("Content-Length: 5\\r\\nContent-Length: 50") }

-- These last until the time is over.
local drops = {
  { "a status line in drops", [[c:request() c:send("HTTP/1.1 200 ") while c:send("O") do c:sleep(0.1) end]] },
  { "headers in drops", [[c:request() c:send("HTTP/1.1 200 OK\r\n") while c:send("X: y\r\n") do c:sleep(0.1) end]] },
  { "chunks in drops", ([[c:request() c:send(%q) while c:send("1\r\nx\r\n") do c:sleep(0.1) end]]):format(CHUNKED) },
  { "a body in drops", [[c:request() c:send("HTTP/1.1 200 OK\r\n\r\n") while c:send("x") do c:sleep(0.1) end]] },
}

local function suite(transport)
  describe("the " .. transport .. " transport in a worker #nginx", function()
    local server, other, names, pid

    setup(function()
      names = dns.start()
      server = transport_site.start(names.port)
      pid = tonumber((select(2, server:request("/pid"))))
    end)
    teardown(function()
      server:stop()
      names:stop()
    end)
    after_each(function()
      if other then other:stop() end
      other = nil
    end)

    local function kilobytes(name)
      return tonumber(shell.lines(("grep %s /proc/%d/status"):format(name, pid))[1]:match("%d+"))
    end

    local function send(more)
      local request = { url = other.url, timeout = TIMEOUT }
      for name, value in pairs(more) do request[name] = value end
      return transport_site.send(server, transport, request)
    end

    -- Sends, and asks the same worker for something else while that lasts.
    local function send_beside(request)
      local before, began = kilobytes "VmRSS", socket.gettime()
      local status, err = send(request)
      local took = socket.gettime() - began
      assert.is_nil(status)
      assert.is_true(took < TIMEOUT + 2, took)
      assert.is_true(kilobytes "VmHWM" - before < ALLOWANCE, "memory")
      assert.equal("hello", (select(2, server:request("/hello"))))
      return err
    end

    for _, case in ipairs(cases) do
      it("refuses " .. case[1], function()
        other = wire.start(case[2])
        local err = send_beside(case[3] or {})
        assert.equal(transport == "curl" and case.to_libcurl or "protocol", err.kind, err.message)
        assert.equal("maybe", err.executed)
        other:wait("end", 1)
      end)
    end

    for _, case in ipairs(drops) do
      it("waits no longer than it may for " .. case[1], function()
        other = wire.start(case[2])
        local err = send_beside { timeout = 0.6 }
        assert.equal("timeout", err.kind, err.message)
        other:wait("end", 1)
      end)
    end

    for _, case in ipairs { cases[1], cases[2], cases[3], drops[2] } do
      it("gives up on a proxy that answers a tunnel with " .. case[1], function()
        other = wire.start(case[2])
        local err = send_beside { url = "https://meters.invalid/", proxy = other.url:match("^http://[^/]+"),
          connect_timeout = 1 }
        assert.equal("no", err.executed, err.message)
        other:wait("end", 1)
      end)
    end

    -- The worker is busy with something else when the leftover comes: nginx itself has no look at the connection.
    local BLOCKED = [[
      local transport, url = ...
      local send = require("imr.transport." .. transport).new()
      local results = {}
      for index, body in ipairs { "first", "second", "third" } do
        local status, answer = send { url = url, body = body, timeout = 5 }
        results[index] = status and answer:gsub(" ", "") or answer.message
        if index == 1 then os.execute("sleep 0.2") end
      end
      return (results[1]:gsub("^$", "first")), results[2], results[3]
    ]]

    for _, scheme in ipairs(transport == "resty" and { "http", "https" } or { "http" }) do
      for _, case in ipairs(leftovers.cases) do
        it(("takes for no answer %s, left over %s"):format(case[1], scheme), function()
          other = wire.start(leftovers.script(case), scheme == "https" and server.given.scratch .. "/right" or nil)
          local url = other.url:gsub("127.0.0.1", "localhost")
          assert.same({ "first", "second", "third" }, { server:run(BLOCKED, transport, url) })
          assert.equal(3, other:count("request"))
        end)
      end
    end
  end)
end

suite "curl"
if require("support.site").resty then suite "resty" end
