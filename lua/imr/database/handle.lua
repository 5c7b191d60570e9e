--- A database that is open, whatever tables it holds: rows of the platform (imr.database), or the supply ledger.

local connect = require "imr.database.connect"
local encode = require("imr.base.json").encode
local expect_database = require "imr.database.expected"
local lock = require "imr.database.lock"
local Redactor = require "imr.client.redactor"
local rows = require "imr.database.rows"
local tables = require "imr.database.tables"
local types = require "imr.database.types"

---What differs from one kind of database to the other.
---@class imr.database.Profile
---@field part string of imr that needs it, where its driver is missing
---@field kind string of the errors that it raises
---@field name string that its messages begin with; %s is the place
---@field pragmas string[] of SQLite
---@field owner_only? boolean a file that others may read is refused
---@field watched? boolean each statement asks first whether the file is still there, not only each transaction

---A database that is open.
---@class imr.Database
---@field dialect "sqlite"|"postgres"
local Database = {}
Database.__index = Database
Database.__name = "imr.database"

-- Connections, kept where no dump of a database shows them.
local private = setmetatable({}, { __mode = "k" })

local handle = {}

function Database:__tostring()
  return ("imr.database(%s)"):format(self.shown)
end

---Raises an error object that names the database. Never holds the password.
---@param message any
function Database:fail(message)
  expect_database(self, "database:fail", 2)
  local text = connect.meant((tostring(message):gsub("%s+$", "")))
  local kept = private[self]
  error(connect.problem(kept.profile.kind, ("%s: %s"):format(kept.profile.name:format(self.shown),
    Redactor.new({ kept.password }):redact(text))), 0)
end

-- ---------------------------------------------------------------- statements

local function connection_of(self)
  local kept = private[self]
  if not (kept and kept.connection) then self:fail("it is closed") end
  return kept.connection
end

local function prepare(self, sql)
  local connection = connection_of(self)
  if private[self].profile.watched then self:check_file() end
  local statement, message = connection:prepare(sql)
  if not statement then self:fail(message) end
  return statement
end

-- Runs a statement that comes again and again: it stays prepared. One that failed does not, since SQLite would tell of
-- the same failure once more the next time.
local function run_kept(self, sql, ...)
  local kept = private[self]
  local statement = kept.statements[sql]
  if not statement then
    statement = prepare(self, sql)
    kept.statements[sql] = statement
  elseif kept.profile.watched then
    self:check_file()
  end
  local fine, message = statement:execute(...)
  if fine then return statement end
  kept.statements[sql] = nil
  statement:close()
  self:fail(message)
end

-- What imr.database.rows needs of us.
local access = {
  again = function(self, statement)
    local fine, message = statement:execute()
    if not fine then self:fail(message) end
  end,
  open = function(self, sql, ...)
    local statement = prepare(self, sql)
    local fine, message = statement:execute(...)
    if fine then return statement end
    statement:close()
    self:fail(message)
  end,
  reading = function(self) return private[self].reading end,
}

local function must_be_text(value, what, level)
  if type(value) ~= "string" then error(("%s must be a string, not a %s"):format(what, type(value)), level + 1) end
end

local function must_be_table(name, level)
  if type(name) ~= "string" or not tables[name] then
    error(("there is no table '%s'"):format(tostring(name)), level + 1)
  end
end

---Runs a statement; it is kept prepared, so its text should not be put together from values.
---@param sql string with ? for values
---@param ... any the values
---@return integer affected rows
function Database:execute(sql, ...)
  expect_database(self, "database:execute", 2)
  must_be_text(sql, "database:execute: the statement", 2)
  return run_kept(self, sql, ...):affected()
end

---The rows of a query, one at a time; however many there are, few are in memory.
---@param sql string SELECT with ? for values
---@param ... any the values
---@return fun(): table|nil
function Database:rows(sql, ...)
  expect_database(self, "database:rows", 2)
  must_be_text(sql, "database:rows: the statement", 2)
  return rows[self.dialect](self, access, true, sql, ...)
end

---The rows of a query as lists, in the order of its columns: the fastest way to many. A whole number may come as a
---float, and a flag of SQLite as 0 or 1. A row is valid until the next one is asked for.
---@param sql string SELECT with ? for values
---@param ... any the values
---@return fun(): any[]|nil
function Database:lists(sql, ...)
  expect_database(self, "database:lists", 2)
  must_be_text(sql, "database:lists: the statement", 2)
  return rows[self.dialect](self, access, false, sql, ...)
end

---The first row of a query, or nil; it is kept prepared like that of `execute`.
---@param sql string SELECT with ? for values
---@param ... any the values
---@return table|nil
function Database:row(sql, ...)
  expect_database(self, "database:row", 2)
  must_be_text(sql, "database:row: the statement", 2)
  local statement, first = run_kept(self, sql, ...), nil
  for raw in statement:rows(true) do first = first or rows.copy(raw) end
  return first
end

---All rows of a query that has few; it is kept prepared like that of `execute`.
---@param sql string SELECT with ? for values
---@param ... any the values
---@return table[]
function Database:all(sql, ...)
  expect_database(self, "database:all", 2)
  must_be_text(sql, "database:all: the statement", 2)
  local list = {}
  for raw in run_kept(self, sql, ...):rows(true) do list[#list + 1] = rows.copy(raw) end
  return list
end

-- ---------------------------------------------------------------- columns

---An expression of this type, so that its value arrives exactly: text for decimals, whole numbers for times.
---@param type "time"|"int"|"dec"
---@param expression string
---@return string SQL
function Database:exact(type, expression)
  expect_database(self, "database:exact", 2)
  return types.read(self.dialect, type, expression)
end

---The columns of a table for SELECT, each so that its value arrives exactly.
---@param name string of the table
---@return string SQL
function Database:columns(name)
  expect_database(self, "database:columns", 2)
  must_be_table(name, 2)
  local list = {}
  for index, column in ipairs(tables[name].columns) do
    list[index] = types.read(self.dialect, column.type, column.name) .. " AS " .. column.name
  end
  return table.concat(list, ", ")
end

---The rows of a table with all columns.
---@param name string of the table
---@param tail? string WHERE, ORDER BY … with ? for values
---@param ... any the values
---@return fun(): table|nil
function Database:select(name, tail, ...)
  expect_database(self, "database:select", 2)
  must_be_table(name, 2)
  return self:rows(("SELECT %s FROM %s %s"):format(self:columns(name), name, tail or ""), ...)
end

local function among_sqlite(column, list)
  return column .. " IN (SELECT value FROM json_each(?))", encode(list)
end

local function among_postgres(column, list)
  local parts = {}
  for index, text in ipairs(list) do parts[index] = '"' .. text:gsub('[\\"]', "\\%0") .. '"' end
  return column .. " = ANY (CAST(? AS TEXT[]))", "{" .. table.concat(parts, ",") .. "}"
end

local among = { sqlite = among_sqlite, postgres = among_postgres }

---A condition that a column holds one of these texts, and its one value: statements have room for few.
---@param column string
---@param list string[] any number of them
---@return string SQL with one ?
---@return string value
function Database:among(column, list)
  expect_database(self, "database:among", 2)
  must_be_text(column, "database:among: the column", 2)
  if type(list) ~= "table" then error("database:among takes a list of texts, not a " .. type(list), 2) end
  return among[self.dialect](column, list)
end

-- ---------------------------------------------------------------- transactions

---All of `fn` or nothing of it. Nothing in it may wait. Inside another one it is a part of that.
---@param fn fun(): any
---@return any what fn returns
function Database:transaction(fn)
  expect_database(self, "database:transaction", 2)
  if type(fn) ~= "function" then error("database:transaction takes a function, not a " .. type(fn), 2) end
  local kept = private[self]
  connection_of(self)
  if kept.inside then return fn() end
  self:check_file()
  self:execute(self.dialect == "sqlite" and "BEGIN IMMEDIATE" or "BEGIN")
  kept.inside = true
  local fine, result = pcall(fn)
  kept.inside = false
  if fine then fine, result = pcall(function() self:execute("COMMIT") return result end) end
  if fine then
    self:check_file()
    return result
  end
  pcall(self.execute, self, "ROLLBACK")
  error(result, 0)
end

---Raises where its file has been removed or replaced: what is stored there is lost.
function Database:check_file()
  expect_database(self, "database:check_file", 2)
  local gone = private[self].gone
  local problem_found = gone and gone()
  if problem_found then self:fail(problem_found) end
end

-- ---------------------------------------------------------------- one at a time

---Takes the lock of the one who may write here. It ends with the process.
---@param wait? number seconds
---@return boolean taken false while somebody has it, be it through this very object
function Database:lock(wait)
  expect_database(self, "database:lock", 2)
  local kept = private[self]
  if kept.release then return false end
  kept.release = lock.take(self, wait)
  return kept.release ~= nil
end

---Who has the lock.
---@return string|nil nil where nobody has it, or nobody can tell
function Database:lock_holder()
  expect_database(self, "database:lock_holder", 2)
  return lock.holder(self)
end

---Twice is fine.
function Database:unlock()
  expect_database(self, "database:unlock", 2)
  local kept = private[self]
  if kept.release then kept.release() end
  kept.release = nil
end

---Twice is fine.
function Database:close()
  expect_database(self, "database:close", 2)
  local kept = private[self]
  if not kept.connection then return end
  self:unlock()
  for _, statement in pairs(kept.statements) do statement:close() end
  for statement in pairs(kept.reading) do
    statement:close()
    kept.reading[statement] = nil
  end
  kept.connection:close()
  kept.connection, kept.statements = nil, {}
end

---Connects to it.
---@param where imr.database.Address
---@param profile imr.database.Profile
---@return imr.Database
function handle.open(where, profile)
  local self = setmetatable({ dialect = where.dialect, shown = where.shown }, Database)
  local kept = { statements = {}, reading = {}, password = where.password, inside = false, profile = profile }
  private[self] = kept
  kept.connection = connect.open(where, profile, function(message) self:fail(message) end)
  kept.gone = where.path and connect.watch_file(where.path)
  return self
end

---Makes its tables, or brings them up to date.
---@param db imr.Database
---@param migrate fun(db: imr.Database) what that raises closes it
---@return imr.Database
function handle.with_tables(db, migrate)
  local fine, problem = pcall(migrate, db)
  if fine then return db end
  db:close()
  error(problem, 0)
end

return handle
