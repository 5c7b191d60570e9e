--- LuaDBI with the driver of a dialect.

local core = require "imr.core"
local needs = require "imr.base.needs"

local driver = {}

local drivers = {
  sqlite = { name = "SQLite3", module = "dbd.sqlite3", rock = "luadbi-sqlite3", debian = "lua-dbi-sqlite3" },
  postgres = { name = "PostgreSQL", module = "dbd.postgresql", rock = "luadbi-postgresql",
    debian = "lua-dbi-postgresql" },
}

---Raises an error object of kind "missing" that says how to get what is not there.
---@param part string of imr that needs it, such as "the database"
---@param dialect "sqlite"|"postgres"
---@return fun(...): table|nil, string|nil connect makes a connection of LuaDBI, or nil and what is wrong
function driver.load(part, dialect)
  local chosen = drivers[dialect]
  local dbi = needs(part, "DBI", chosen.rock, chosen.debian)
  needs(part, chosen.module, chosen.rock, chosen.debian)
  return function(...)
    core.keep_standard_descriptors() -- a driver's files and sockets have whatever number is free
    return dbi.Connect(chosen.name, ...)
  end
end

return driver
