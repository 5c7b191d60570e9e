-- The ledger's SQLite file: its owner's alone, written through to the disk, still there at each statement.
--
-- Integers of more than 32 bits do not survive LuaDBI, so times are kept as text.

local address = require "imr.database.address"
local connect = require "imr.database.connect"
local handle = require "imr.database.handle"

-- With the journal cut instead of removed a commit needs no directory to be written: FULL keeps it through a crash of
-- the machine too. Nothing is sent on the word of a file that nobody will find again.
local PROFILE = { part = "the supply ledger", kind = "ledger", name = "the supply ledger", owner_only = true,
  watched = true, pragmas = { "busy_timeout = 10000", "journal_mode = TRUNCATE", "synchronous = FULL" } }

local database = {}

---Opens the file, or makes it.
---@param path string
---@return imr.Database database errors are raised: of kind "missing" without LuaDBI, "usage" for a name that is no
--- file's to SQLite, else "ledger"
function database.open(path)
  local file, wrong = address.file(path)
  if not file then error(connect.problem("usage", "the supply ledger: " .. wrong), 0) end
  return handle.open(file, PROFILE)
end

---All rows of a query: what reads them may write.
---@param db imr.Database
---@return table[]
function database.list(db, sql, ...)
  local found = {}
  for row in db:rows(sql, ...) do found[#found + 1] = row end
  return found
end

return database
