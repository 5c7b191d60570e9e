--- Makes the tables, and brings those of an older version up to date.
---
--- A new database gets the tables of tables.lua at once. An older one gets, in one transaction, the statements of every
--- version that it lacks; who changes tables.lua adds them to `steps` under the next number.

local schema = require "imr.schema"
local tables = require "imr.database.tables"
local types = require "imr.database.types"

local migrations = { version = 1 }

-- steps[n] brings a database of version n - 1 to n: fun(db).
local steps = {}

local function quoted(text) return "'" .. text:gsub("'", "''") .. "'" end

local function keys_of(entry)
  local keys = {}
  for _, column in ipairs(entry.columns) do
    if column.key and column.type ~= "id" then keys[#keys + 1] = column.name end
  end
  return keys
end

local function create(db, entry)
  local lines = {}
  for _, column in ipairs(entry.columns) do
    local must = column.key and column.type ~= "id" and " NOT NULL" or ""
    lines[#lines + 1] = column.name .. " " .. types.declare(db.dialect, column.type) .. must
  end
  local keys = keys_of(entry)
  if #keys > 0 then lines[#lines + 1] = "PRIMARY KEY (" .. table.concat(keys, ", ") .. ")" end
  db:execute(("CREATE TABLE %s (%s)"):format(entry.name, table.concat(lines, ", ")))
end

local function comment(db, entry)
  db:execute(("COMMENT ON TABLE %s IS %s"):format(entry.name, quoted(entry.comment)))
  for _, column in ipairs(entry.columns) do
    db:execute(("COMMENT ON COLUMN %s.%s IS %s"):format(entry.name, column.name, quoted(column.comment)))
  end
end

local INDEXES = {
  "CREATE INDEX restatements_by_meter ON restatements (meter_no, row_time)",
  "CREATE INDEX listings_by_run ON listings (run_id)",
}

local function create_all(db)
  for _, entry in ipairs(tables) do
    create(db, entry)
    if db.dialect == "postgres" then comment(db, entry) end
  end
  for _, endpoint in ipairs(schema.listings) do
    local name, moment = endpoint.name, endpoint.moment
    if moment then db:execute(("CREATE INDEX %s_by_time ON %s (%s)"):format(name, name, moment)) end
  end
  for _, statement in ipairs(INDEXES) do db:execute(statement) end
end

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

---Brings the database to the version of this program. Raises an error object. Where there is nothing to do nothing is
---written: who may only read can open it.
function migrations.run(db)
  if version_of(db) == migrations.version then return end
  db:transaction(function()
    -- Two processes that find an empty database both get here; the second waits, and then finds it made.
    if db.dialect == "postgres" then db:execute("SELECT pg_advisory_xact_lock(724631)") end
    db:execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL, applied_at BIGINT NOT NULL)")
    local version = version_of(db)
    if version == migrations.version then return end
    if not version then create_all(db) end
    for number = (version or migrations.version) + 1, migrations.version do steps[number](db) end
    db:execute("INSERT INTO schema_version VALUES (?, ?)", migrations.version, os.time())
  end)
end

return migrations
