-- The ledger's SQLite file through LuaDBI: private, written through to the disk, one statement at a time.
--
-- What goes wrong raises an error object of kind "ledger"; supply.lua turns it into `nil, err`. Integers of more than
-- 32 bits do not survive LuaDBI, so times are kept as text.

local address = require "imr.database.address"
local core = require "imr.core"
local errors = require "imr.errors"
local driver = require "imr.database.driver"
local watch_file = require("imr.database.connect").watch_file

local unpack = table.unpack or unpack

local Database = {}
Database.__index = Database

local database = {}

local function fail(message, kind)
  error(errors.new { kind = kind or "ledger", message = "the supply ledger: " .. tostring(message), retryable = false,
    executed = "no" }, 0)
end

---Opens the file, or makes it.
---@param path string
---@return table database errors are raised: of kind "missing" without LuaDBI, "usage" for a name that is no file's to
--- SQLite, else "ledger"
function database.open(path)
  local wrong = address.path_problem(path)
  if wrong then fail(wrong, "usage") end
  local connect = driver.load("the supply ledger", "sqlite")
  local private, problem = core.private_make(path) -- SQLite would let everybody read what it makes
  if not private then fail(problem) end
  local connection, message = connect(path)
  if not connection then fail(message) end
  connection:autocommit(true)
  local self = setmetatable({ connection = connection, gone = watch_file(path) }, Database)
  self:rows("PRAGMA busy_timeout = 10000")
  -- With the journal cut instead of removed a commit needs no directory to be written: FULL keeps it through a crash
  -- of the machine too.
  self:rows("PRAGMA journal_mode = TRUNCATE")
  self:rows("PRAGMA synchronous = FULL")
  return self
end

local function execute(self, sql, count, ...)
  if not self.connection then fail("it is closed") end
  local gone = self.gone()
  if gone then fail(gone) end -- nothing is sent on the word of a file that nobody will find again
  local statement, message = self.connection:prepare(sql)
  if not statement then fail(message) end
  local fine, why = statement:execute(unpack({ ... }, 1, count))
  if not fine then
    statement:close()
    fail(why)
  end
  return statement
end

---Runs a statement.
---@return integer affected rows
function Database:run(sql, ...)
  local statement = execute(self, sql, select("#", ...), ...)
  local affected = statement:affected()
  statement:close()
  return affected
end

---@return table[] rows by column name
function Database:rows(sql, ...)
  local statement, found = execute(self, sql, select("#", ...), ...), {}
  for row in statement:rows(true) do
    local copy = {}
    for name, value in pairs(row) do copy[name] = value end
    found[#found + 1] = copy
  end
  statement:close()
  return found
end

---All of `fn` or nothing of it. Nothing in it may wait.
function Database:transaction(fn)
  self:run("BEGIN IMMEDIATE")
  local fine, result = pcall(fn)
  if fine then fine, result = pcall(function() self:run("COMMIT") return result end) end
  if fine then return result end
  pcall(self.run, self, "ROLLBACK")
  error(result, 0)
end

---Twice is fine.
function Database:close()
  if self.connection then self.connection:close() end
  self.connection = nil
end

return database
