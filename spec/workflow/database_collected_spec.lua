-- A database in PostgreSQL, or a ledger, that nobody closes: the driver crashes where a statement is put away after its
-- connection, and the collector takes them in any order.
local postgres = require "support.postgres"
local process = require "support.process"
local shell = require "support.shell"

-- Several are used and forgotten; the last one is open when the program ends.
local SCRIPT = [[
  package.path, package.cpath = %q, %q
  local function use()
    local opened = assert(%s)
    %s
    return opened
  end
  for _ = 1, 6 do
    use()
    collectgarbage()
    collectgarbage()
  end
  KEPT = use()
  print("the end")
]]

describe("in PostgreSQL, never closed:", function()
  local server

  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)

  local function forget(open, use)
    local text = SCRIPT:format(package.path, package.cpath, open:format(server:url()), use)
    return shell.must(process.interpreter .. " -e " .. shell.quote(text))
  end

  it("a database", function()
    local use = "for _ in opened:rows 'SELECT generate_series(1, 2000) AS n' do break end opened:row 'SELECT 1 AS one'"
    assert.equal("the end\n", forget("require('imr.database').open %q", use))
  end)

  it("a supply ledger", function()
    assert.equal("the end\n", forget("require('imr.workflow.supply').open { ledger = %q }",
      "opened.status() opened.history()"))
  end)
end)
