--- LuaDBI with the driver of a dialect.

local needs = require "imr.needs"

local driver = {}

local drivers = {
  sqlite = { name = "SQLite3", module = "dbd.sqlite3", rock = "luadbi-sqlite3", debian = "lua-dbi-sqlite3" },
  postgres = { name = "PostgreSQL", module = "dbd.postgresql", rock = "luadbi-postgresql",
    debian = "lua-dbi-postgresql" },
}

---Raises an error object of kind "missing" that says how to get what is not there.
---@param part string of imr that needs it, such as "the database"
---@param dialect "sqlite"|"postgres"
---@return table dbi
---@return string name of the driver for dbi.Connect
function driver.load(part, dialect)
  local chosen = drivers[dialect]
  local dbi = needs(part, "DBI", chosen.rock, chosen.debian)
  needs(part, chosen.module, chosen.rock, chosen.debian)
  return dbi, chosen.name
end

return driver
