-- Where the ledger is: a file of SQLite, its owner's alone, written through to the disk, still there at each statement;
-- or a schema of its own in PostgreSQL, where several hosts share one record.
--
-- Integers of more than 32 bits do not survive LuaDBI, so times are kept as text.

local address = require "imr.database.address"
local connect = require "imr.database.connect"
local handle = require "imr.database.handle"
local system = require "imr.os"

local database = {}

local SCHEMA = "imr_supply"

-- Advisory locks of PostgreSQL, by two numbers: the queue, a run by its id, and whoever writes.
local LOCKS, QUEUE, WRITES = 724633, 0, 724634

-- With the journal cut instead of removed a commit needs no directory to be written: FULL keeps it through a crash of
-- the machine too. Nothing is sent on the word of a file that nobody will find again.
local PROFILE = { part = "the supply ledger", kind = "ledger", name = "the supply ledger", owner_only = true,
  watched = true, pragmas = { "busy_timeout = 10000", "journal_mode = TRUNCATE", "synchronous = FULL" } }

-- The same for PostgreSQL, whatever its configuration says: a commit is on the disk when it is answered, and a
-- statement sees what has been committed before it.
local SESSION = { "SET synchronous_commit = on", "SET default_transaction_isolation = 'read committed'",
  "SET search_path TO " .. SCHEMA }

local function is_postgres(where) return where:find "^postgres" ~= nil and where:find("://", 1, true) ~= nil end

local function parsed(where)
  if not is_postgres(where) then return address.file(where) end
  local found, problem = address.parse(where)
  return found, problem or "that is no address like postgres://user@host/name"
end

local function has_schema(db)
  return db:row("SELECT 1 AS found FROM pg_namespace WHERE nspname = ?", SCHEMA) ~= nil
end

local function set_up(db, existing)
  if not has_schema(db) then
    if existing then error(connect.problem("usage", "there is no supply ledger in " .. db.shown), 0) end
    database.transaction(db, function()
      if not has_schema(db) then db:execute("CREATE SCHEMA " .. SCHEMA) end
    end)
  end
  for _, statement in ipairs(SESSION) do db:execute(statement) end
end

---Opens it, or makes it.
---@param where string a file's path, or postgres://user:password@host/name
---@param existing? boolean an error where there is none
---@return imr.Database database errors are raised: of kind "missing" without LuaDBI, "usage" for a name that is no
--- file's to SQLite, else "ledger"
function database.open(where, existing)
  local found, wrong = parsed(where)
  if not found then error(connect.problem("usage", "the supply ledger: " .. wrong), 0) end
  if existing and found.path and not connect.is_file(found.path) then
    error(connect.problem("usage", "there is no supply ledger " .. found.path), 0)
  end
  local db = handle.open(found, PROFILE)
  if db.dialect == "sqlite" then return db end
  return handle.with_tables(db, function() set_up(db, existing) end)
end

---All rows of a query: what reads them may write.
---@param db imr.Database
---@return table[]
function database.list(db, sql, ...)
  return db:all(sql, ...)
end

---Inserts a row and gives its id.
---@param db imr.Database
---@return integer
function database.insert(db, sql, ...)
  if db.dialect == "postgres" then return db:row(sql .. " RETURNING id", ...).id end
  db:execute(sql, ...)
  return db:row("SELECT last_insert_rowid() AS id").id
end

---All of `fn` or nothing of it, and nobody else writes meanwhile: SQLite has one writer by itself.
---@param db imr.Database
---@param fn fun(): any
---@return any what fn returns
function database.transaction(db, fn)
  return db:transaction(function()
    if db.dialect == "postgres" then db:row(("SELECT 1 AS one FROM pg_advisory_xact_lock(%d)"):format(WRITES)) end
    return fn()
  end)
end

local take = {}

function take.sqlite(db) return system.private_lock(db.shown .. ".lock") end

function take.postgres(db)
  local taken = db:row(("SELECT pg_try_advisory_lock(%d, %d) AS taken"):format(LOCKS, QUEUE)).taken
  if not taken then return nil end
  return { release = function()
    pcall(db.row, db, ("SELECT pg_advisory_unlock(%d, %d) AS freed"):format(LOCKS, QUEUE))
  end }
end

---Takes the queue, until release() or the end of the process or connection.
---@param db imr.Database
---@return { release: fun(self: table) }|nil lock nil alone while somebody else has it
---@return string|nil what is wrong
function database.lock(db) return take[db.dialect](db) end

---In PostgreSQL, says that a run is at work, until its connection ends or it says otherwise.
---@param db imr.Database
---@param id integer of the run
---@param works boolean
function database.mark_run(db, id, works)
  if db.dialect ~= "postgres" then return end
  db:row(("SELECT %s(%d, CAST(? AS INTEGER)) AS done"):format(
    works and "pg_try_advisory_lock" or "pg_advisory_unlock", LOCKS), id)
end

---In PostgreSQL, whether a run is at work, on whichever host.
---@param db imr.Database
---@param id integer of the run
---@return boolean|nil nil: not of PostgreSQL
function database.run_works(db, id)
  if db.dialect ~= "postgres" then return nil end
  return db:row(([[SELECT 1 AS found FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2
    AND classid = %d AND objid = CAST(CAST(? AS INTEGER) AS OID)
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())]]):format(LOCKS), id) ~= nil
end

return database
