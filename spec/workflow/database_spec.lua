-- The database's own layer: exact values, transactions, migrations, secrets; the same in SQLite and PostgreSQL.
local address = require "imr.database.address"
local errors = require "imr.errors"
local database = require "imr.database"
local export = require "imr.workflow.export"
local migrations = require "imr.database.migrations"
local postgres = require "support.postgres"
local process = require "support.process"
local shell = require "support.shell"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"
local tables = require "imr.database.tables"

local directory, server

local function contract(name, new_address)
  describe("a database in " .. name, function()
    local db, where

    before_each(function()
      where = new_address()
      db = assert(database.open(where))
    end)

    after_each(function() db:close() end)

    local INSERT = "INSERT INTO readings (meter_no, read_time, copy, reading, address) VALUES (?, ?, ?, ?, ?)"

    it("gives back decimals and times as they were", function()
      db:execute(INSERT, "000100000001", 4102444800, 0, "12345678901234567890.12300", "锦绣新村")
      local row = db:select("readings")()
      assert.same({ "000100000001", 4102444800, "12345678901234567890.12300", "锦绣新村" },
        { row.meter_no, row.read_time, row.reading, row.address })
      assert.is_nil(row.imei)
      assert.equal(4102444800, db:row(("SELECT %s AS t FROM readings"):format(db:exact("time", "max(read_time)"))).t)
      assert.equal("integer", math.type and math.type(row.read_time) or "integer")
    end)

    it("gives back flags as booleans", function()
      db:execute("INSERT INTO meters (meter_no, device_id, first_seen, online) VALUES (?, ?, ?, ?)", "1", "D", 1, false)
      assert.is_false(db:select("meters")().online)
      assert.is_false(db:row("SELECT online FROM meters").online)
      assert.equal(1, db:row("SELECT count(*) AS count FROM meters WHERE online = FALSE").count)
    end)

    it("hands out rows one by one, however many there are", function()
      db:transaction(function()
        for index = 1, 1234 do db:execute(INSERT, "1", index, 0, nil, nil) end
      end)
      local count = 0
      for row in db:select("readings", "WHERE read_time > ? ORDER BY read_time", 4) do
        count = count + 1
        assert.equal(count + 4, row.read_time)
      end
      assert.equal(1230, count)
      assert.is_nil(db:row("SELECT meter_no FROM readings WHERE read_time = ?", 0))
    end)

    it("has one lock, which no second try takes away from who has it", function()
      local other = assert(database.open(where))
      assert.is_true(db:lock())
      assert.is_false(db:lock(0))
      collectgarbage()
      assert.is_false(other:lock(0))
      db:unlock()
      assert.is_true(other:lock(0))
      other:close()
    end)

    it("can be written while its rows are read", function()
      for index = 1, 3 do db:execute(INSERT, "1", index, 0, nil, nil) end
      for row in db:select("readings", "WHERE copy = 0") do
        db:transaction(function() db:execute(INSERT, "1", row.read_time, 1, nil, nil) end)
      end
      assert.equal(6, db:row("SELECT count(*) AS count FROM readings").count)
    end)

    it("takes all of a transaction or nothing", function()
      assert.has_error(function()
        db:transaction(function()
          db:execute(INSERT, "1", 1, 0, nil, nil)
          db:transaction(function() db:execute(INSERT, "1", 2, 0, nil, nil) end)
          error("no", 0)
        end)
      end, "no")
      assert.equal(0, db:row("SELECT count(*) AS count FROM readings").count)
      assert.equal(7, db:transaction(function() return 7 end))
    end)

    it("tells how many rows a statement changed", function()
      local ignore = INSERT .. " ON CONFLICT DO NOTHING"
      assert.same({ 1, 0 }, { db:execute(ignore, "1", 1, 0, nil, nil), db:execute(ignore, "1", 1, 0, nil, nil) })
    end)

    it("raises an error object when a statement fails", function()
      local fine, err = pcall(db.execute, db, "SELECT nothing FROM nowhere")
      assert.is_false(fine)
      assert.is_true(errors.is(err))
      assert.equal("database", err.kind)
      db:close()
      fine, err = pcall(db.row, db, "SELECT 1 AS one")
      assert.same({ false, "database" }, { fine, err.kind })
      assert.matches("closed", err.message)
    end)

    it("is opened again with all that it has", function()
      db:execute(INSERT, "1", 1, 0, nil, nil)
      db:close()
      db = assert(database.open(where))
      assert.equal(1, db:row("SELECT count(*) AS count FROM readings").count)
      assert.equal(1, db:row("SELECT count(*) AS count FROM schema_version").count)
    end)

    it("is opened without a word written, while another one writes", function()
      db:transaction(function()
        db:execute(INSERT, "1", 1, 0, nil, nil)
        assert(database.open(where, { existing = true })):close()
      end)
    end)

    it("gives the rows of many meters, in the order of their keys", function()
      local numbers, odd = {}, 'a"b\\c,{}'
      for index = 1, 70000 do numbers[index] = tostring(index) end
      numbers[#numbers + 1] = odd
      db:transaction(function()
        for _, number in ipairs { "69999", odd, "2", "1", "0" } do
          for time = 2, 1, -1 do db:execute(INSERT, number, time, 0, nil, nil) end
        end
      end)
      local function rows_of(period)
        local found = {}
        for page in export.pages(db, "readings", period) do
          for _, row in ipairs(page) do found[#found + 1] = row.meter_no .. "@" .. row.read_time end
        end
        return found
      end
      assert.same({ "1@1", "1@2", "2@1", "2@2", "69999@1", "69999@2", odd .. "@1", odd .. "@2" },
        rows_of { meters = numbers })
      assert.same({ "2@2" }, rows_of { meters = { "2" }, from = 2, to = 3 })
      assert.same({}, rows_of { meters = {} })
    end)

    it("gives them as lists too, the same values in the order of the columns", function()
      for index = 1, 450 do db:execute(INSERT, ("%04d"):format(index), index, index % 2, nil, nil) end
      local columns, found = { "read_time", "meter_no", "reading", "copy" }, {}
      for page in export.lists(db, "readings", columns, { from = 100, to = 449 }) do
        for _, row in ipairs(page) do found[#found + 1] = row end
      end
      local count = 0
      for page in export.pages(db, "readings", { from = 100, to = 449 }) do
        for _, row in ipairs(page) do
          count = count + 1
          for at, column in ipairs(columns) do assert.equal(row[column], found[count][at]) end
        end
      end
      assert.same({ 350, 350 }, { count, #found })
    end)

    it("lets go of all it has when it is closed, a query that was broken off too", function()
      local own = require "support.own"
      db:close()
      local before = own.descriptors()
      db = assert(database.open(where))
      db:execute("INSERT INTO schema_version VALUES (?, ?)", 0, 0)
      local next_row = db:rows("SELECT * FROM schema_version")
      assert.is_truthy(next_row())
      db:close()
      assert.equal(before, own.descriptors())
      db = assert(database.open(where))
      local seen = 0
      for _ in db:rows("SELECT * FROM schema_version") do seen = seen + 1 end
      assert.equal(2, seen)
    end)

    it("closes a broken-off query that the collector has found, but not freed yet, before the connection", function()
      local ok, output = process.lua(([[
        local database = require "imr.database"
        for _ = 1, 10 do
          local db = assert(database.open(%q))
          collectgarbage()
          for _ = 1, 20 do db:rows("SELECT * FROM schema_version")() end
          local found = setmetatable({ [{}] = true }, { __mode = "k" })
          collectgarbage("stop")
          while next(found) do collectgarbage("step", 1) end
          db:close()
          collectgarbage("restart")
          collectgarbage()
        end
        io.write("survived")
      ]]):format(where))
      assert.same({ true, "survived" }, { ok, output })
    end)

    it("tells of a statement's failure once", function()
      local sql = "INSERT INTO schema_version VALUES (?, ?)"
      for _ = 1, 2 do
        local fine, err = pcall(db.execute, db, sql, nil, 1)
        assert.same({ false, "database" }, { fine, err.kind })
        assert.equal(1, db:execute(sql, 0, 1))
      end
    end)

    it("of a newer program is refused", function()
      db:execute("INSERT INTO schema_version VALUES (?, ?)", migrations.version + 1, 0)
      db:close()
      local opened, err = database.open(where)
      assert.is_nil(opened)
      assert.matches("newer imr", err.message)
    end)

    it("has every table and column that the schema names", function()
      for _, entry in ipairs(tables) do
        assert.is_nil(db:select(entry.name)(), entry.name)
      end
    end)
  end)
end

describe("the database", function()
  setup(function()
    directory = shell.scratch()
    server = postgres.start { own = true } -- a role belongs to all of a cluster
  end)

  teardown(function()
    if server then server:stop() end
    shell.must("rm -rf " .. directory)
  end)

  local made = 0
  contract("SQLite", function()
    made = made + 1
    return ("%s/%d.db"):format(directory, made)
  end)

  contract("PostgreSQL", function() return (server:url()) end)

  it("is for its owner alone in SQLite", function()
    local path = directory .. "/private.db"
    assert(database.open(path)):close()
    assert.equal("600", shell.lines("stat -c %a " .. path)[1])
  end)

  it("explains every column in PostgreSQL", function()
    local url, name = server:url()
    local db = assert(database.open(url))
    db:execute("INSERT INTO readings (meter_no, read_time, copy, reading) VALUES (?, ?, ?, ?)", "1", 1, 0, "099999.50")
    assert.equal("99999.50", db:select("readings")().reading) -- as doc/schema.md says of zeros in front
    db:close()
    local bare = server:sql("SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = "
      .. "a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r' AND "
      .. "a.attnum > 0 AND c.relname <> 'schema_version' AND col_description(c.oid, a.attnum) IS NULL", name)
    assert.equal("", bare)
    assert.equal("numeric", server:sql("SELECT data_type FROM information_schema.columns WHERE table_name = "
      .. "'readings' AND column_name = 'reading'", name):match("%S+"))
  end)

  it("can be read by who may only read", function()
    local url, name = server:url()
    local db = assert(database.open(url))
    db:execute("INSERT INTO readings (meter_no, read_time, copy) VALUES ('1', 1, 0)")
    db:close()
    server:sql("CREATE ROLE auditor LOGIN PASSWORD 'x'; REVOKE CREATE ON SCHEMA public FROM PUBLIC; "
      .. "GRANT SELECT ON ALL TABLES IN SCHEMA public TO auditor", name)
    for _, read_only in ipairs { "off", "on" } do -- a replica is read-only to its owner too
      server:sql("ALTER ROLE auditor SET default_transaction_read_only = " .. read_only)
      db = assert(database.open(url:gsub("//.-@", "//auditor:x@"), { existing = true }))
      assert.equal("1", export.pages(db, "readings", { meters = { "1" } })()[1].meter_no)
      db:close()
    end
  end)

  it("is reached through a Unix socket too", function()
    local _, name = server:url()
    local url = ("postgres://imr:p%%20w%%401%%25@/%s?host=%s&port=%d"):format(name, server.directory, server.port)
    assert(database.open(url)):close()
  end)

  it("never shows the password", function()
    local wrong = ("postgres://imr:%s@127.0.0.1:1/imr"):format("sekret%20word")
    local opened, err = database.open(wrong)
    assert.is_nil(opened)
    assert.is_nil(tostring(err):find("sekret", 1, true))
    assert.matches("postgres://imr@127.0.0.1:1/imr", err.message, 1, true)
    local db = assert(database.open((server:url())))
    local fine, problem = pcall(db.fail, db, "so " .. postgres.password .. " it is")
    assert.is_false(fine)
    assert.is_nil(tostring(problem):find(postgres.password, 1, true))
    assert.is_nil(tostring(db):find("p w", 1, true))
    for _, value in pairs(db) do assert.is_nil(tostring(value):find("p w", 1, true)) end
    db:close()
  end)

  it("that goes away ends a sync with an error", function()
    local url, name = server:url()
    local db, cut = assert(database.open(url)), false
    local client = sync_client.new { readings = function()
      if not cut then
        server:sql(("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"):format(name))
      end
      cut = true
      return { { meter_no = "1", read_time = 1, reading = "1" } }
    end }
    local report, err = sync.run { client = client, db = db, listings = { "readings" } }
    assert.is_nil(report)
    assert.equal("database", err.kind)
    db:close()
    db = assert(database.open(url))
    assert.equal("complete", assert(sync.run { client = client, db = db, listings = { "readings" } }).state)
    local states = {}
    for row in db:select("runs", "ORDER BY id") do states[#states + 1] = row.state end
    assert.same({ "interrupted", "complete" }, states)
    db:close()
  end)

  it("lets one process write at a time in PostgreSQL", function()
    local url = server:url()
    local one, two = assert(database.open(url)), assert(database.open(url))
    assert.is_true(one:lock())
    assert.is_false(two:lock(0))
    one:unlock()
    assert.is_true(two:lock(0))
    one:close()
    two:close()
  end)

  it("says which rock is missing", function()
    for where, rock in pairs { ["x.db"] = "luadbi-sqlite3", ["postgres://h/x"] = "luadbi-postgresql" } do
      local ok, output = process.lua(([[
        for _, name in ipairs { "dbd.sqlite3", "dbd.postgresql" } do
          package.preload[name] = function() error(("module '%%s' not found:"):format(name)) end
        end
        print(require("imr.database").open(%q))]]):format(where))
      assert.is_true(ok, output)
      assert.matches("the database needs dbd." .. rock:match("%w+$") .. ": luarocks install " .. rock, output, 1, true)
    end
  end)
end)

describe("the address of a database", function()
  it("is a file, or a URL", function()
    assert.same({ "sqlite", "a/b.db" }, { address.parse("a/b.db").dialect, address.parse("sqlite:a/b.db").path })
    local found = address.parse "postgres://me:a%40b@[::1]:5433/my%20db?sslmode=require"
    assert.same({ "me", "a@b", "::1", 5433 }, { found.user, found.password, found.host, found.port })
    assert.matches("dbname='my db'", found.conninfo, 1, true)
    assert.matches("sslmode='require'", found.conninfo, 1, true)
    assert.equal("postgres://me@[::1]:5433/my%20db", found.shown)
  end)

  it("of something else is none", function()
    assert.is_nil(address.parse "mysql://h/x")
    assert.is_nil(address.parse "")
    assert.is_nil(address.parse "postgres://me:x@h/db%00?sslmode=require")
  end)

  it("is the file that is opened: what SQLite takes for something else is refused, and nothing is made", function()
    local scratch = shell.scratch()
    for _, name in ipairs { ":memory:", "", ":x", "file:x.db", "file:x.db?mode=memory", "FILE:x.db",
      "file:" .. scratch .. "/x.db?vfs=unix", "file:%3amemory%3a", "x\0y" } do
      for _, where in ipairs { name, "sqlite:" .. name } do
        for _, open in ipairs { database.open, function(path)
          if path:find("^sqlite:") then return nil, { kind = "usage" } end
          return require("imr.workflow.supply").open { ledger = path }
        end } do
          local opened, err = open(where)
          assert.is_nil(opened, where)
          assert.equal("usage", err.kind)
        end
      end
    end
    assert.same({}, shell.lines("ls " .. scratch .. "; ls | grep -i '^file:' || true"))
    local db = assert(database.open(scratch .. "/file:x.db"))
    db:close()
    assert.same({ "600" }, shell.lines("stat -c %a " .. scratch .. "/file:x.db"))
    shell.must("rm -r " .. scratch)
  end)

  it("that cannot be reached comes with what to look at", function()
    local _, err = database.open "postgres://imr@127.0.0.1:1/x?statement_timout=5"
    assert.matches("to the server (does it run there?", err.message, 1, true)
    assert.matches("the parameters behind the ?", err.message, 1, true)
  end)

  it("that is mistyped is none either, is no file, and is not shown", function()
    for _, where in ipairs { "postgres://imr:2024/sekret@127.0.0.1/db", "postgres://imr:20?a=sekret@127.0.0.1/db",
      "postgres://imr:20?sekret@127.0.0.1/db", " postgres://imr:sekret@h/db", "\tpostgresql://imr:sekret@h/db",
      "postgres:/imr:sekret@h/db", "postgres:imr:sekret@h/db", "Postgres://imr:sekret@h/db", " mysql://u:sekret@h/x",
      "sqlite:postgres://imr:sekret@h/db", "postgres://imr:sek/ret@h/sekret" } do
      local opened, err = database.open(where)
      assert.is_nil(opened, where)
      assert.equal("usage", err.kind)
      assert.matches("/ ? @ are written %2F %3F %40", err.message, 1, true)
      assert.is_nil(tostring(err):find("sek", 1, true))
    end
    assert.equal("a@/?b", address.parse("postgres://me:a%40%2F%3Fb@h/db").password)
    assert.equal("C:/x/imr.db", address.parse("C:/x/imr.db").path)
  end)
end)
