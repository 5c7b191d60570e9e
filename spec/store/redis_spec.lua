-- The redis store and a Redis that is restarted, guarded, away, or has another clock.
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local native = require "support.native"
local redis = require "support.redis"
local shell = require "support.shell"

local FOREVER = math.huge
local RECORD = { token = "a-token", id = "1", obtained = 0, encoding = "form" }

describe("the redis store", function()
  local server, events

  before_each(function() events = {} end)
  after_each(function()
    if server then server:close() end
    server = nil
  end)

  local listener = function(event) table.insert(events, event.message) end

  local function open(options)
    local given = { port = server.port }
    for name, value in pairs(options or {}) do given[name] = value end
    local store = imr.store.redis(given)
    store:listen(listener)
    return store
  end

  local function reserve(store, key, interval)
    return store:reserve(key or "k", interval or 2, core.now(), FOREVER)
  end

  local function take(store, key, interval)
    local start, wait, message = reserve(store, key, interval)
    return assert(start, message or wait)
  end

  it("goes on after Redis was restarted", function()
    server = redis.start()
    local store = open()
    take(store)
    server:stop()
    server:again()
    for _ = 1, 3 do take(store) end
    assert(store:put_token("k", RECORD, core.now()))
    server:stop()
    server:again()
    assert.is_nil((store:get_token("k", core.now())))
    server:stop()
    server:again()
    assert(store:lock("k", core.now(), 60))
    assert.same({}, events)
  end)

  it("begins an interval later where a restarted Redis has lost the slot that was used", function()
    server = redis.start()
    local store, other = open(), open()
    for _, key in ipairs { "k", "l" } do take(store, key) end
    take(other, "m")
    server:stop()
    server:again()
    local now = core.now()
    store:release("l", 2, now, now)
    for _, case in ipairs { { store, "k" }, { store, "l" }, { other, "m" } } do
      local start = take(case[1], case[2])
      assert.near(now + 2, start, 0.3, case[2])
      assert.near(start + 2, take(open(), case[2]), 0.1)
    end
    assert.near(core.now(), take(open(), "new"), 0.1)
    local wait = select(2, store:reserve("another", 2, core.now(), 0.5))
    assert.is_true(wait > 1 and wait <= 2)
    core.sleep(2.1)
    assert.near(core.now(), take(store, "later"), 0.1)
    assert.same({}, events)
  end)

  it("loads its scripts again when Redis has forgotten them", function()
    server = redis.start()
    local store = open()
    local first = take(store)
    server:cli("script flush")
    assert.near(first + 2, take(store), 0.05)
    assert(store:put_token("k", RECORD, core.now()))
    server:cli("script flush")
    assert.equal("a-token", store:get_token("k", core.now()).token)
  end)

  -- The address leads to another server by now, but the old one has not closed the connection.
  it("leaves a server that has become a replica for the one at its address", function()
    server = redis.start()
    local other = redis.start()
    finally(function() other:close() end)
    local store = open()
    take(store)
    server:cli("replicaof 127.0.0.1 " .. other.port)
    local message = select(3, reserve(store))
    assert.truthy(message:find("READONLY", 1, true), message)
    server:cli("replicaof no one")
    take(store)
    server:cli("replicaof 127.0.0.1 " .. other.port)
    server:cli("config set port " .. require("support.port").free())
    other:cli("config set port " .. server.port)
    take(store)
    assert(store:put_token("k", RECORD, core.now()))
    assert.equal("a-token", open():get_token("k", core.now()).token)
    assert.same({}, events)
  end)

  it("takes one step for a reservation", function()
    server = redis.start()
    local store = open()
    take(store)
    local function calls(name)
      return tonumber(server:cli("info commandstats"):match("cmdstat_" .. name .. ":calls=(%d+)"))
    end
    local before, loads = calls("evalsha"), calls("script|load")
    for _ = 1, 10 do take(store) end
    assert.equal(10, calls("evalsha") - before)
    assert.equal(loads, calls("script|load"))
  end)

  it("keeps prefixes and databases apart", function()
    server = redis.start()
    take(open())
    assert.near(core.now(), take(open { prefix = "other:" }), 0.05)
    assert.near(core.now(), take(open { db = 3 }), 0.05)
    assert.near(core.now() + 2, take(open { db = 3 }), 0.05)
    assert.equal("imr:k", server:cli("keys '*'"):match("imr:k"))
    assert.equal("imr:k", server:cli("-n 3 keys '*'"))
  end)

  it("leaves nothing in Redis for ever", function()
    server = redis.start()
    local store = open()
    take(store)
    store:push_back("p", core.now() + 100, core.now())
    assert(store:put_token("t", RECORD, core.now()))
    assert(store:lock("l", core.now(), 60))
    for name in server:cli("keys '*'"):gmatch("[^\n]+") do
      assert.is_true(tonumber(server:cli("pttl '" .. name .. "'")) > 0, name)
    end
  end)

  -- ---------------------------------------------------------------- a fork

  -- Slots that parent and child were given of one store, which both use at the same time, in order. Redis's times of
  -- them, in seconds: ours are later, by as long as a reply takes.
  local function fork_and_take(store, count)
    local fork, path = native.fork(), os.tmpname()
    take(store, "k", 1)
    assert(store:put_token("t", RECORD, core.now()))
    local function use()
      local starts = {}
      for number = 1, count do
        starts[number] = ("%.6f"):format(store.held:find(take(store, "k", 1)).time / 1e6)
        assert(store:get_token("t", core.now()).token == "a-token")
      end
      return table.concat(starts, "\n") .. "\n"
    end
    local child = fork.fork()
    if child == 0 then
      local fine, text = pcall(use)
      collectgarbage() -- what it has of its parent's connection goes
      collectgarbage()
      files.write(path, text)
      fork.exit(fine and 0 or 1)
    end
    local fine, mine = pcall(use)
    local code, text = fork.wait(child), files.read(path)
    os.remove(path)
    assert.is_true(fine, mine)
    assert.equal(0, code, text)
    local starts = {}
    for start in (mine .. text):gmatch("%S+") do table.insert(starts, tonumber(start)) end
    table.sort(starts)
    return starts
  end

  local function is_one_pace(starts)
    for index = 2, #starts do
      assert.is_true(starts[index] - starts[index - 1] > 0.999, "two slots at one time")
    end
  end

  it("has a connection for each process after a fork", function()
    server = redis.start()
    local starts = fork_and_take(open(), 200)
    assert.equal(400, #starts)
    is_one_pace(starts)
    -- One of the parent, one of the child, one of redis-cli: nobody had to connect again.
    assert.equal("3", server:cli("info stats"):match("total_connections_received:(%d+)"))
  end)

  -- A server that knows only `script load` and has one answer to all else.
  local SAY = [[
    local function line()
      local text = ""
      while text:sub(-1) ~= "\n" do
        local byte = c:read(1)
        if not byte or byte == "" then return end
        text = text .. byte
      end
      return text
    end
    while true do
      local words = {}
      for number = 1, tonumber((line() or ""):match("%d+")) or 0 do
        words[number] = c:read(tonumber(line():match("%d+")))
        c:read(2)
      end
      if not words[1] then return end
      c:send(words[1]:lower() == "script" and "$3\r\nsha\r\n" or ANSWER)
    end]]

  it("says so when an answer makes no sense, and takes another connection", function()
    local wire, talker = require "support.wire", nil
    finally(function() talker:stop() end)
    local no_token = { ["$-1"] = true, ["*2\r\n$1\r\n1\r\n$1\r\nx"] = true }
    for _, answer in ipairs { ":7", "+OK", "$-1", "$1\r\nx", "*0", "*2\r\n$1\r\n1\r\n$1\r\nx", "*1\r\n*0" } do
      talker = wire.start(("local ANSWER = %q\n"):format(answer .. "\r\n") .. SAY)
      local store = imr.store.redis { port = talker.port }
      local start, wait, message = reserve(store)
      local record, problem = store:get_token("k", core.now())
      store:push_back("k", core.now(), core.now())
      store:release("k", 2, core.now(), core.now())
      local _, told = store:lock("k", core.now(), 60)
      talker:wait("connect", 2)
      talker:stop()
      assert.is_nil(start or wait, answer)
      assert.truthy(message:find("redis: what was answered to 'reserve' makes no sense", 1, true), message)
      assert.is_nil(record)
      if not no_token[answer] then assert.truthy(problem:find("makes no sense", 1, true), problem) end
      if answer ~= ":7" then assert.truthy(told:find("makes no sense", 1, true), told) end
    end
  end)

  -- ---------------------------------------------------------------- who may come in

  it("logs in with a password, and shows it nowhere", function()
    local password = "Pass w0rd'\"\\%"
    server = redis.start { requirepass = password }
    local store = open { password = password, db = 1 }
    take(store)
    local messages = { tostring(store) }
    table.insert(messages, select(3, reserve(open())))
    assert.truthy(messages[2]:find("NOAUTH", 1, true), messages[2])
    table.insert(messages, select(3, reserve(open { password = password .. "x" })))
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
      server = redis.start { port = 0, tls_port = require("support.port").free(), tls_auth_clients = "no",
        tls_cert_file = directory .. "/" .. name .. ".crt", tls_key_file = directory .. "/" .. name .. ".key",
        requirepass = "a-password" }
    end

    local function connect(name, host)
      return open { tls = true, host = host, ca_file = directory .. "/" .. name .. ".crt", password = "a-password" }
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
      start("right")
      local message = select(3, reserve(open { tls = true, password = "a-password" }))
      assert.truthy(message:find("certificate verify failed", 1, true), message)
      server:close()
      start("wrong")
      message = select(3, reserve(connect("wrong")))
      assert.truthy(message:find("the certificate of 127.0.0.1 is for another name", 1, true), message)
    end)

    it("has a connection for each process after a fork, and ends nobody else's", function()
      start("right")
      local starts = fork_and_take(connect("right"), 50)
      is_one_pace(starts)
      local stats = server:cli(("--tls --cacert %s/right.crt info stats"):format(directory))
      assert.equal("3", stats:match("total_connections_received:(%d+)"))
    end)

    it("does not speak in the clear instead", function()
      server = redis.start()
      local message = select(3, reserve(connect("right")))
      assert.truthy(message:find("no TLS with 127.0.0.1", 1, true), message)
    end)
  end)

  -- ---------------------------------------------------------------- clocks

  it("makes nobody wait longer when Redis's clock was set back", function()
    server = redis.start()
    local store = open()
    take(store)
    take(store)
    local next_slot, seen = server:cli("get imr:k"):match("^(%d+) (%d+)")
    local hour = 3600 * 1e6
    server:cli(("set imr:k '%.0f %.0f 0 0'"):format(next_slot + hour, seen + hour))
    assert.near(core.now() + 4, take(store), 0.2)
    assert.near(core.now() + 6, take(store), 0.2)
  end)

  it("starts anew from a key that is not a slot", function()
    server = redis.start()
    for _, text in ipairs { "garbage", "1 x", "-5 3", "" } do
      server:cli("set imr:k '" .. text .. "'")
      assert.near(core.now(), take(open()), 0.1, text)
    end
    server:cli("set 'imr:t' 'not a record'")
    assert.is_nil((open():get_token("t", core.now())))
  end)

  -- ---------------------------------------------------------------- away

  it("fails while Redis is away, and sends nothing", function()
    server = redis.start()
    local sent = 0
    local client = assert(imr.new { username = "u", password = "a-password", store = open(), retries = 0,
      transport = function() sent = sent + 1 return 200, '{"code":200,"data":"t"}' end })
    server:stop()
    local _, err = client:meters():collect()
    assert.equal("store", err.kind)
    assert.equal("no", err.executed)
    assert.truthy(err.message:find("could not connect to 127.0.0.1:" .. server.port, 1, true), err.message)
    assert.equal(0, sent)
    server:again()
    assert(client:login())
  end)

  -- Puts the clock ahead, so that nobody has to wait for a store's next look at Redis.
  local function moved_clock()
    local clock, ahead = core.now, 0
    core.now = function() return clock() + ahead end
    finally(function() core.now = clock end)
    return function(seconds) ahead = ahead + seconds end
  end

  it("keeps a pace of its own with fallback = memory, says so, and comes back", function()
    server = redis.start()
    local store, pass = open { fallback = "memory" }, moved_clock()
    take(store)
    assert(store:put_token("k", { token = "shared", id = "1", obtained = core.now(), encoding = "form" }, core.now()))
    store:get_token("k", core.now())
    server:stop()
    local first = take(store)
    assert.near(core.now() + 2, first, 0.2) -- the slot before may just have been used
    assert.near(first + 2, take(store), 1e-5)
    assert.equal("shared", store:get_token("k", core.now()).token)
    local owner = assert(store:lock("k", core.now(), 60))
    assert.is_nil((store:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert.equal(1, #events)
    assert.truthy(events[1]:find("a pace and a token of its own", 1, true), events[1])
    server:again()
    assert.near(first + 4, take(store), 1e-5) -- not yet looked at again
    pass(5.5)
    local back = take(store)
    assert.is_true(back >= first + 6 - 0.001, "Redis has not been told of the slots that were used meanwhile")
    assert.near(back + 2, take(open()), 0.2)
    assert.equal(2, #events)
    assert.truthy(events[2]:find("Redis is back", 1, true), events[2])
  end)

  -- Whoever logs in says before each attempt that the lock is still wanted; Redis may come and go between two of them.
  it("gives a lock back wherever it was prolonged: Redis came back", function()
    server = redis.start()
    local store, other, pass = open { fallback = "memory" }, open(), moved_clock()
    server:stop()
    local owner = assert(store:lock("k", core.now(), 60))
    server:again()
    pass(5.5)
    assert(store:lock("k", core.now(), 60, owner))
    assert.is_nil((other:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert(other:lock("k", core.now(), 60))
  end)

  it("gives a lock back wherever it was prolonged: Redis went away", function()
    server = redis.start()
    local store = open { fallback = "memory" }
    local owner = assert(store:lock("k", core.now(), 60))
    server:stop()
    assert(store:lock("k", core.now(), 60, owner))
    assert.is_nil((store:lock("k", core.now(), 60)))
    store:unlock("k", owner)
    assert(store:lock("k", core.now(), 60))
  end)

  it("keeps the token and the refusals that it knew, while Redis is away", function()
    server = redis.start()
    local mine, other = open { fallback = "memory" }, open()
    assert(other:put_token("k", { encoding = "json", failure = { kind = "auth", code = 1005, message = "no",
      at = core.now(), retry_at = core.now(), backoff = 1 } }, core.now()))
    assert.equal("auth", mine:get_token("k", core.now()).failure.kind)
    server:stop()
    assert.equal(1005, mine:get_token("k", core.now()).failure.code)
  end)

  it("remembers the encoding when the token is gone", function()
    server = redis.start()
    assert(open():put_token("k", RECORD, core.now()))
    server:cli("del imr:k")
    assert.same({ encoding = "form" }, open():get_token("k", core.now()))
  end)

  it("tells wrong use", function()
    local cases = {
      { { prot = 1 }, "did you mean 'port'" }, { { port = "1" }, "'port' must be a number" },
      { { fallback = "file" }, "must be \"memory\"" }, { { tls = "yes" }, "'tls' must be a boolean" },
      { "host", "redis options are a table, not a string" },
    }
    for _, case in ipairs(cases) do
      local fine, message = pcall(imr.store.redis, case[1])
      assert.is_false(fine)
      assert.truthy(message:find(case[2], 1, true), message)
    end
    local fine, message = pcall(imr.store.redis, { password = 123 })
    assert.is_false(fine)
    assert.is_nil(message:find("123", 1, true), message)
  end)

  it("needs redis-lua, and says how to get it", function()
    local path, loaded = package.path, package.loaded.redis
    package.path, package.loaded.redis = "./lua/?.lua", nil
    finally(function() package.path, package.loaded.redis = path, loaded end)
    local message = select(3, imr.store.redis({ port = 1 }):reserve("k", 2, core.now(), 1))
    assert.truthy(message:find("luarocks install redis-lua", 1, true), message)
  end)
end)
