-- The text that names a store: which one is opened, and what is refused. The store is asked what it holds then.
local certificate = require "support.certificate"
local cli = require "support.cli"
local redis = require "support.redis"
local shell = require "support.shell"
local simulator = require "support.simulator"

local PASSWORD = "pa/ss?w#rd @1"
local ENCODED = "pa%2Fss%3Fw%23rd%20%401"

describe("the store's address", function()
  local platform, server, user, scratch

  setup(function()
    scratch = shell.scratch()
    platform = simulator.start { meters = 3, days = 1, interval = 0 }
    server = redis.start { bind = "127.0.0.1 ::1", unixsocket = scratch .. "/redis sock", protected_mode = "no" }
    server:cli("acl setuser imr on " .. shell.quote(">" .. PASSWORD) .. " '~*' '&*' '+@all'")
  end)

  teardown(function()
    platform:stop()
    server:close()
    shell.must("rm -r " .. scratch)
  end)

  before_each(function()
    user = cli.user(platform.url, { LUA_PATH = package.path }) -- where support.redis has found redis-lua
    server:cli "flushall"
  end)

  after_each(function() user:remove() end)

  local LIST = "meters --format jsonl --interval 0"

  local function keys(db, prefix)
    return #shell.lines(("redis-cli -p %d -n %d --raw keys '%s*'; echo"):format(server.port, db or 0, prefix or "imr:"))
  end

  local function nothing_made()
    assert.same({}, user:list(), "a directory was made of an address")
  end

  -- What a Redis has got then, and nobody else.
  local function shares_in(address, db, prefix)
    local result = user:run("meters --format jsonl --interval 0.01", { IMR_STORE = address })
    assert.same({ 0, "" }, { result.status, result.err }, address)
    assert.is_true(keys(db, prefix) >= 2, address)
    nothing_made()
  end

  it("is a Redis with account, database and the other options", function()
    local place = "127.0.0.1:" .. server.port
    shares_in("redis://" .. place)
    shares_in("REDIS://" .. place .. "/2", 2)
    shares_in(("redis://imr:%s@%s/3"):format(ENCODED, place), 3)
    shares_in(("redis://[::1]:%d/4?prefix=a%%3A&timeout=1.5&fallback=memory"):format(server.port), 4, "a:")
    shares_in(("redis://%s?db=5"):format(place), 5)
    shares_in(("redis://%s/own:"):format(place), 0, "own:")
    shares_in(("redis+unix://imr:%s@%s/redis%%20sock?db=6"):format(ENCODED, scratch), 6)
  end)

  it("is a Redis with TLS where it says rediss", function()
    local base = certificate(scratch, "right", "DNS:localhost")
    local tls = redis.start { port = 0, tls_port = require("support.port").free(), tls_auth_clients = "no",
      tls_cert_file = base .. ".pem", tls_key_file = base .. ".key", tls_ca_cert_file = base .. ".pem",
      requirepass = PASSWORD }
    finally(function() tls:close() end)
    local function status(address)
      return user:run(LIST, { IMR_STORE = address:gsub("%u%u%u%u", { PORT = tostring(tls.port), PASS = ENCODED }) })
    end
    assert.equal(0, status("rediss://:PASS@localhost:PORT/0?ca_file=" .. base .. ".pem").status)
    for _, address in ipairs { "rediss://:PASS@localhost:PORT", "redis://:PASS@localhost:PORT" } do
      local result = status(address)
      assert.equal(1, result.status)
      assert.is_nil(result.err:find("rd @1", 1, true), result.err)
    end
    nothing_made()
  end)

  local REFUSED = {
    ["unix:///run/redis.sock"] = "no such store; there are file, memory",
    ["https://:SECRET@host/x"] = "no such store", ["postgres://u:SECRET@host/x"] = "no such store",
    ["redis:/:SECRET@host/x"] = "behind the scheme", ["redis//:SECRET@host/x"] = "no such store",
    ["//:SECRET@host/x"] = "no such store", [" redis://:SECRET@host"] = "behind the scheme",
    ["u:SECRET@host/x"] = "no such store", ["host:6379/x"] = "no such store", ["redis:"] = "behind the scheme",
    ["redis://SECRET@host"] = "before the @", ["redis://:@host"] = "before the @",
    ["redis://:SECRET@"] = "is not like", ["redis://:SECRET"] = "is not like", ["redis://host:99999"] = "is not like",
    ["redis://host:"] = "is not like", ["redis://::1"] = "is not like", ["redis://host#SECRET"] = "without blanks or #",
    ["redis://host/99999999999"] = "a whole number", ["redis://host?db=x"] = "db must be a whole number",
    ["redis://host/1?db=2"] = "db is said twice", ["redis://host?ssl=true"] = "rediss:// is with TLS",
    ["rediss://host?ssl_cert_reqs=none"] = "rediss:// is with TLS", ["redis://host?tls"] = "there is no parameter",
    ["redis://host?password=SECRET"] = "a password stands before the @", ["redis://host?SECRET"] = "no parameter '…'",
    ["redis://host?timeout=0"] = "a number of seconds", ["redis://host?fallback=file"] = "must be memory",
    ["redis://host?ca_file=x.pem"] = "rediss://", ["redis+unix://host"] = "is not like",
    ["redis+unix://:SECRET@host/x"] = "is not like", ["file://host/x"] = "it is no directory", ["file:x"] = "directory",
    ["redis://host%00x"] = "behind the scheme",
  }

  it("is refused where it is none, without its password and before anything is made", function()
    for address, wanted in pairs(REFUSED) do
      local result = user:run("meters", { IMR_STORE = address })
      assert.same({ 2, "" }, { result.status, result.out }, address .. result.err)
      assert.truthy(result.err:find(wanted, 1, true), address .. ": " .. result.err)
      assert.is_nil(result.err:find("SECRET", 1, true), result.err)
      nothing_made()
    end
  end)

  it("has no password among the arguments, whatever its scheme", function()
    for _, address in ipairs { "rediss://:SECRET@h", "REDIS://u:SECRET@h", "https://:SECRET@h", "redis//:SECRET@h",
      "redis+unix://:SECRET@/run/x" } do
      local result = user:run("meters --store " .. address)
      assert.equal(2, result.status)
      assert.matches("set IMR_STORE", result.err)
      assert.is_nil(result.err:find("SECRET", 1, true), result.err)
    end
  end)

  it("is a directory where it has a slash and no scheme", function()
    for index, text in ipairs { "DIR/a", "file:DIR/b", "file://DIR/c", "DIR/d:1" } do
      local address = text:gsub("DIR", user.home .. "/state")
      assert.equal(0, user:run(LIST, { IMR_STORE = address }).status, text)
      assert.is_truthy(user:read(("state/%s/slots"):format(({ "a", "b", "c", "d:1" })[index])), text)
    end
  end)
end)
