-- The text that names a database or a ledger: a file, or a PostgreSQL. What is neither makes nothing and shows nothing.
local cli = require "support.cli"
local shell = require "support.shell"
local simulator = require "support.simulator"

describe("a database's address", function()
  local platform, user

  setup(function() platform = simulator.start { meters = 2, days = 1, interval = 0 } end)
  teardown(function() platform:stop() end)
  before_each(function() user = cli.user(platform.url, { IMR_STORE = "memory" }) end)
  after_each(function() user:remove() end)

  -- In an empty directory of its own.
  local function run(arguments, environment)
    local here = shell.lines("pwd")[1]
    local program = function() return here .. "/bin/imr" end
    local command = user:command(arguments, environment):gsub("'%./bin/imr'", program)
    shell.must("mkdir -p " .. user.home .. "/empty")
    local ok, output = shell.run(("cd %s/empty && %s; echo code=$?"):format(user.home, command))
    assert.is_true(ok)
    return tonumber(output:match "code=(%d+)"), output
  end

  local REFUSED = {
    ":memory:", "sqlite::memory:", "file:x.db", "file:x.db?mode=memory", "FILE:x.db", "sqlite:file:x.db",
    "SQLite:File:x.db?cache=shared", "file:%2e/x.db", "mysql:x", "http://x/y", "redis://:SECRET@h/x", "x y:SECRET@h",
    "postgres:/u:SECRET@h/x", "postgre://u:SECRET@h/x", "postgres//u:SECRET@h/x", "//u:SECRET@h/x", "postgres:x",
    "jdbc:postgresql://u:SECRET@h/x", "sqlite:postgres://u:SECRET@h/x", "SQLITE:x",
  }

  local COMMANDS = { "sync --interval 0", "supply history", "check", "supply disconnect --yes --reason x 1", "export",
    "supply status" }

  local function is_refused(status, output)
    assert.equal(2, status, output)
    assert.is_nil(output:find("SECRET", 1, true), output)
    assert.same({}, user:list "empty")
  end

  it("that is none is refused by every command, makes nothing and is not shown", function()
    for index, where in ipairs(REFUSED) do
      local db, ledger = COMMANDS[index % 3 * 2 + 1], COMMANDS[index % 3 * 2 + 2]
      is_refused(run(("%s --db %s"):format(db, shell.quote(where))))
      is_refused(run(("%s --ledger %s"):format(ledger, shell.quote(where))))
      is_refused(run(db, { IMR_DB = where }))
      is_refused(run(ledger, { IMR_LEDGER = where }))
    end
  end)

  it("that is empty is none either", function()
    for _, command in ipairs(COMMANDS) do
      is_refused(run(("%s --%s ''"):format(command, command:find "^supply" and "ledger" or "db")))
    end
  end)

  it("is a file's name, of which nothing means anything else", function()
    for where, name in pairs { ["x.db?mode=memory"] = "x.db?mode=memory", ["./file:x.db"] = "file:x.db",
      ["sqlite:./:memory:"] = ":memory:", ["x%41.db"] = "x%41.db" } do
      local status, output = run("sync --interval 0 --listing meters", { IMR_DB = where })
      assert.equal(0, status, output)
      assert.same({ name, name .. ".lock" }, user:list "empty")
      assert.same({ "600" }, shell.lines(("stat -c %%a %s/empty/%s"):format(user.home, shell.quote(name))))
      shell.must(("rm -r %s/empty"):format(user.home))
    end
  end)
end)
