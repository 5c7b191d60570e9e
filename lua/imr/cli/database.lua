--- The database of a command: --db.

local database = {}

---Adds the flag.
function database.configure(parser)
  parser:option("--db", "The database: a file, or postgres://USER@HOST/NAME (environment: IMR_DB; default: imr.db).")
    :argname "WHERE"
end

---@param arguments table of the command line
---@return string where
function database.where(arguments)
  local named = arguments.db or os.getenv("IMR_DB")
  if arguments.db and arguments.db:match("^postgres%a*://[^/@]*:[^/@]+@") then
    require("imr.cli.exit").usage("a password has no place in the arguments: others can read them; set IMR_DB")
  end
  return named and named ~= "" and named or "imr.db"
end

---Opens it. Raises.
---@param arguments table of the command line
---@return imr.Database
function database.open(arguments)
  local db, err = require("imr.database").open(database.where(arguments))
  if not db then error(err, 0) end
  return db
end

return database
