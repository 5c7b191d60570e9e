-- What stands in the environment of the program, for other programs, changes nothing of where a request goes.
local certificate = require "support.certificate"
local cli = require "support.cli"
local files = require "support.files"
local shell = require "support.shell"
local wire = require "support.wire"

local PLATFORM = [[
  for r in c.request, c do
    local data = r.path:find("login", 1, true) and '"a-token"' or '[{"tableNo":"001","userName":"王"}]'
    c:send(answer('{"code":200,"msg":"ok","totalCount":1,"data":' .. data .. "}"))
  end
]]

-- Whatever libcurl, curl and others read for a proxy and what goes past it, in both spellings.
local function spelled_twice(names)
  local result = {}
  for name, value in pairs(names) do result[name], result[name:upper()] = value, value end
  return result
end

local LIST = "meters --format jsonl --interval 0 --retries 0 "

describe("the environment", function()
  local user, platform, proxy, scratch

  before_each(function()
    scratch = shell.scratch()
    platform, proxy = wire.start(PLATFORM), wire.start(PLATFORM)
    user = cli.user(("http://127.0.0.1:%d"):format(platform.port))
  end)
  after_each(function()
    platform:stop()
    proxy:stop()
    shell.must("rm -r " .. scratch)
  end)

  local function list(environment, options)
    local result = user:run(LIST .. (options or ""), environment)
    assert.equal(0, result.status, result.err)
    assert.truthy(result.out:find("001", 1, true))
  end

  it("sends nothing past a proxy that was set", function()
    for _, past in ipairs { "*", "127.0.0.1", "127.0.0.0/8", "localhost,127.0.0.1" } do
      list(spelled_twice { no_proxy = past }, "--proxy http://127.0.0.1:" .. proxy.port)
    end
    assert.equal(0, platform:count("connect"))
    assert.equal(5, proxy:count("request")) -- one login, which the runs share, and four pages
  end)

  it("sends nothing over a proxy that was not set", function()
    local url = "http://127.0.0.1:" .. proxy.port
    list(spelled_twice { http_proxy = url, https_proxy = url, all_proxy = url, socks_proxy = url })
    assert.equal(0, proxy:count("connect"))
    assert.is_true(platform:count("request") >= 2)
  end)

  it("gives no password of a .netrc away", function()
    files.write(user.home .. "/.netrc", "machine 127.0.0.1 login someone password NETRC-SECRET\n")
    files.write(user.home .. "/.curlrc", ("proxy = http://127.0.0.1:%d\n"):format(proxy.port))
    list { NETRC = user.home .. "/.netrc", CURL_HOME = user.home }
    assert.equal(0, proxy:count("connect"))
    platform:stop()
    platform = wire.start("for r in c.request, c do log('head', (r.head:gsub('%s', ' '))) c:send(answer('{}')) end")
    user:run(LIST, { IMR_BASE_URL = "http://127.0.0.1:" .. platform.port, NETRC = user.home .. "/.netrc" })
    assert.is_true(platform:count("head") > 0)
    for _, line in ipairs(platform:log()) do assert.is_nil(line:lower():find("authorization", 1, true), line) end
  end)

  it("neither adds to what is trusted nor has the keys of a connection written down", function()
    local base = certificate(scratch, "right", "IP:127.0.0.1")
    platform:stop()
    platform = wire.start(PLATFORM, base)
    local environment = {
      IMR_BASE_URL = "https://127.0.0.1:" .. platform.port, SSLKEYLOGFILE = scratch .. "/keys",
      SSL_CERT_FILE = base .. ".pem", SSL_CERT_DIR = scratch, CURL_CA_BUNDLE = base .. ".pem",
    }
    local result = user:run(LIST, environment)
    assert.is_true(result.status ~= 0)
    assert.truthy(result.err:find("no trust in the TLS certificate", 1, true), result.err)
    assert.equal(0, platform:count("request"))
    list(environment, "--ca-file " .. base .. ".pem")
    assert.equal("", files.read(scratch .. "/keys") or "")
  end)

  describe("of PostgreSQL", function()
    local server, elsewhere, where

    setup(function() server = require("support.postgres").start() end)
    teardown(function() server:stop() end)
    before_each(function()
      elsewhere = wire.start "c:stall()"
      where = server:url()
      user.environment.IMR_STORE = "memory"
    end)
    after_each(function() elsewhere:stop() end)

    local function sync(address, environment)
      environment.IMR_DB = address
      local result = user:run("sync --interval 0 --listing meters", environment)
      assert.equal(0, result.status, result.err)
      assert.equal("0", (server:sql("SELECT count(*) FROM meters WHERE user_name <> '王'", where:match "[^/]+$")
        :gsub("%s", "")))
    end

    it("leads to no other server than the address names, and changes no text", function()
      files.write(scratch .. "/services", ("[far]\nhostaddr=127.0.0.1\nhost=far\nport=%d\nuser=x\noptions=-c x=y\n")
        :format(elsewhere.port))
      sync(where, { PGHOSTADDR = "192.0.2.1", PGHOST = "192.0.2.1", PGPORT = tostring(elsewhere.port),
        PGUSER = "nobody", PGDATABASE = "postgres", PGOPTIONS = "-c search_path=nowhere", PGCLIENTENCODING = "EUC_CN",
        PGDATESTYLE = "German", PGTZ = "PST8PDT", PGPASSWORD = "wrong" })
      sync(where, { PGSERVICE = "far", PGSERVICEFILE = scratch .. "/services" })
      assert.equal(0, elsewhere:count "connect")
    end)

    it("gives the password that the address leaves out", function()
      local password = require("support.postgres").password
      local bare = where:gsub("//imr:.-@", "//imr@")
      sync(bare, { PGPASSWORD = password })
      files.write(scratch .. "/pass", ("127.0.0.1:*:*:imr:%s\n"):format((password:gsub("[\\:]", "\\%0"))))
      shell.must("chmod 600 " .. scratch .. "/pass")
      sync(bare, { PGPASSFILE = scratch .. "/pass" })
    end)
  end)

  -- Lua's own search for modules ends in the current directory; ours are found before, those in
  -- C and the optional ones only after.
  local function beside_others(arguments)
    shell.must("mkdir " .. scratch .. "/imr")
    for _, name in ipairs { "imr/os", "imr/core", "imr/curl", "imr/xlsx", "argparse", "cjson", "ssl", "resty" } do
      files.write(scratch .. "/" .. name .. ".lua", "io.stderr:write 'taken over' os.exit(7)")
      shell.must(("cp /bin/true %s/%s.so"):format(scratch, name))
    end
    local program = shell.quote(shell.lines("pwd")[1] .. "/bin/imr"):gsub("%%", "%%%%")
    local command = user:command(arguments):gsub("'%./bin/imr'", program)
    return shell.run(("cd %s && %s >/dev/null"):format(scratch, command))
  end

  for _, arguments in ipairs { LIST, "version", "help" } do
    it("runs nothing that lies in the current directory: imr " .. arguments, function()
      assert.is_true(beside_others(arguments))
    end)
  end

  it("runs nothing that lies there for a #workbook", function()
    assert.is_true(beside_others "meters --interval 0 --format xlsx")
  end)
end)
