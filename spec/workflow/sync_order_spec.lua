-- It does not matter when and in which order syncs saw the rows: see spec/support/sync_order.lua.
local database = require "imr.database"
local order = require "support.sync_order"
local postgres = require "support.postgres"
local shell = require "support.shell"

describe("the rows of a platform that changes", function()
  local function try(where, seeds)
    local db, problems = assert(database.open(where)), {}
    for seed = 1, seeds do problems[#problems + 1] = order.try(db, seed) end
    db:close()
    assert.same({}, problems)
  end

  it("end up the same in SQLite, in whatever order they were seen", function()
    local directory = shell.scratch()
    try(directory .. "/imr.db", 60)
    shell.must("rm -r " .. directory)
  end)

  it("end up the same in PostgreSQL, in whatever order they were seen", function()
    local server = postgres.start()
    local fine, problem = pcall(try, server:url(), 10)
    server:stop()
    if not fine then error(problem, 0) end
  end)
end)
