-- Whom imr.curl trusts: certificates and proxies.
local curl = require("imr.curl")
local fetch = require("support.fetch")
local process = require("support.process")
local shell = require("support.shell")
local wire = require("support.wire")

describe("TLS", function()
  local scratch, multi, server

  local function certificate(name, subject)
    shell.must(
      ("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s"):format(name)
        .. (" -addext subjectAltName=%s -keyout %s/%s.key -out %s/%s.pem"):format(subject, scratch, name, scratch, name)
    )
    return scratch .. "/" .. name .. ".pem"
  end

  local function serve(name, more)
    local command = "openssl s_server -accept 127.0.0.1:0 -www -cert %s/%s.pem -key %s/%s.key %s"
    server = process.start(command:format(scratch, name, scratch, name, more or ""), "^ACCEPT 127%.0%.0%.1:(%d+)")
  end

  local function get(ca_file, more)
    local request = { url = "https://127.0.0.1:" .. server.match .. "/", method = "GET", ca_file = ca_file }
    for name, value in pairs(more or {}) do request[name] = value end
    return fetch.get(multi, request)
  end

  local function assert_refused(text, status, err)
    assert.is_nil(status)
    assert.equal("network", err.kind)
    assert.equal("no", err.executed)
    assert.truthy(err.message:find(text), err.message)
  end

  setup(function()
    scratch = shell.scratch()
    certificate("right", "IP:127.0.0.1")
    certificate("other", "DNS:other.example")
  end)

  teardown(function()
    shell.must("rm -r " .. scratch)
  end)

  before_each(function()
    multi = curl.multi()
  end)

  after_each(function()
    multi:close()
    if server then
      server:stop()
    end
    server = nil
  end)

  it("takes a certificate that ca_file vouches for", function()
    serve("right")
    local status, body = get(scratch .. "/right.pem")
    assert.equal(200, status)
    assert.truthy(body:find("TLSv1.[23]"))
  end)

  it("refuses a self-signed certificate", function()
    serve("right")
    assert_refused("no trust in the TLS certificate of 127%.0%.0%.1:%d+: .*self.signed", get())
  end)

  it("refuses a certificate of another name", function()
    serve("other")
    assert_refused("no trust in the TLS certificate of .*127%.0%.0%.1", get(scratch .. "/other.pem"))
  end)

  it("refuses one that another ca_file vouches for", function()
    serve("right")
    assert_refused("no trust in the TLS certificate", get(scratch .. "/other.pem"))
  end)

  it("names a ca_file that can't be read", function()
    serve("right")
    assert_refused("/nowhere/ca%.pem", get("/nowhere/ca.pem"))
  end)

  it("reads the ca_file once, not for every connection", function()
    serve("right")
    local ca_file = scratch .. "/once.pem"
    shell.must(("cp %s/right.pem %s"):format(scratch, ca_file))
    assert.equal(200, (get(ca_file)))
    os.remove(ca_file)
    assert.equal(200, (get(ca_file)))
  end)

  it("shows its own certificate to a platform that asks for one", function()
    certificate("client", "DNS:client.example")
    serve("right", ("-Verify 1 -verify_return_error -CAfile %s/client.pem"):format(scratch))
    local ours = { cert_file = scratch .. "/client.pem", key_file = scratch .. "/client.key" }
    local status, body = get(scratch .. "/right.pem", ours)
    assert.equal(200, status)
    assert.truthy(body:find("client", 1, true))
    local none, err = get(scratch .. "/right.pem")
    assert.is_nil(none)
    assert.equal("network", err.kind)
    none, err = get(scratch .. "/right.pem", { cert_file = "/nowhere/client.pem", key_file = ours.key_file })
    assert.is_nil(none)
    assert.same({ "network", "no" }, { err.kind, err.executed })
    assert.matches("/nowhere/client.pem", err.message, 1, true)
  end)

  it("verifies another name than the URL's, and asks for it", function()
    serve("other", "-servername other.example -servername_fatal -cert2 " .. scratch .. "/other.pem -key2 " .. scratch
      .. "/other.key")
    local request = { url = "https://127.0.0.1:" .. server.match .. "/", method = "GET", server_name = "other.example",
      ca_file = scratch .. "/other.pem" }
    local send = require("imr.transport.curl").new()
    local status, body = send(request)
    assert.equal(200, status, type(body) == "table" and body.message)
    request.server_name = "wrong.example"
    local _, err = send(request)
    assert.same({ "network", "no" }, { err.kind, err.executed })
  end)

  it("speaks no TLS that is older than tls_min", function()
    serve("right", "-no_tls1_3")
    assert.equal(200, (get(scratch .. "/right.pem", { tls_min = "1.2" })))
    assert_refused("TLS", get(scratch .. "/right.pem", { tls_min = "1.3" }))
  end)

  -- Between us and the server somebody who is slow to answer the first time.
  it("tells how long its connection took before the request left", function()
    serve("right")
    local slow = wire.start(([[
      local server = assert(require("socket").connect("127.0.0.1", %s))
      server:settimeout(0.1)
      c:sleep(0.3)
      while c:receive() do
        server:send(c.buffer)
        c.buffer = ""
        local data, _, part = server:receive(65536)
        c:send(data or part)
      end
    ]]):format(server.match))
    local status, _, _, sent_after = fetch.get(multi, { url = "https://127.0.0.1:" .. slow.port .. "/", method = "GET",
      ca_file = scratch .. "/right.pem" })
    slow:stop()
    assert.equal(200, status)
    assert.is_true(sent_after >= 0.3)
  end)

  it("is not spoken by a plain server", function()
    server = wire.start([[c:send("HTTP/1.1 200 OK\r\n\r\n"); c:stall()]])
    local url = server.url:gsub("^http", "https")
    assert_refused("no TLS connection to 127", fetch.get(multi, { url = url, body = "{}" }))
  end)
end)

describe("a proxy", function()
  local multi, proxy

  before_each(function()
    multi = curl.multi()
  end)

  after_each(function()
    multi:close()
    proxy:stop()
  end)

  local function get(url)
    local address = "http://user:SECRET@127.0.0.1:" .. proxy.port
    return fetch.get(multi, { url = url, body = "{}", proxy = address })
  end

  it("is asked with the user name and password of its URL", function()
    proxy = wire.start([[local r = c:request(); c:send(answer(r.head))]])
    local status, head = get("http://meters.invalid/path")
    assert.equal(200, status)
    assert.truthy(head:find("^POST http://meters.invalid/path HTTP/1.1\r\n"))
    assert.truthy(head:find("Proxy-Authorization: Basic dXNlcjpTRUNSRVQ=", 1, true))
  end)

  for scheme, executed in pairs({ http = "maybe", https = "no" }) do
    it("that refuses " .. scheme .. " is told apart from the platform", function()
      proxy = wire.start([[c:request(); c:send(answer("", 'Proxy-Authenticate: Basic realm="x"\r\n', "407 No"))]])
      local status, err = get(scheme .. "://meters.invalid/path")
      assert.is_nil(status)
      assert.equal("network", err.kind)
      assert.equal(executed, err.executed)
      assert.truthy(err.message:find("the proxy 127.0.0.1:" .. proxy.port .. " refused (HTTP 407)", 1, true))
      assert.is_nil(err.message:find("SECRET", 1, true))
      assert.equal(1, proxy:count("request"))
    end)
  end

  for name, ending in pairs({ closes = "c:close()", ["says 502"] = [[c:send(answer("", "", "502 Bad Gateway"))]] }) do
    it("that " .. name .. " before the tunnel stands has passed nothing on", function()
      proxy = wire.start("c:request(); " .. ending)
      local status, err = get("https://meters.invalid/path")
      assert.is_nil(status)
      assert.equal("network", err.kind)
      assert.equal("no", err.executed)
    end)
  end

  it("that can't be reached is named", function()
    proxy = wire.start([[c:close()]])
    local request = { url = "http://meters.invalid/", body = "{}", proxy = "http://u:SECRET@127.0.0.1:1" }
    local _, err = fetch.get(multi, request)
    assert.equal("could not connect to 127.0.0.1:1: Connection refused", err.message)
    request.proxy = "http://u:SECRET@proxy.invalid:1"
    _, err = fetch.get(multi, request)
    assert.equal("could not find the address of the proxy proxy.invalid:1", err.message)
  end)

  it("is not taken from the environment", function()
    proxy = wire.start([[local r = c:request(); c:send(answer(r.head:match("^[^\r]*")))]])
    local program = [[
      local multi = require("imr.curl").multi()
      local _, body = require("support.fetch").get(multi, { url = %q, body = "{}" })
      print(type(body) == "table" and body.message or body)
    ]]
    local settings = { http_proxy = "http://127.0.0.1:1", all_proxy = "http://127.0.0.1:1" }
    local ok, output = process.lua(program:format(proxy.url), { env = settings })
    assert.is_true(ok, output)
    assert.equal("POST /path HTTP/1.1\n", output)
  end)
end)
