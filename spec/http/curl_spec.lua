-- imr.curl over a real socket: answers, limits, and what every failure is called.
local curl = require("imr.curl")
local fetch = require("support.fetch")
local shell = require("support.shell")
local timing = require("support.timing")
local wire = require("support.wire")

-- All of it holds as well where each perform reads only a portion of a body.
for _, portion in ipairs { 2 ^ 30, 4096 } do
  describe(("a curl transfer in portions of %d bytes"):format(portion), function()
    local multi, server

    before_each(function()
      multi = curl.multi(portion)
    end)

    after_each(function()
      multi:close()
      if server then
        server:stop()
      end
      server = nil
    end)

    local function serve(script)
      server = wire.start(script)
      return server
    end

    local function get(request)
      request.url = request.url or server.url
      request.body = request.body or "{}"
      return fetch.get(multi, request)
    end

    local function assert_failure(...)
      assert.is_nil(fetch.mismatch(...))
    end

    describe("that succeeds", function()
      it("hands out status, body and headers", function()
        serve([[c:request(); c:send(answer("text", "X-One: 1\r\nx-two:  a b \r\nX-ONE: last\r\n", "418 Teapot"))]])
        local status, body, headers = get({})
        assert.equal(418, status)
        assert.equal("text", body)
        assert.equal("last", headers["x-one"])
        assert.equal("a b", headers["x-two"])
        assert.equal("4", headers["content-length"])
      end)

      it("sends the method, the headers and the body as they were given", function()
        serve([[local r = c:request(); c:send(answer(r.head .. r.body))]])
        local _, text = get({
          body = "a\0b",
          headers = { ["Content-Type"] = "application/json", ["X-Empty"] = "", Accept = "text/*" },
          user_agent = "imr-test",
        })
        assert.truthy(text:find("^POST /path HTTP/1.1\r\n"))
        assert.truthy(text:find("\r\nContent-Type: application/json\r\n", 1, true))
        assert.truthy(text:find("\r\nContent-Length: 3\r\n", 1, true))
        assert.truthy(text:find("\r\nX-Empty:\r\n", 1, true))
        assert.truthy(text:find("\r\nUser-Agent: imr-test\r\n", 1, true))
        assert.truthy(text:find("\r\nAccept: text/*\r\n", 1, true))
        assert.equal("a\0b", text:sub(-3))
      end)

      it("keeps the connection", function()
        serve([[for r in c.request, c do c:send(answer(r.body)) end]])
        for index = 1, 5 do
          assert.equal(200, (get({ body = "n" .. index })))
        end
        assert.equal(1, server:count("connect"))
        assert.equal(5, server:count("request"))
      end)

      it("tells when the request left, which the answer's time is no part of", function()
        serve([[c:request(); c:sleep(0.3); c:send(answer("")); c:request(); c:sleep(0.3); c:close()]])
        local spent, _, _, _, sent_after = timing.of(function() return get({}) end)
        assert.is_true(sent_after >= 0 and sent_after < spent - 0.29)
        local err
        spent, _, err = timing.of(function() return get({}) end)
        assert.equal("maybe", err.executed)
        assert.is_true(err.sent_after >= 0 and err.sent_after < spent - 0.29)
        assert.is_nil(select(2, get({ url = "http://127.0.0.1:1/" })).sent_after)
      end)

      it("does not wait for 100-continue before a large body, and skips one that comes", function()
        serve([[
          local r = c:request()
          c:send("HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n" .. answer(#r.body .. tostring(r.head:find("Expect"))))
        ]])
        local status, body, headers = get({ body = ("x"):rep(3 * 2 ^ 20) })
        assert.equal(200, status)
        assert.equal("3145728nil", body)
        assert.is_nil(headers["x-interim"])
      end)

      it("takes chunks, and no header from behind them", function()
        serve([[c:request(); c:send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Kind: head\r\n\r\n" ..
          "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Kind: trailer\r\n\r\n")]])
        local _, body, headers = get({})
        assert.equal("abcde", body)
        assert.equal("head", headers["x-kind"])
      end)

      it("follows no redirect", function()
        serve([[c:request(); c:send(answer("", "Location: http://127.0.0.1:1/elsewhere\r\n", "307 Temporary"))]])
        local status, _, headers = get({})
        assert.equal(307, status)
        assert.equal("http://127.0.0.1:1/elsewhere", headers.location)
        assert.equal(1, server:count("request"))
      end)

      it("runs beside others", function()
        -- None is answered before all have come.
        serve([[
          local r = c:request()
          arrived = (arrived or 0) + 1
          while arrived < 8 do c:sleep(0.01) end
          c:send(answer(r.body))
        ]])
        local transfers = {}
        for index = 1, 8 do
          transfers[index] = multi:start({ url = server.url, body = "n" .. index })
        end
        fetch.turn(multi, 8)
        for index, transfer in ipairs(transfers) do
          local _, body = transfer:result()
          assert.equal("n" .. index, body)
        end
      end)

      it("has no result while it runs, and one afterwards", function()
        serve([[c:request(); c:sleep(0.1); c:send(answer("late"))]])
        local transfer = multi:start({ url = server.url, body = "{}" })
        multi:perform()
        assert.equal(0, select("#", transfer:result()))
        fetch.turn(multi)
        assert.equal(200, (transfer:result()))
        assert.error_matches(function()
          transfer:result()
        end, "taken already")
      end)
    end)

    describe("with gzip", function()
      local function gzip_of(command)
        local path = os.tmpname()
        shell.must(command .. " | gzip -9 > " .. path)
        return path
      end

      local sender = [[
        local r = c:request()
        local file = assert(io.open(%q, "rb")); local data = file:read("*a"); file:close()
        c:send(answer(data, "Content-Encoding: gzip\r\nX-Asked: " ..
          tostring(r.head:match("Accept%%-Encoding: ([^\r]*)")) .. "\r\n"))
      ]]

      it("asks for it and unpacks it", function()
        local path = gzip_of("printf 'packed text'")
        serve(sender:format(path))
        local _, body, headers = get({})
        os.remove(path)
        assert.equal("packed text", body)
        assert.equal("gzip, deflate", headers["x-asked"])
      end)

      it("counts max_body on what was unpacked", function()
        local path = gzip_of("head -c 50000000 /dev/zero")
        serve(sender:format(path))
        local expected = { kind = "protocol", executed = "maybe", message = "is larger than max_body" }
        assert_failure(expected, get({ max_body = 100000 }))
        os.remove(path)
      end)

      it("says of two members that more follows the first", function()
        local path = gzip_of("printf one")
        shell.must(("printf two | gzip >>%s"):format(path))
        serve(sender:format(path))
        assert_failure({ kind = "protocol", executed = "maybe", message = "more follows behind the end of the packed" },
          get({}))
        os.remove(path)
      end)

      it("reports a body that can't be unpacked", function()
        serve([[c:request(); c:send(answer("not gzip at all", "Content-Encoding: gzip\r\n"))]])
        assert_failure({ kind = "protocol", executed = "maybe", message = "could not unpack" }, get({}))
      end)
    end)

    describe("with a limit", function()
      it("takes a body of max_body and no byte more", function()
        serve([[for r in c.request, c do c:send(answer(("x"):rep(tonumber(r.body)))) end]])
        assert.equal(200, (get({ body = "1000", max_body = 1000 })))
        assert_failure({ kind = "protocol", executed = "maybe" }, get({ body = "1001", max_body = 1000 }))
      end)

      it("ends an endless body", function()
        serve([[c:request(); c:send("HTTP/1.1 200 OK\r\n\r\n"); while c:send(("x"):rep(65536)) do end]])
        assert_failure({ kind = "protocol", message = "is larger than max_body" }, get({ max_body = 2 ^ 20 }))
      end)

      it("ends a flood of headers", function()
        serve([[c:request(); c:send("HTTP/1.1 200 OK\r\n")
          for i = 1, 1e6 do if not c:send("X-" .. i .. ": " .. ("x"):rep(100) .. "\r\n") then break end end]])
        assert_failure({ kind = "protocol", message = "64 KiB of headers" }, get({}))
      end)

      it("ends a flood of interim responses", function()
        serve([[c:request(); while c:send("HTTP/1.1 100 Continue\r\nX-A: b\r\n\r\n") do end]])
        assert_failure({ kind = "protocol", message = "64 KiB of headers" }, get({}))
      end)

      it("ends one endless header line", function()
        serve([[c:request(); c:send("HTTP/1.1 200 OK\r\nX-Long: "); while c:send(("x"):rep(65536)) do end]])
        assert_failure({ kind = "protocol", message = "headers" }, get({}))
      end)
    end)

    describe("that fails", function()
      it("names the address that refuses", function()
        local message = "could not connect to 127.0.0.1:1: Connection refused"
        local expected = { kind = "network", executed = "no", message = message }
        assert_failure(expected, get({ url = "http://127.0.0.1:1/path" }))
      end)

      it("names the host without an address", function()
        local expected = { kind = "network", executed = "no", message = "not find the address of host.invalid:80" }
        assert_failure(expected, get({ url = "http://host.invalid/path" }))
      end)

      local faults = {
        { "closes without an answer", "c:request()", "network", "the connection was closed before an answer" },
        { "resets", "c:request(); c:reset()", "network", "the connection broke" },
        {
          "closes in mid-body",
          [[c:request(); c:send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")]],
          "network",
          "before the end of the answer",
        },
        {
          "closes in mid-chunk",
          [[c:request(); c:send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n50\r\nhalf")]],
          "network",
          "before the end of the answer",
        },
        {
          "closes in its headers",
          [[c:request(); c:send("HTTP/1.1 200 OK\r\nContent-Le")]],
          "network",
          "before",
        },
        { "speaks something else", [[c:request(); c:send("220 ready for mail\r\n\r\n")]], "protocol", "not HTTP" },
      }
      for _, fault in ipairs(faults) do
        it("says so when the server " .. fault[1], function()
          serve(fault[2])
          assert_failure({ kind = fault[3], executed = "maybe", message = fault[4] }, get({}))
        end)
      end

      it("gives up a server that stalls", function()
        serve([[c:request(); c:stall()]])
        timing.within(0.49, 0.7, function()
          assert_failure({ kind = "timeout", executed = "maybe", message = "no answer from" }, get({ timeout = 0.5 }))
        end)
      end)

      it("gives up a server that drips", function()
        serve([[c:request(); c:send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n")
          while c:send("x") do c:sleep(0.02) end]])
        assert_failure({ kind = "timeout", executed = "maybe", message = "the whole answer" }, get({ timeout = 0.8 }))
      end)

      it("gives up a connection that does not come about", function()
        -- A listener whose queue is full answers no SYN.
        local socket = require("socket")
        local listener = assert(socket.bind("127.0.0.1", 0, 0))
        local url = "http://127.0.0.1:" .. select(2, listener:getsockname()) .. "/"
        local fillers = {}
        for index = 1, 3 do
          fillers[index] = socket.tcp()
          fillers[index]:settimeout(0)
          fillers[index]:connect(listener:getsockname())
        end
        local expected = { kind = "timeout", executed = "no", message = "no connection to 127.0.0.1:" }
        assert_failure(expected, get({ url = url, connect_timeout = 0.2 }))
        for _, filler in ipairs(fillers) do
          filler:close()
        end
        listener:close()
      end)

      it("shows nothing of the request", function()
        local function check(request)
          request.body, request.headers = "SECRET-BODY", { ["X-Token"] = "SECRET-HEADER" }
          local _, err = fetch.get(multi, request)
          assert.is_nil(err.message:find("SECRET", 1, true), err.message)
        end
        check({ url = "http://SECRET:SECRET@127.0.0.1:1/SECRET?SECRET" })
        check({ url = "http://127.0.0.1:1/", proxy = "http://SECRET:SECRET@127.0.0.1:1" })
        check({ url = "https://127.0.0.1:1/", proxy = "http://SECRET:SECRET@127.0.0.1:1" })
        check({ url = "http://127.0.0.1:1/", proxy = "http://SECRET:SECRET@host.invalid:1" })
        local _, message = multi:start({ url = "nonsense://SECRET" })
        assert.is_nil(message:find("SECRET", 1, true))
        _, message = multi:start({ url = "http://127.0.0.1", proxy = "http://SECRET:SECRET@:x" })
        assert.is_nil(message:find("SECRET", 1, true))
      end)
    end)

    it("refuses what libcurl would do harm with", function()
      local url = "http://127.0.0.1:1/"
      local wrong = {
        { {}, "url is missing" },
        { { url = 5 }, "url must be a string, not a number" },
        { { url = "http://a/\0b" }, "url has a zero byte" },
        { { url = url, body = {} }, "body must be a string" },
        { { url = url, method = "DELETE" }, "method must be POST or GET" },
        { { url = url, timeout = "1" }, "timeout must be a number" },
        { { url = url, timeout = -1 }, "timeout must not be negative" },
        { { url = url, timeout = 0 / 0 }, "timeout must not be negative" },
        { { url = url, max_body = -1 }, "max_body must not be negative" },
        { { url = url, headers = "x" }, "headers must be a table" },
        { { url = url, headers = { "x" } }, "headers must be strings" },
        { { url = url, headers = { ["A:B"] = "x" } }, "header's name" },
        { { url = url, headers = { A = "x\r\nB: y" } }, "header A has a line break" },
        { { url = url, headers = { A = "x\0y" } }, "zero byte" },
      }
      for _, case in ipairs(wrong) do
        assert.error_matches(function()
          multi:start(case[1])
        end, case[2])
      end
      for _, bad in ipairs({ "ftp://a/", "file:///etc/passwd", "a.example", "http://", "" }) do
        local transfer, message = multi:start({ url = bad })
        assert.is_nil(transfer)
        assert.truthy(message:find("the url must look like", 1, true))
      end
    end)
  end)
end
