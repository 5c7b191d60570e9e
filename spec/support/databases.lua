-- Databases for specs, of both kinds, each new and empty.
local database = require "imr.database"
local postgres = require "support.postgres"

local databases = {}

--- For each kind what gives a new place. PostgreSQL runs as long as the block that asks.
---@param setup function busted's
---@param teardown function busted's
---@return table<string, fun(): string> by name
function databases.places(setup, teardown)
  local server
  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)
  return {
    SQLite = function() return os.tmpname() end,
    PostgreSQL = function() return (server:url()) end,
  }
end

--- Removes what SQLite has left; one of PostgreSQL's goes with its server.
---@param where string
function databases.remove(where)
  for _, ending in ipairs { "", "-journal", "-wal", "-shm", ".lock" } do os.remove(where .. ending) end
end

--- A database of each test's own, as `db` at `where`.
---@param before_each function busted's
---@param after_each function busted's
---@param make fun(): string of places()
---@return table
function databases.fresh(before_each, after_each, make)
  local own = {}
  before_each(function()
    own.where = make()
    own.db = assert(database.open(own.where))
  end)
  after_each(function()
    own.db:close()
    databases.remove(own.where)
  end)
  return own
end

--- Runs work(db, first, last) for some seeds after the other, each time on a database of its own.
---@param make fun(): string of places()
---@param seeds { first: integer, count: integer, batch: integer }
---@param work fun(db: imr.Database, first: integer, last: integer)
function databases.in_batches(make, seeds, work)
  local last = seeds.first + seeds.count - 1
  for first = seeds.first, last, seeds.batch do
    local where = make()
    local db = assert(database.open(where))
    local fine, problem = pcall(work, db, first, math.min(first + seeds.batch - 1, last))
    db:close()
    databases.remove(where)
    if not fine then error(problem, 0) end
  end
end

return databases
