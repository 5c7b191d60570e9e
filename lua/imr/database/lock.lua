--- The lock of the one process that may write: a file beside SQLite's, an advisory lock in PostgreSQL. Either ends with
--- its process, even a killed one.

local core = require "imr.core"
local system = require "imr.os"

local lock = {}

local NUMBER = 724632 -- of PostgreSQL's advisory locks, in this database
local WAIT = 5 -- seconds; PostgreSQL may not have noticed yet that the one before was killed

local take = {}

function take.postgres(db)
  if not db:row("SELECT pg_try_advisory_lock(CAST(? AS BIGINT)) AS taken", NUMBER).taken then return nil end
  return function()
    -- Where the connection is lost, so is the lock.
    pcall(db.row, db, "SELECT pg_advisory_unlock(CAST(? AS BIGINT)) AS freed", NUMBER)
  end
end

function take.sqlite(db)
  local file, message = system.private_lock(db.shown .. ".lock")
  if not file and message then db:fail(message) end
  return file and function() file:release() end
end

local HOLDER = "SELECT a.pid, a.usename, host(a.client_addr) AS client, to_char(a.backend_start AT TIME ZONE 'UTC', "
  .. "'YYYY-MM-DD HH24:MI:SS') AS since FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid "
  .. "WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = CAST(? AS OID) AND l.database = "
  .. "(SELECT oid FROM pg_database WHERE datname = current_database())"

---Who has the lock, as far as PostgreSQL tells.
---@param db imr.Database
---@return string|nil
function lock.holder(db)
  if db.dialect ~= "postgres" then return nil end
  local found = db:row(HOLDER, NUMBER)
  return found and ("server process %d of user %s%s%s"):format(found.pid, found.usename or "?",
    found.client and " from " .. found.client or "",
    found.since and ", connected since " .. found.since .. " UTC" or "")
end

---@param db imr.Database
---@param wait? number seconds
---@return fun()|nil release nil while somebody else has it
function lock.take(db, wait)
  local until_then = core.now() + (wait or db.dialect == "postgres" and WAIT or 0)
  local release = take[db.dialect](db)
  while not release and core.now() <= until_then do
    core.sleep(0.05)
    release = take[db.dialect](db)
  end
  return release
end

return lock
