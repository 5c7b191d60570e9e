--- The database of a command: --db.

local environment = require "imr.cli.input.environment"
local exit = require "imr.cli.exit"

local database = {}

---Adds the flag.
function database.configure(parser)
  parser:option("--db", "The database: a file, or postgres://USER@HOST/NAME (environment: IMR_DB; default: imr.db).")
    :argname "WHERE"
end

local function has_password(given)
  return given:find("^%s*postgres%a*:.*:.*@") or given:find("^%s*postgres.*[?&]password=")
end

---@param arguments table of the command line
---@return string where
function database.where(arguments)
  local given = arguments.db
  if given and (has_password(given:lower())) then
    exit.password_in_arguments "IMR_DB"
  end
  return given or environment "IMR_DB" or "imr.db"
end

---Opens one that `imr sync` has made. Raises.
---@param arguments table of the command line
---@return imr.Database
function database.open(arguments)
  local db, err = require("imr.database").open(database.where(arguments), { existing = true })
  if not db then error(err, 0) end
  return db
end

return database
