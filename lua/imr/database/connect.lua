--- From an address to a connection of LuaDBI.

local core = require "imr.core"
local errors = require "imr.errors"
local driver = require "imr.database.driver"
local limited = require "imr.database.limited"

local connect = {}

---@return imr.Error
function connect.problem(kind, message)
  return errors.new { kind = kind, message = message, retryable = false, executed = "no" }
end

---Raises inside an nginx worker, which a driver would block.
function connect.refuse_in_nginx()
  local ngx = rawget(_G, "ngx")
  if not (ngx and ngx.get_phase) then return end
  error(connect.problem("phase", "a database driver would block the nginx worker: run imr sync beside nginx, from cron "
    .. "or a timer of the system, and let the worker read what it needs from the database's own client"), 0)
end

---Is there something of this name?
---@param path string
---@return boolean
function connect.is_file(path)
  return os.rename(path, path) == true
end

-- What tells when the file at a path is not the one that was opened: SQLite goes on in a file that has been removed,
-- and what it stores there is gone with the process.
---@param path string of a file that has just been opened
---@return fun(): string|nil problem
function connect.watch_file(path)
  local opened = core.file_identity(path)
  return function()
    local found = core.file_identity(path)
    if found == opened then return nil end
    return found and "its file was replaced by another while it was open" or "its file was removed while it was open"
  end
end

-- SQLite would let everybody read what it makes. A file that is there has the rights that its owner gave it.
local function make_private(path, fail)
  if connect.is_file(path) then return end
  local made, message = core.private_make(path)
  if not made then fail(message) end
end

-- In WAL mode synchronous = NORMAL keeps every transaction through a killed process. A machine that loses power may
-- lose the last ones whole, rows and cursor together, so the next run reads them again: FULL would buy nothing here.
-- A checkpoint waits for the disk: every 16 MB instead of every 4.
local PRAGMAS = { "busy_timeout = 20000", "journal_mode = WAL", "synchronous = NORMAL", "wal_autocheckpoint = 4000" }

local function set_up_sqlite(connection, fail)
  for _, pragma in ipairs(PRAGMAS) do
    local statement, message = connection:prepare("PRAGMA " .. pragma)
    if not statement then fail(message) end
    local fine
    fine, message = statement:execute()
    if not fine then fail(message) end
    statement:close()
  end
end

-- The driver says no more than this, whatever the reason is.
local NOTHING_SAID = "no connection to the server"
local ADVICE = " (does it run there? are account, password and name right, and the parameters behind the ?)"

local function explained(message)
  if type(message) ~= "string" or not message:find(NOTHING_SAID, 1, true) then return message end
  return message:match "^(.-)%s*$" .. ADVICE
end

local SPARE = 5 -- seconds more than a statement may take, for PostgreSQL to say so itself

---Connects. Raises where LuaDBI or its driver is missing; whatever else goes wrong is told to `fail`, which raises.
---@param where imr.database.Address
---@param fail fun(message: any)
---@return table connection of LuaDBI
function connect.open(where, fail)
  local dial = driver.load("the database", where.dialect)
  local connection, message
  if where.dialect == "sqlite" then
    make_private(where.path, fail)
    connection, message = dial(where.path)
  else
    connection, message = limited.connect(where.statement_timeout + SPARE, dial, where.conninfo, where.user,
      where.password, where.host, where.port)
  end
  if not connection then fail(explained(message)) end
  connection:autocommit(true)
  if where.dialect == "sqlite" then set_up_sqlite(connection, fail) end
  return connection
end

return connect
