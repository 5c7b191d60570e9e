-- A PostgreSQL that says nothing more: nobody waits for it for ever, and a signal ends who does.
local cli = require "support.cli"
local core = require "imr.core"
local database = require "imr.database"
local lfs = require "lfs"
local postgres = require "support.postgres"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local socket = require "socket"
local timing = require "support.timing"

describe("a PostgreSQL that falls silent", function()
  local platform, server, user, where, stopped

  setup(function()
    platform = simulator.start { meters = 40, days = 3, interval = 0, offline = 0, page_cap = 10 }
    server = postgres.start { own = true }
  end)

  teardown(function()
    if platform then platform:stop() end
    if server then server:stop() end
  end)

  before_each(function()
    user, where, stopped = cli.user(platform.url, { IMR_STORE = "memory" }), server:url(), nil
    user.environment.IMR_DB = where .. "?statement_timeout=2"
    assert(database.open(where)):close()
  end)

  after_each(function()
    if stopped then os.execute("kill -CONT " .. stopped) end
    user:remove()
  end)

  local function wait_for(what, look)
    local ends = core.now() + 60
    repeat
      local found = look()
      if found then return found end
      core.sleep(0.05)
    until core.now() > ends
    error(what .. " has not come\n" .. (user:read "err" or ""), 2)
  end

  -- Starts the program and does not wait for it.
  local function start(arguments)
    local line = ("(%s >%s/out 2>%s/err </dev/null & echo $! >%s/pid; wait $!; echo $? >%s/code) >/dev/null 2>&1 &")
      :format(user:command(arguments), user.home, user.home, user.home, user.home)
    assert(os.execute(line))
    return wait_for("its pid", function() return tonumber(user:read "pid" or "") end)
  end

  local function ended()
    return wait_for("its end", function() return tonumber(user:read "code" or "") end)
  end

  -- The server's process of a sync that is under way, stopped.
  local function stop_backend()
    local name = where:match "[^/]+$"
    stopped = wait_for("its session", function()
      if tonumber(server:sql("SELECT count(*) FROM readings", name)) == 0 then return nil end
      return tonumber(server:sql(("SELECT pid FROM pg_stat_activity WHERE application_name = 'imr' AND datname = '%s'")
        :format(name)))
    end)
    os.execute("kill -STOP " .. stopped)
  end

  local function threads()
    local count = 0
    for _ in lfs.dir "/proc/self/task" do count = count + 1 end
    return count
  end

  local SLOWLY = "sync --interval 0.5 --first-days 3 --listing readings"

  it("is given up when a statement has lasted too long", function()
    start(SLOWLY)
    stop_backend()
    assert.equal(1, ended())
    assert.matches("database postgres://imr@[^ ]+: the server has not answered for 7 seconds", user:read "err")
  end)

  it("does not keep SIGTERM from ending the program", function()
    user.environment.IMR_DB = where
    local pid = start(SLOWLY)
    stop_backend()
    local before = core.now()
    core.sleep(0.5)
    os.execute("kill -TERM " .. pid)
    assert.equal(128 + 15, ended())
    assert.is_true(core.now() - before < timing.room(10))
  end)

  it("tells another sync who has the lock", function()
    start(SLOWLY)
    stop_backend()
    local result = user:run "sync --interval 0 --listing meters"
    assert.equal(4, result.status, result.err)
    assert.matches("another sync is at work on [^ ]+: server process " .. stopped
      .. " of user imr from 127.0.0.1, connected since %d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d UTC", result.err)
  end)

  it("leaves nothing of a file that a signal has broken off", function()
    assert.equal(0, user:run("sync --interval 0 --first-days 3 --listing readings").status)
    local holder = process.start(("env PGPASSWORD=%s psql -qAtX -h 127.0.0.1 -p %d -U imr %s "
      .. "-c BEGIN -c 'LOCK TABLE readings' -c 'SELECT 1' -c 'SELECT pg_sleep(40)'"):format(
      shell.quote(postgres.password), server.port, where:match "[^/]+$"), "^1")
    local pid = start("export --table readings --output " .. user.home .. "/rows")
    wait_for("its query", function()
      return server:sql("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == "1\n"
    end)
    os.execute("kill -TERM " .. pid)
    assert.equal(128 + 15, ended())
    server:sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' "
      .. "AND pid <> pg_backend_pid()")
    holder:stop()
    assert.is_nil(table.concat(user:list(), " "):match "rows[^ ]*")
  end)

  describe("before it has said a word", function()
    local listener

    before_each(function()
      listener = assert(socket.bind("127.0.0.1", 0))
      local _, port = listener:getsockname()
      user.environment.IMR_DB = ("postgres://imr@127.0.0.1:%d/x?connect_timeout=3"):format(port)
    end)

    after_each(function() listener:close() end)

    it("is given up", function()
      start "sync --interval 0"
      assert.equal(1, ended())
      assert.matches("database postgres://[^ ]+: Failed to connect to database", user:read "err")
    end)

    it("does not keep SIGTERM from ending the program", function()
      user.environment.IMR_DB = user.environment.IMR_DB:gsub("%?.*", "?connect_timeout=60")
      local pid = start "sync --interval 0"
      wait_for("its connection", function() return #socket.select({ listener }, nil, 0) > 0 end)
      local before = core.now()
      os.execute("kill -TERM " .. pid)
      assert.equal(128 + 15, ended())
      assert.is_true(core.now() - before < timing.room(10))
    end)
  end)

  it("has what the address says about time, ours first", function()
    local db = assert(database.open(where .. "?options=-c%20lock_timeout%3D7s"))
    local function setting(name) return db:row("SELECT current_setting('" .. name .. "') AS value").value end
    assert.same({ "1min", "7s", "1min", "30", "imr" }, { setting "statement_timeout", setting "lock_timeout",
      setting "idle_in_transaction_session_timeout", setting "tcp_keepalives_idle", setting "application_name" })
    db:close()
    for _, wrong in ipairs { "0", "x", "-1", "1.5", "1000000" } do
      local none, err = database.open(where .. "?statement_timeout=" .. wrong)
      assert.is_nil(none)
      assert.equal("usage", err.kind)
      assert.matches("statement_timeout is a whole number of seconds", err.message, 1, true)
    end
  end)

  it("costs a host nothing that it does not close", function()
    local tasks = threads()
    local db = assert(database.open(where))
    assert.equal(tasks + 1, threads())
    db:close()
    assert.equal(tasks, threads())
  end)
end)
