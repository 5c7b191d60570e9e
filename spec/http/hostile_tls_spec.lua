-- The client and certificates it must not trust: nothing of the request leaves, the password included.
local curl = require "imr.curl"
local fetch = require "support.fetch"
local files = require "support.files"
local process = require "support.process"
local scripted = require "support.scripted"
local shell = require "support.shell"

local NEW_KEY = "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=%s -keyout %s.key -out %s.csr"
-- `openssl x509` of some versions takes neither dates nor days in the past.
local SIGN = "openssl ca -batch -notext -config %s/ca.cnf -startdate 20200101000000Z -enddate %s -in %s.csr"
  .. " -extfile %s.ext -out %s.pem"
local AUTHORITY = [[
[ca]
default_ca = own
[own]
certificate = $directory/ca.pem
private_key = $directory/ca.key
new_certs_dir = $directory
database = $directory/database
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
]]

describe("a platform whose certificate", function()
  local scratch, server, url

  local function certificate(name, subject, until_when)
    local base = scratch .. "/" .. name
    shell.must(NEW_KEY:format(name, base, base))
    shell.must(("printf 'subjectAltName=%s\\n' >%s.ext"):format(subject, base))
    shell.must(SIGN:format(scratch, until_when, base, base, base))
  end

  setup(function()
    scratch = shell.scratch()
    shell.must(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca"
      .. " -keyout %s/ca.key -out %s/ca.pem"):format(scratch, scratch))
    files.write(scratch .. "/ca.cnf", (AUTHORITY:gsub("%$directory", scratch)))
    files.write(scratch .. "/database", "")
    certificate("good", "IP:127.0.0.1", "20490101000000Z")
    certificate("expired", "IP:127.0.0.1", "20200102000000Z")
    certificate("other", "DNS:other.example", "20490101000000Z")
    shell.must(("cd %s && openssl req -x509 -key good.key -days 2 -subj /CN=own -addext subjectAltName=IP:127.0.0.1"
      .. " -out own.pem && cp good.key own.key"):format(scratch))
  end)

  teardown(function() shell.must("rm -r " .. scratch) end)

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  local function start(name, more)
    local command = "openssl s_server -www -accept 127.0.0.1:0 -cert %s/%s.pem -key %s/%s.key %s"
    server = process.start(command:format(scratch, name, scratch, name, more or ""), "^ACCEPT 127%.0%.0%.1:(%d+)")
    url = "https://127.0.0.1:" .. server.match
  end

  local cases = {
    { "has expired", "expired", "expired" },
    { "is another's", "other", "127%.0%.0%.1" },
    { "it signed itself", "own", "self.signed" },
    { "comes with TLS 1.1 at most", "good", "no TLS connection", "-tls1_1 -cipher DEFAULT@SECLEVEL=0" },
  }
  for _, case in ipairs(cases) do
    it(case[1] .. " gets nothing of a request", function()
      start(case[2], case[4])
      for _, call in ipairs {
        function(client) return client:login() end,
        function(client) return client:meters():next() end,
        function(client) return client:disconnect("70001") end,
      } do
        local client = scripted.client(url, { ca_file = scratch .. "/ca.pem", timeout = 5 })
        local result, err = call(client)
        client:close()
        assert.is_nil(result)
        assert.same({ "network", "no" }, { err.kind, err.executed })
        assert.is_truthy(err.message:find(case[3]), err.message)
      end
    end)
  end

  it("is right gets the request", function()
    start("good")
    local multi = curl.multi()
    assert.equal(200, (fetch.get(multi, { url = url .. "/", method = "GET", ca_file = scratch .. "/ca.pem" })))
    multi:close()
  end)
end)
