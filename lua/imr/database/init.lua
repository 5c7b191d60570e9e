--- The integrator's own database, SQLite or PostgreSQL, through LuaDBI.
---
---   local db, err = require("imr.database").open "imr.db"       or "postgres://user:password@host:port/name"
---   for row in db:select("readings", "WHERE meter_no = ? ORDER BY read_time", number) do print(row.reading) end
---   db:transaction(function() db:execute("DELETE FROM runs WHERE id < ?", 7) end)
---   db:close()
---
--- `open` returns nil and an error object; what goes wrong later raises one, of kind "database". Rows are tables by
--- column name; NULL is absent. Drivers block: inside an nginx worker nothing opens.

local address = require "imr.database.address"
local check_kinds = require "imr.base.options"
local connect = require "imr.database.connect"
local errors = require "imr.errors"
local handle = require "imr.database.handle"
local migrations = require "imr.database.migrations"

local OPTIONS = { existing = "boolean" }

-- In WAL mode synchronous = NORMAL keeps every transaction through a killed process. A machine that loses power may
-- lose the last ones whole, rows and cursor together, so the next run reads them again: FULL would buy nothing here.
-- A checkpoint waits for the disk: every 16 MB instead of every 4.
local PROFILE = { part = "the database", kind = "database", name = "database %s", pragmas = { "busy_timeout = 20000",
  "journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 4000" } }

local database = {}

-- A mistyped name makes nothing.
local function missing(shown, what)
  error(connect.problem("usage", ("%s %s: is the name right? `imr sync` makes a new one"):format(what, shown)), 0)
end

local function open(where, existing)
  connect.refuse_in_nginx("a database driver would block the nginx worker: run imr sync beside nginx, from cron "
    .. "or a timer of the system, and let the worker read what it needs from the database's own client")
  local parsed, wrong = address.parse(where)
  if not parsed then
    error(connect.problem("usage", wrong or "a database is a file's path, sqlite:PATH or "
      .. "postgres://user:password@host:port/name; in a user's name or a password, / ? @ are written %2F %3F %40"), 0)
  end
  if existing and parsed.path and not connect.is_file(parsed.path) then
    missing(parsed.shown, "there is no database")
  end
  return handle.with_tables(handle.open(parsed, PROFILE), function(db)
    if existing and not migrations.begun(db) then missing(parsed.shown, "there are no tables of imr in") end
    migrations.run(db)
  end)
end

---Opens a database, and makes its tables where there are none.
---@param where string "imr.db", "sqlite:PATH" or "postgres://user:password@host:port/name?sslmode=require"; a host may
--- also be the directory of a Unix socket: "postgres:///name?host=/run/postgresql"
---@param options? { existing: boolean? } existing: an error, instead of a new database, where there is none of imr's
---@return imr.Database|nil
---@return imr.Error|nil err
function database.open(where, options)
  if type(where) ~= "string" then error("database.open takes the text that names a database", 2) end
  local wrong = check_kinds(options or {}, OPTIONS)
  if wrong then error(wrong, 2) end
  local fine, result = pcall(open, where, options and options.existing)
  if fine then return result end
  if type(result) ~= "table" and not errors.is(result) then error(result, 0) end
  return nil, result
end

return database
