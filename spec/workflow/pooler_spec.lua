-- Behind a pooler that gives each transaction another session nothing of a session lasts: neither a statement that was
-- prepared nor the lock of a sync. It is told for what it is.
local database = require "imr.database"
local files = require "support.files"
local port = require "support.port"
local postgres = require "support.postgres"
local process = require "support.process"
local shell = require "support.shell"

describe("behind pgbouncer", function()
  local server, scratch, pooler, number, name, password

  setup(function()
    server = postgres.start()
    password = postgres.password
    name = select(2, server:url())
  end)
  teardown(function() server:stop() end)

  local function start(mode)
    scratch, number = shell.scratch(), port.free()
    files.write(scratch .. "/ini", ([[
[databases]
%s = host=127.0.0.1 port=%d dbname=%s user=imr password='%s'
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
auth_type = any
pool_mode = %s
default_pool_size = 4
ignore_startup_parameters = options
]]):format(name, server.port, name, password, number, mode))
    shell.must("chmod 755 " .. scratch)
    local user = shell.lines("id -u")[1] == "0" and "-u postgres " or ""
    pooler = process.start(("timeout 300 pgbouncer %s%s/ini"):format(user, scratch), "process up")
  end

  after_each(function()
    if pooler then pooler:stop() end
    if scratch then shell.must("rm -rf " .. scratch) end
  end)

  local function two()
    local where = ("postgres://imr@127.0.0.1:%d/%s"):format(number, name)
    local list = {}
    for index = 1, 2 do
      local db, err = database.open(where)
      if not db then error(err, 0) end
      list[index] = db
    end
    return list[1], list[2]
  end

  it("a transaction's session is said to be none of ours", function()
    if not shell.run "command -v pgbouncer" then return pending "pgbouncer is not installed" end
    start "transaction"
    local fine, err = pcall(function()
      local one, other = two() -- the second may find the first one's statements already
      for _ = 1, 5 do
        one:transaction(function()
          one:row "SELECT 1 AS one"
          other:transaction(function() other:row "SELECT 2 AS two" end)
        end)
        other:transaction(function()
          other:row "SELECT 2 AS two"
          one:row "SELECT 1 AS one"
        end)
      end
    end)
    assert.is_false(fine)
    assert.equal("database", err.kind)
    assert.matches("the address leads to a pooler that gives each transaction another session", err.message)
  end)

  it("a session of one's own is like PostgreSQL itself", function()
    if not shell.run "command -v pgbouncer" then return pending "pgbouncer is not installed" end
    start "session"
    local one, other = two()
    one:transaction(function()
      one:row "SELECT 1 AS one"
      assert.equal(2, other:row("SELECT 2 AS two").two)
    end)
    one:close()
    other:close()
  end)
end)
