-- The redis store and a Redis that does not let in everybody.
local core = require "imr.core"
local imr = require "imr"
local redis_store = require "support.redis_store"
local shell = require "support.shell"

local RECORD, reserve, take = redis_store.RECORD, redis_store.reserve, redis_store.take

describe("the redis store", function()
  local case = redis_store.case(before_each, after_each)

  it("logs in with a password, and shows it nowhere", function()
    local password = "Pass w0rd'\"\\%"
    local server = case:start { requirepass = password }
    local store = case:open { password = password, db = 1 }
    take(store)
    local messages = { tostring(store) }
    table.insert(messages, select(3, reserve(case:open())))
    assert.truthy(messages[2]:find("NOAUTH", 1, true), messages[2])
    table.insert(messages, select(3, reserve(case:open { password = password .. "x" })))
    assert.truthy(messages[3]:find("WRONGPASS", 1, true), messages[3])
    server:stop()
    table.insert(messages, select(3, reserve(store)))
    local function dump(value, seen)
      if type(value) ~= "table" or seen[value] then return table.insert(messages, tostring(value)) end
      seen[value] = true
      for name, field in pairs(value) do
        dump(name, seen)
        dump(field, seen)
      end
    end
    dump(store, {})
    for _, message in ipairs(messages) do assert.is_nil(message:find("w0rd", 1, true), message) end
  end)

  it("hides the password when a server repeats it", function()
    local wire = require "support.wire"
    local talker = wire.start([[
      while true do
        local line = c:read(1)
        if not line then return end
        c:send("-ERR unknown command, with args beginning with: 'a-password' 'a-password'\r\n")
      end]])
    finally(function() talker:stop() end)
    local store = imr.store.redis { port = talker.port, password = "a-password" }
    local message = select(3, reserve(store))
    assert.truthy(message:find("unknown command", 1, true), message)
    assert.is_nil(message:find("a-password", 1, true), message)
  end)

  local endless = { line = "+", text = "$99999999999\r\n", ["list"] = "*99999999\r\n" }
  for name, beginning in pairs(endless) do
    for how, pause in pairs { ["at once"] = 0, ["in drops"] = 0.1 } do
      it(("gives up an answer that is an endless %s, %s"):format(name, how), function()
        local wire = require "support.wire"
        local piece = name == "list" and ":1\r\n" or "x"
        local talker = wire.start(([[
          c:read(1) c:send(%q)
          while c:send((%q):rep(%d)) do if %g > 0 then c:sleep(%g) end end
        ]]):format(beginning, piece, pause == 0 and 10000 or 1, pause, pause))
        finally(function() talker:stop() end)
        local began = core.now()
        local message = select(3, reserve(imr.store.redis { port = talker.port, timeout = 1 }))
        assert.truthy(message:find "the answer is too long$" or message:find "timeout$", message)
        assert.is_true(core.now() - began < 30)
      end)
    end
  end

  describe("with TLS", function()
    local directory

    setup(function()
      directory = shell.scratch()
      local function certificate(name, names)
        shell.must(("cd %s && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=%s -addext " ..
          "subjectAltName=%s -keyout %s.key -out %s.crt"):format(directory, name, names, name, name))
      end
      certificate("right", "IP:127.0.0.1,DNS:localhost")
      certificate("wrong", "DNS:redis.example.com")
    end)
    teardown(function() shell.must("rm -r " .. directory) end)

    local function start(name)
      return case:start { port = 0, tls_port = require("support.port").free(), tls_auth_clients = "no",
        tls_cert_file = directory .. "/" .. name .. ".crt", tls_key_file = directory .. "/" .. name .. ".key",
        requirepass = "a-password" }
    end

    local function connect(name, host)
      return case:open { tls = true, host = host, ca_file = ("%s/%s.crt"):format(directory, name),
        password = "a-password" }
    end

    it("talks to a server whose certificate is good", function()
      start("right")
      for _, host in ipairs { "127.0.0.1", "localhost" } do
        local store = connect("right", host)
        take(store)
        assert(store:put_token("k", RECORD, core.now()))
        assert.equal("a-token", store:get_token("k", core.now()).token)
      end
    end)

    it("refuses a certificate that nobody vouches for, or of another name", function()
      local server = start("right")
      local message = select(3, reserve(case:open { tls = true, password = "a-password" }))
      assert.truthy(message:find("certificate verify failed", 1, true), message)
      server:close()
      start("wrong")
      message = select(3, reserve(connect("wrong")))
      assert.truthy(message:find("the certificate of 127.0.0.1 is for another name", 1, true), message)
    end)

    it("has a connection for each process after a fork, and ends nobody else's", function()
      local server = start("right")
      local starts = redis_store.fork_and_take(connect("right"), 50)
      redis_store.is_one_pace(starts)
      local stats = server:cli(("--tls --cacert %s/right.crt info stats"):format(directory))
      assert.equal("3", stats:match("total_connections_received:(%d+)"))
    end)

    it("does not speak in the clear instead", function()
      case:start()
      local message = select(3, reserve(connect("right")))
      assert.truthy(message:find("no TLS with 127.0.0.1", 1, true), message)
    end)
  end)
end)
