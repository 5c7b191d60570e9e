-- A database of version 1 is taken along with all that it has, also by a program that is killed while it does so.
local database = require "imr.database"
local databases = require "support.databases"
local migrations = require "imr.database.migrations"
local process = require "support.process"
local shell = require "support.shell"
local version1 = require "support.version1"

local DIES = [[
  local database = require "imr.database"
  local spare = assert(database.open(%q))
  local methods, left = getmetatable(spare), %d
  spare:close()
  local execute = methods.execute
  function methods.execute(...)
    left = left - 1
    if left == 0 then
      os.execute "kill -KILL $PPID"
      while true do end
    end
    return execute(...)
  end
  local db, err = database.open(%q)
  if not db then error(tostring(err)) end
  io.write("survived")
]]

describe("a database of version 1", function()
  local directory
  local places = databases.places(setup, teardown)

  setup(function() directory = shell.scratch() end)
  teardown(function() shell.must("rm -rf " .. directory) end)

  -- A database in which the version is older than the program's.
  local function old(where, count)
    local db = assert(database.open(where))
    version1.make(db, count)
    local before = version1.contents(db)
    db:close()
    return before
  end

  local function check(where, before)
    local db = assert(database.open(where))
    assert.same(before, version1.contents(db))
    assert.equal(migrations.version, db:row("SELECT max(version) AS version FROM schema_version").version)
    return db
  end

  local made = 0
  local function of(name, place)
    made = made + 1
    return name == "SQLite" and ("%s/%d.db"):format(directory, made) or place()
  end

  for name, place in pairs(places) do
    it("keeps everything, and has the new columns: " .. name, function()
      local where = of(name, place)
      local before = old(where, 3)
      assert.is_true(#before >= 3 * 12)
      local db = check(where, before)
      local row = db:select("readings", "WHERE meter_no = 't101'")()
      assert.same({ row.read_time_local:sub(1, 10), false }, { row.day, row.withdrawn_at or false })
      local tenancy = db:select("tenancies", "ORDER BY meter_no")()
      assert.same({ "t101", "t106", "t116" }, { tenancy.meter_no, tenancy.project_code, tenancy.user_code })
      db:close()
    end)

    it("is taken along by the next start when one was killed anywhere in between: " .. name, function()
      local where, deaths = of(name, place), 0
      local before = old(where, 3)
      repeat
        local ok = process.lua(DIES:format(directory .. "/spare.db", deaths * 4 + 1, where))
        if not ok then deaths = deaths + 1 end
      until ok or deaths > 60
      assert.is_true(deaths > 5 and deaths < 60, deaths)
      check(where, before):close()
    end)
  end

  it("may stand beside tables of somebody else, whatever they are called", function()
    local url = places.PostgreSQL()
    local db = assert(database.open(url))
    db:execute [[CREATE TABLE "Odd name; it's" (a INT)]]
    db:close()
    assert(database.open(url)):close()
  end)

  it("gets a column that is new in the schema alone", function()
    local where = directory .. "/new.db"
    local db = assert(database.open(where))
    db:execute("ALTER TABLE readings DROP COLUMN imei")
    db:close()
    db = assert(database.open(where))
    assert.is_nil(db:row("SELECT imei FROM readings"))
    db:close()
  end)
end)
