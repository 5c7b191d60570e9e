--- The shape of the tables in a database: makes what tables.lua has and the database lacks.

local schema = require "imr.schema"
local tables = require "imr.database.tables"
local types = require "imr.database.types"

local shape = {}

local function quoted(text) return "'" .. text:gsub("'", "''") .. "'" end

local function keys_of(entry)
  local keys = {}
  for _, column in ipairs(entry.columns) do
    if column.key and column.type ~= "id" then keys[#keys + 1] = column.name end
  end
  return keys
end

local function create(db, entry, name)
  local lines = {}
  for _, column in ipairs(entry.columns) do
    local must = column.key and column.type ~= "id" and " NOT NULL" or ""
    local default = column.default and " DEFAULT " .. column.default or ""
    lines[#lines + 1] = column.name .. " " .. types.declare(db.dialect, column.type) .. must .. default
  end
  local keys = keys_of(entry)
  if #keys > 0 then lines[#lines + 1] = "PRIMARY KEY (" .. table.concat(keys, ", ") .. ")" end
  db:execute(("CREATE TABLE %s (%s)"):format(name or entry.name, table.concat(lines, ", ")))
end

local function comment(db, entry)
  if db.dialect ~= "postgres" then return end
  db:execute(("COMMENT ON TABLE %s IS %s"):format(entry.name, quoted(entry.comment)))
  for _, column in ipairs(entry.columns) do
    db:execute(("COMMENT ON COLUMN %s.%s IS %s"):format(entry.name, column.name, quoted(column.comment)))
  end
end

local INDEXES = {
  "CREATE INDEX IF NOT EXISTS restatements_by_meter ON restatements (meter_no, row_time)",
  "CREATE INDEX IF NOT EXISTS listings_by_run ON listings (run_id)",
  "CREATE INDEX IF NOT EXISTS bill_lines_by_meter ON bill_lines (meter_no, bill_id)",
}

local function index(db)
  for _, endpoint in ipairs(schema.listings) do
    local name, moment = endpoint.name, endpoint.moment
    if moment and tables[name] then
      db:execute(("CREATE INDEX IF NOT EXISTS %s_by_time ON %s (%s)"):format(name, name, moment))
    end
  end
  for _, statement in ipairs(INDEXES) do db:execute(statement) end
end

-- ---------------------------------------------------------------- what a database has

-- Its tables' columns, and whether each is a part of the key.
local COLUMNS = {
  sqlite = "SELECT m.name AS \"table\", c.name AS name, c.pk > 0 AS key FROM sqlite_master m, "
    .. "pragma_table_info(m.name) c WHERE m.type = 'table'",
  postgres = "SELECT c.relname AS \"table\", a.attname AS name, EXISTS (SELECT 1 FROM pg_constraint k WHERE "
    .. "k.conrelid = c.oid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)) AS key FROM pg_attribute a "
    .. "JOIN pg_class c ON c.oid = a.attrelid WHERE pg_table_is_visible(c.oid) AND c.relkind = 'r' "
    .. "AND a.attnum > 0 AND NOT a.attisdropped AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, "
    .. "'information_schema'::regnamespace)",
}

local function columns_there(db)
  local found = {}
  for row in db:rows(COLUMNS[db.dialect]) do
    found[row.table] = found[row.table] or {}
    found[row.table][row.name] = (row.key == true or row.key == 1) and "key" or "column"
  end
  return found
end

local function difference(entry, there)
  local missing = {}
  for _, column in ipairs(entry.columns) do
    local is = there[column.name]
    if column.key and is ~= "key" or not column.key and is == "key" then return missing, true end
    if not is then missing[#missing + 1] = column end
  end
  return missing, false
end

-- ---------------------------------------------------------------- what it lacks

-- Another key needs another table: the rows go there, what the key is of is an empty text where they had nothing.
local function rebuild(db, entry, there)
  local names, values = {}, {}
  for _, column in ipairs(entry.columns) do
    if there[column.name] then
      names[#names + 1] = column.name
      values[#values + 1] = column.default and ("COALESCE(%s, %s)"):format(column.name, column.default) or column.name
    end
  end
  local old = entry.name .. "_before"
  db:execute(("ALTER TABLE %s RENAME TO %s"):format(entry.name, old))
  create(db, entry)
  db:execute(("INSERT INTO %s (%s) SELECT %s FROM %s"):format(entry.name, table.concat(names, ", "),
    table.concat(values, ", "), old))
  db:execute("DROP TABLE " .. old)
  comment(db, entry)
end

local function add_columns(db, entry, missing)
  for _, column in ipairs(missing) do
    db:execute(("ALTER TABLE %s ADD COLUMN %s %s"):format(entry.name, column.name,
      types.declare(db.dialect, column.type)))
  end
  if #missing > 0 then comment(db, entry) end
end

---Does the database lack a table or a column?
---@param db imr.Database
---@return boolean
function shape.is_short(db)
  local there = columns_there(db)
  for _, entry in ipairs(tables) do
    if not there[entry.name] then return true end
    local missing, rekeyed = difference(entry, there[entry.name])
    if rekeyed or #missing > 0 then return true end
  end
  return false
end

---Makes the tables and columns that are not there, within a transaction. What is there stays, with all its rows.
---@param db imr.Database
function shape.make(db)
  local there = columns_there(db)
  for _, entry in ipairs(tables) do
    if not there[entry.name] then
      create(db, entry)
      comment(db, entry)
    else
      local missing, rekeyed = difference(entry, there[entry.name])
      if rekeyed then rebuild(db, entry, there[entry.name]) else add_columns(db, entry, missing) end
    end
  end
  index(db)
end

return shape
