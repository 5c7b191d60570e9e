--- Makes the tables, and brings those of an older version up to date, in one transaction: a program that is killed in
--- the middle leaves what was there before, and the next start begins again.
---
--- Tables and columns that tables.lua has and the database lacks are made by imr.database.shape. What is to be in them
--- of what was there before is filled in by `steps`; who changes what columns mean adds a step under the next number.

local schema = require "imr.schema"
local shape = require "imr.database.shape"

local migrations = { version = 3 }

-- steps[n] brings the rows of a database of version n - 1 to n: fun(db).
local steps = {}

-- The tenants that the meters show are there since they were first listed; days are those of the moment.
local TENANCIES = "INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number, "
  .. "last_shown, until) SELECT meter_no, project_code, min(first_seen), user_code, max(user_name), max(house_number), "
  .. "max(last_seen), CASE WHEN count(removed_at) = count(*) THEN max(removed_at) END FROM meters "
  .. "WHERE user_code IS NOT NULL GROUP BY meter_no, project_code, user_code"

steps[2] = function(db)
  for _, endpoint in ipairs(schema.listings) do
    if endpoint.moment then
      db:execute(("UPDATE %s SET day = substr(%s_local, 1, 10)"):format(endpoint.name, endpoint.moment))
    end
  end
  db:execute(TENANCIES)
  db:execute "UPDATE coverage SET rejected = 0"
  db:execute "UPDATE runs SET withdrawn = 0"
end

steps[3] = function() end -- the tables of the bills, which are empty

local find_version = {
  sqlite = "SELECT 1 AS found FROM sqlite_master WHERE name = 'schema_version'",
  postgres = "SELECT 1 AS found WHERE to_regclass('schema_version') IS NOT NULL",
}

---Are there tables of imr in it?
---@return boolean
function migrations.begun(db)
  return db:row(find_version[db.dialect]) ~= nil
end

-- The version of its tables, nil where there are none. Raises where this program is too old for them.
local function version_of(db)
  local version = migrations.begun(db) and db:row("SELECT max(version) AS version FROM schema_version").version or nil
  if version and version > migrations.version then
    db:fail(("it was made by a newer imr (tables of version %d, this one knows %d)"):format(version,
      migrations.version))
  end
  return version
end

-- Two processes that find it old both get here; the second waits, and then finds it made.
local function bring_up(db)
  if db.dialect == "postgres" then db:execute("SELECT pg_advisory_xact_lock(724631)") end
  db:execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, applied_at BIGINT NOT NULL)")
  local version = version_of(db)
  if version == migrations.version and not shape.is_short(db) then return end
  shape.make(db)
  for number = (version or migrations.version) + 1, migrations.version do steps[number](db) end
  if version ~= migrations.version then
    db:execute("INSERT INTO schema_version VALUES (?, ?)", migrations.version, os.time())
  end
end

---Brings the database to the version of this program. Raises an error object. Where there is nothing to do nothing is
---written: who may only read can open it.
function migrations.run(db)
  if version_of(db) == migrations.version and not shape.is_short(db) then return end
  db:transaction(function() bring_up(db) end)
end

return migrations
