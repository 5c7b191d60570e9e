--- The lock of the one process that may write: a file beside SQLite's, an advisory lock in PostgreSQL. Either ends with
--- its process, even a killed one.

local core = require "imr.core"

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
  local file, message = core.private_lock(db.shown .. ".lock")
  if not file and message then db:fail(message) end
  return file and function() file:release() end
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
