--- From an address to a connection of LuaDBI.

local errors = require "imr.errors"
local driver = require "imr.database.driver"
local host = require "imr.base.host"
local limited = require "imr.database.limited"
local system = require "imr.os"

local connect = {}

---@return imr.Error
function connect.problem(kind, message)
  return errors.new { kind = kind, message = message, retryable = false, executed = "no" }
end

---Raises inside an nginx worker, which a driver would block.
---@param message string
function connect.refuse_in_nginx(message)
  if host.in_nginx() then error(connect.problem("phase", message), 0) end
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
  local opened = system.file_identity(path)
  return function()
    local found = system.file_identity(path)
    if found == opened then return nil end
    return found and "its file was replaced by another while it was open" or "its file was removed while it was open"
  end
end

-- SQLite would let everybody read what it makes. A file that is there has the rights that its owner gave it, unless
-- it has to be the owner's alone.
local function make_private(path, owner_only, fail)
  if not owner_only and connect.is_file(path) then return end
  local made, message = system.private_make(path)
  if not made then fail(message) end
end

local function set_up_sqlite(connection, pragmas, fail)
  for _, pragma in ipairs(pragmas) do
    local statement, message = connection:prepare("PRAGMA " .. pragma)
    local fine = statement
    if statement then
      fine, message = statement:execute()
      statement:close()
    end
    if not fine then
      connection:close()
      fail(message)
    end
  end
end

-- The driver says no more than this, whatever the reason is.
local NOTHING_SAID = "no connection to the server"
local ADVICE = " (does it run there? are account, password and name right, and the parameters behind the ?; a pooler "
  .. "such as pgbouncer needs pool_mode = session and ignore_startup_parameters = options)"

-- Our statements are prepared, so behind a pooler that gives each transaction another session the first one that comes
-- to another session fails like this. The lock that a sync takes would be somebody else's by then.
local POOLED = "the address leads to a pooler that gives each transaction another session (pgbouncer with pool_mode = "
  .. "transaction): use pool_mode = session, or PostgreSQL itself"

---What a message of the driver's means, where it does not say so.
---@param message string
---@return string
function connect.meant(message)
  local is_pooled = message:find 'prepared statement "[^"]*" does not exist'
    or message:find 'prepared statement "[^"]*" already exists'
  return is_pooled and POOLED or message
end

local function explained(message)
  if type(message) ~= "string" or not message:find(NOTHING_SAID, 1, true) then return message end
  return message:match "^(.-)%s*$" .. ADVICE
end

local SPARE = 5 -- seconds more than a statement may take, for PostgreSQL to say so itself

---Connects. Raises where LuaDBI or its driver is missing; whatever else goes wrong is told to `fail`, which raises.
---@param where imr.database.Address
---@param profile imr.database.Profile
---@param fail fun(message: any)
---@return table connection of LuaDBI
function connect.open(where, profile, fail)
  local dial = driver.load(profile.part, where.dialect)
  local connection, message
  if where.dialect == "sqlite" then
    make_private(where.path, profile.owner_only, fail)
    connection, message = dial(where.path)
  else
    connection, message = limited.connect(where.statement_timeout + SPARE, dial, where.conninfo, where.user,
      where.password, where.host, where.port)
  end
  if not connection then fail(explained(message)) end
  connection:autocommit(true)
  if where.dialect == "sqlite" then set_up_sqlite(connection, profile.pragmas, fail) end
  return connection
end

return connect
