--- The database of a command: --db.

local environment = require "imr.cli.input.environment"
local exit = require "imr.cli.exit"
local scheme_of = require "imr.base.scheme"
local language = require "imr.language"
local terminal = require "imr.cli.output.terminal"

local database = {}

---Adds the flag.
function database.configure(parser)
  parser:option("--db", "The database: a file, or postgres://USER@HOST/NAME (environment: IMR_DB; default: imr.db).")
    :argname "WHERE"
end

---Does the address hold a password, which has no place in the arguments?
---@param given string
---@return boolean
function database.has_password(given)
  given = given:lower()
  return scheme_of(given) and (given:find ":.*:.*@" or given:find "[?&]password=") ~= nil
end

---@param arguments table of the command line
---@return string where
function database.where(arguments)
  local given = arguments.db
  if given and database.has_password(given) then
    exit.password_in_arguments "IMR_DB"
  end
  return given or environment "IMR_DB" or "imr.db"
end

local MOST_NAMED = 10

local function text_of(entry)
  if #entry.alike == 0 then return entry.number end
  return language.text("%s (it knows '%s')", entry.number, table.concat(entry.alike, "', '"))
end

-- What was asked for and is not there must not look like a meter that nothing is wrong with.
local function expect_meters(db, meters)
  local missing, texts = require("imr.database.numbers").missing(db, meters), {}
  if #missing == 0 then return end
  for index = 1, math.min(#missing, MOST_NAMED) do texts[index] = terminal.safe(text_of(missing[index])) end
  if #missing > MOST_NAMED then texts[#texts + 1] = language.text("and %d more", #missing - MOST_NAMED) end
  exit.fail("unknown_meter", "the database knows no meter %s", table.concat(texts, ", "))
end

---Opens one that `imr sync` has made. Raises.
---@param arguments table of the command line
---@param meters? string[] that it has to know
---@return imr.Database
function database.open(arguments, meters)
  local db, err = require("imr.database").open(database.where(arguments), { existing = true })
  if not db then error(err, 0) end
  local fine, problem = pcall(expect_meters, db, meters or {})
  if fine then return db end
  db:close()
  error(problem, 0)
end

---Times of a database are counted from 1970 on.
---@param options { from: integer?, to: integer?, cutoff: integer? }
function database.expect_times(options)
  for _, name in ipairs { "from", "to", "cutoff" } do
    if options[name] and options[name] < 0 then exit.usage("no meter was read before 1970") end
  end
end

---Runs a workflow over the database that the command line names, and closes it in any case. Raises.
---@param arguments table
---@param work fun(db: imr.Database, options: table): any|nil, table|nil
---@param options table
---@return any what it returns
function database.run(arguments, work, options)
  database.expect_times(options)
  local db = database.open(arguments, options.meters)
  local fine, result, err = pcall(work, db, options)
  db:close()
  if fine and result then return result end
  error(fine and err or result, 0)
end

return database
