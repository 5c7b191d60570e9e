-- What writes to a database would block a worker: there it is refused, with a way out.
local site = require "support.site"

describe("in a worker #nginx", function()
  local server

  setup(function() server = site.start {} end)
  teardown(function() server:stop() end)

  local function refused(program, way_out)
    local result, kind, message = server:run(program)
    assert.equal("none", result)
    assert.equal("phase", kind)
    assert.truthy(message:find(way_out, 1, true), message)
  end

  it("the supply ledger is refused", function()
    refused([[
      local ledger, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      return ledger or "none", err.kind, err.message]], "beside nginx")
  end)

  it("the database is refused", function()
    refused([[
      local db, err = require("imr.database").open(os.tmpname())
      return db or "none", err.kind, err.message]], "run imr sync beside nginx")
  end)
end)
