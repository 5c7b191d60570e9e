-- What both transports promise, inside a worker: one suite, run over each.
local cjson = require "cjson"
local dns = require "support.dns"
local transport_site = require "support.transport_site"
local timing = require "support.timing"
local wire = require "support.wire"

local RESTY = require("support.site").resty

local function resty_is_there(server)
  return server:run([[
    return require("imr.transport.resty").is_there(), tostring(select(2, pcall(require, "resty.http")))
  ]])
end

local function suite(transport)
  describe("the " .. transport .. " transport in a worker #nginx", function()
    local server, other, names

    setup(function()
      names = dns.start()
      server = transport_site.start(names.port)
    end)
    teardown(function()
      server:stop()
      names:stop()
    end)
    after_each(function()
      if other then other:stop() end
      other = nil
    end)

    local function serve(script) other = wire.start(script) end

    local function send(request)
      request.url = request.url or other.url
      return transport_site.send(server, transport, request)
    end

    local function assert_failure(expected, status, err)
      assert.is_nil(status)
      assert.is_table(err)
      for _, name in ipairs { "kind", "executed" } do
        assert.equal(expected[name], err[name], name .. ": " .. tostring(err.message))
      end
      assert.truthy(err.message:find(expected.message), err.message)
      assert.is_nil(err.message:find("SECRET", 1, true))
    end

    it("sends no command whose time to leave is over, or that is taken back", function()
      serve([[
        while true do
          local r = c:request()
          if not r then return end
          c:send(answer(r.body))
        end]])
      local status, err = send { command = true, leave_within = 0 }
      assert_failure({ kind = "timeout", executed = "no", message = "" }, status, err)
      status, err = send { command = true, leave_within = 5, interrupted = true }
      assert_failure({ kind = "vetoed", executed = "no", message = "taken back before it left" }, status, err)
      assert.equal(200, (send { command = true, leave_within = 5 }))
    end)

    it("hands out status, body and headers in lower case", function()
      serve([[c:request(); c:send(answer("text", "X-One: 1\r\nX-ONE: last\r\n", "418 Teapot"))]])
      local status, body, headers, sent_after = send {}
      assert.equal(418, status)
      assert.is_true(sent_after >= 0 and sent_after < timing.room(5))
      assert.equal("text", body)
      assert.equal("last", headers["x-one"])
      assert.equal("4", headers["content-length"])
    end)

    it("sends the method, the headers and the body as they were given", function()
      serve([[local r = c:request(); c:send(answer(r.head .. r.body))]])
      local _, text = send { body = "a=b\1", headers = { ["Content-Type"] = "text/x" }, user_agent = "imr-test" }
      assert.truthy(text:find("^POST /path HTTP/1.1\r\n"))
      for _, line in ipairs { "Content-Type: text/x", "Content-Length: 4", "User-Agent: imr-test",
        "Host: 127.0.0.1:" .. other.port } do
        assert.truthy(text:find("\r\n" .. line .. "\r\n", 1, true), line)
      end
      assert.equal("a=b\1", text:sub(-4))
    end)

    it("reads a body in chunks, one without a length, and an empty one", function()
      serve([[
        c:request()
        c:send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n")
      ]])
      assert.equal("abcdefg", (select(2, send {})))
      other:stop()
      serve([[c:request(); c:send("HTTP/1.1 200 OK\r\n\r\nto the end")]])
      assert.equal("to the end", (select(2, send {})))
      other:stop()
      serve([[c:request(); c:send("HTTP/1.1 204 No Content\r\n\r\n"); c:stall()]])
      local status, body = send {}
      assert.equal(204, status)
      assert.equal("", body)
    end)

    it("skips an interim answer", function()
      serve([[c:request(); c:send("HTTP/1.1 100 Continue\r\n\r\n" .. answer("text"))]])
      local status, body = send {}
      assert.equal(200, status)
      assert.equal("text", body)
    end)

    it("keeps the connection for reads, and never for a command", function()
      serve([[for r in c.request, c do c:send(answer(r.body)) end]])
      for index = 1, 3 do assert.equal("n" .. index, (select(2, send { body = "n" .. index }))) end
      assert.equal(1, other:count("connect"))
      for _ = 1, 2 do assert.equal(200, (send { command = true })) end
      assert.equal(3, other:count("connect"))
      other:wait("end", 2)
      assert.equal(200, (send {}))
      assert.equal(3, other:count("connect"))
    end)

    for name, ending in pairs { close = "c:close()", reset = "c:reset()" } do
      it("sends nothing again when a kept connection dies: " .. name, function()
        serve([[local r = c:request(); c:send(answer(r.body)); c:request(); ]] .. ending)
        assert.equal(200, (send { body = "first" }))
        assert_failure({ kind = "network", executed = "maybe", message = "127.0.0.1:" .. other.port },
          send { body = "second" })
        assert.equal(2, other:count("request"))
      end)
    end

    it("follows no redirect", function()
      serve([[c:request(); c:send(answer("", "Location: http://127.0.0.1:1/\r\n", "302 Found"))]])
      local status, _, headers = send {}
      assert.equal(302, status)
      assert.equal("http://127.0.0.1:1/", headers.location)
    end)

    it("names a refused connection", function()
      assert_failure({ kind = "network", executed = "no",
        message = "^could not connect to 127.0.0.1:1: [Cc]onnection refused" }, send { url = "http://127.0.0.1:1/" })
    end)

    it("names a host that nobody knows", function()
      assert_failure({ kind = "network", executed = "no", message = "^could not find the address of nowhere.invalid" },
        send { url = "http://nowhere.invalid/" })
    end)

    it("refuses a wrong url", function()
      assert_failure({ kind = "network", executed = "no", message = "the url must look like" },
        send { url = "ftp://127.0.0.1/" })
    end)

    it("tells an answer that is cut off", function()
      for _, text in ipairs { [["HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"]],
        [["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"]], [["HTTP/1.1 200"]], [[""]] } do
        serve("c:request(); c:send(" .. text .. ")")
        assert_failure({ kind = "network", executed = "maybe", message = "closed before" }, send {})
        other:stop()
        other = nil
      end
    end)

    it("tells an answer without a length that ends in a reset", function()
      serve([[c:request(); c:send("HTTP/1.1 200 OK\r\n\r\nhalf of it"); c:sleep(0.1); c:reset()]])
      assert_failure({ kind = "network", executed = "maybe", message = "connection" }, send {})
    end)

    it("tells what is not HTTP", function()
      serve([[c:request(); c:send("SSH-2.0-OpenSSH_9.2 SECRET\r\n")]])
      assert_failure({ kind = "protocol", executed = "maybe", message = "HTTP" }, send {})
    end)

    for name, head in pairs { ["by its length"] = "Content-Length: 3000", ["while it comes"] = "Connection: close" } do
      it("caps a body " .. name, function()
        serve(([[c:request(); c:send("HTTP/1.1 200 OK\r\n%s\r\n\r\n" .. ("x"):rep(3000)); c:stall()]]):format(head))
        assert_failure({ kind = "protocol", executed = "maybe", message = "is larger than max_body" },
          send { max_body = 2000, timeout = 5 })
      end)
    end

    it("takes a body of just max_body", function()
      serve([[c:request(); c:send(answer(("x"):rep(2000)))]])
      assert.equal(2000, #select(2, send { max_body = 2000 }))
    end)

    it("gives up when no answer comes", function()
      serve([[c:request(); c:stall()]])
      assert_failure({ kind = "timeout", executed = "maybe", message = "^no answer from 127.0.0.1:%d+ within %d" },
        send { timeout = 0.3 })
    end)

    it("gives up on an answer that comes in drops", function()
      serve([[
        c:request(); c:send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ = 1, 100 do c:sleep(0.1); if not c:send("x") then break end end
      ]])
      assert_failure({ kind = "timeout", executed = "maybe", message = "the whole answer did not come" },
        send { timeout = 0.6 })
      other:wait("end", 1)
    end)

    it("gives up on a host that never completes the connection", function()
      serve([[c:stall()]])
      assert_failure({ kind = "timeout", executed = "no", message = "^no connection to localhost:%d+ within %d" },
        send { url = ("https://localhost:%d/"):format(other.port), timeout = 5, connect_timeout = 0.3 })
    end)

    it("ends the request of a light thread that is cancelled, and no other", function()
      serve([[local r = c:request(); if r.body == "slow" then c:stall() else c:sleep(0.3); c:send(answer(r.body)) end]])
      local slow, quick, waited = server:run([[
        local transport, url = ...
        local send, runtime = require("imr.transport." .. transport).new(), require("imr.runtime").current()
        local began = runtime:now()
        local slow = runtime:spawn(send, { url = url, body = "slow" })
        local quick = runtime:spawn(send, { url = url, body = "quick" })
        runtime:sleep(0.1)
        runtime:kill(slow)
        local ended = runtime:join(slow)
        return ended, select(3, runtime:join(quick)), runtime:now() - began
      ]], transport, other.url)
      assert.is_false(slow)
      assert.equal("quick", quick)
      assert.is_true(waited < timing.room(2))
      other:wait("end", 2)
    end)

    it("sends server_name as the host, and takes headers of the caller's", function()
      serve([[local r = c:request(); c:send(answer(r.head))]])
      local status, head = send { url = other.url .. "/path", server_name = "api.example",
        headers = { ["X-Own"] = "7" } }
      assert.equal(200, status, cjson.encode(head))
      assert.matches("\r\nHost: api.example:" .. other.port .. "\r\n", head, 1, true)
      assert.matches("\r\nX-Own: 7\r\n", head, 1, true)
    end)

    describe("over TLS", function()
      local scratch

      setup(function()
        scratch = server.given.scratch
      end)

      local function serve_tls(name)
        local process = require "support.process"
        local command = "openssl s_server -accept 127.0.0.1:0 -www -cert %s/%s.pem -key %s/%s.key"
        other = process.start(command:format(scratch, name, scratch, name), "^ACCEPT 127%.0%.0%.1:(%d+)")
      end

      local function get(name)
        local ca_file = transport == "curl" and scratch .. "/right.pem" or nil
        return send { url = ("https://localhost:%s/"):format(other.match), method = "GET", ca_file = ca_file,
          name = name }
      end

      it("takes a certificate that is vouched for", function()
        serve_tls("right")
        local status, body = get()
        assert.equal(200, status, cjson.encode(body))
        assert.truthy(body:find("TLSv1.[23]"))
      end)

      it("looks for the name that server_name says, also where the URL has an address", function()
        serve_tls("other")
        local function ask(server_name)
          local ca_file = transport == "curl" and scratch .. "/other.pem" or nil
          return send { url = ("https://127.0.0.1:%s/"):format(other.match), method = "GET", ca_file = ca_file,
            server_name = server_name }
        end
        local status, body = ask("other.example")
        assert.equal(200, status, cjson.encode(body))
        assert_failure({ kind = "network", executed = "no", message = "certificate of [%w.]+" }, ask("wrong.example"))
      end)

      if transport == "resty" then
        it("says what nginx cannot verify, and which directive stands for an option", function()
          assert_failure({ kind = "network", executed = "no",
            message = "nginx cannot verify that a certificate is for the address 127%.0%.0%.1: set server_name" },
            send { url = "https://127.0.0.1:1/" })
          for name, directive in pairs { cert_file = "lua_ssl_certificate", tls_min = "lua_ssl_protocols" } do
            assert_failure({ kind = "network", executed = "no",
              message = "the directive " .. directive .. " takes the place of " .. name },
              send { url = "https://localhost:1/", [name] = "1.3" })
          end
        end)
      end

      it("leaves no error of a failed handshake to nginx' own connections", function()
        serve_tls("stranger")
        local answers = { get() }
        assert.is_nil(answers[1])
        other:stop()
        serve_tls("right")
        local fine = server:run([[
          local socket = ngx.socket.tcp()
          assert(socket:connect("127.0.0.1", ...))
          return (socket:sslhandshake(nil, "localhost", true)) ~= nil
        ]], tonumber(other.match))
        assert.is_true(fine)
        assert.is_nil(server.nginx:error_log():find("stale global SSL error", 1, true))
      end)

      for name, text in pairs { other = "of another name", stranger = "that nobody vouches for" } do
        it("refuses a certificate " .. text, function()
          serve_tls(name)
          assert_failure({ kind = "network", executed = "no",
            message = "^no trust in the TLS certificate of localhost" }, get())
        end)
      end
    end)

    describe("over a proxy", function()
      local function through(url)
        return send { url = url, proxy = "http://user:SECRET@127.0.0.1:" .. other.port }
      end

      it("names itself", function()
        serve([[local r = c:request(); c:send(answer(r.head))]])
        local status, head = through("http://meters.invalid/path")
        assert.equal(200, status)
        assert.truthy(head:find("^POST http://meters.invalid/path HTTP/1.1\r\n"), head)
        assert.truthy(head:find("Proxy-Authorization: Basic dXNlcjpTRUNSRVQ=", 1, true))
      end)

      for scheme, executed in pairs { http = "maybe", https = "no" } do
        it("tells its refusal of " .. scheme .. " from the platform's", function()
          serve([[c:request(); c:send(answer("", "", "407 No"))]])
          assert_failure({ kind = "network", executed = executed,
            message = "the proxy 127.0.0.1:" .. other.port .. " refused %(HTTP 407%)" },
            through(scheme .. "://meters.invalid/path"))
        end)
      end
    end)

    it("leaves no error in the log that is not a line about a socket", function()
      local expected = { "connect%(%) failed", "timed out", "reset by peer", "certificate", "could not be resolved",
        "recv%(%) failed", "SSL_do_handshake", "no resolver", "lua tcp socket" }
      assert.same({}, server:problems(expected))
    end)
  end)
end

suite "curl"

describe("lua-resty-http #nginx", function()
  it("is asked for by name, or taken where it can be loaded", function()
    local server = transport_site.start()
    finally(function() server:stop() end)
    local there, problem = resty_is_there(server)
    local chosen, resty, curl, ca_file, cert_file, tls_min = server:run([[
      for _, name in ipairs { "curl", "resty" } do
        require("imr.transport." .. name).new = function() return name end
      end
      local choose = require("imr.transport").choose
      return choose {}, choose { transport = "resty" }, choose { transport = "curl" },
        choose { ca_file = "/a/ca_file" }, choose { cert_file = "/a/cert" }, choose { tls_min = "1.3" }
    ]])
    assert.equal(there and "resty" or "curl", chosen)
    assert.same({ "resty", "curl", "curl", "curl", "curl" }, { resty, curl, ca_file, cert_file, tls_min })
    if not there then
      print("skipped: the resty transport: " .. tostring(problem):match("^[^\n]*") ..
        " (IMR_RESTY_HTTP names a directory that holds resty/http.lua)")
    end
  end)

  it("is named where it is asked for and is not there", function()
    if RESTY then return end
    local server = transport_site.start()
    finally(function() server:stop() end)
    local there = resty_is_there(server)
    if not there then
      local status, err = transport_site.send(server, "resty", { url = "http://127.0.0.1:1/" })
      assert.is_nil(status)
      assert.equal("no", err.executed)
      assert.truthy(err.message:find("lua-resty-http cannot be loaded", 1, true))
    end
  end)
end)

if RESTY then suite "resty" end
