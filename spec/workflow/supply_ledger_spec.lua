-- The ledger: on the disk before anything is sent, one queue at a time, and whole after a death at any step.
local chaos = require "support.supply_chaos"
local files = require "support.files"
local process = require "support.process"
local supply = require "support.supply"
local workflow = require "imr.workflow.supply"

describe("the ledger", function()
  it("has the intents on record before the first leaves, and `sending` before each", function()
    supply.run({}, function(case)
      local seen = {}
      local other = case:open()
      local client = case.world:client { transport = function(request)
        if request.command then seen[#seen + 1] = supply.states(other.history()) end
        return case.world:transport()(request)
      end }
      local handle = case:open { client = client }
      assert(handle.apply(supply.plan_of(handle, case, 2)))
      assert.same({ { "sending", "planned" }, { "accepted", "sending" } }, seen)
    end)
  end)

  it("is written through to the disk", function()
    supply.run({}, function(case)
      local database = require("imr.workflow.supply.database").open(case.path)
      assert.equal(2, database:row("PRAGMA synchronous").synchronous)
      database:close()
    end)
  end)

  it("sends nothing when it cannot be written", function()
    supply.run({}, function(case)
      local handle = case:open()
      local plan = supply.plan_of(handle, case, 2)
      handle.close()
      local report, err = handle.apply(plan)
      assert.same({ nil, "ledger" }, { report, err.kind })
      assert.equal(0, #case:executions())
    end)
  end)

  it("is its owner's alone", function()
    supply.run({}, function(case)
      case:open().close()
      assert.equal("600", files.mode(case.path))
    end)
  end)

  it("is refused when others may read it", function()
    supply.run({}, function(case)
      case:open().close()
      os.execute("chmod 644 " .. case.path)
      local handle, err = workflow.open { ledger = case.path }
      assert.same({ nil, "ledger" }, { handle, err.kind })
      assert.matches("chmod", err.message, 1, true)
    end)
  end)

  it("stays locked for other processes while it is opened once more in this one", function()
    supply.run({}, function(case)
      case:open().close()
      local databases = require "imr.workflow.supply.database"
      local database = databases.open(case.path)
      database:execute("BEGIN IMMEDIATE")
      databases.open(case.path):close()
      local ok, output = process.lua(([[
        local connection = require("DBI").Connect("SQLite3", %q)
        connection:autocommit(true)
        print(connection:prepare("BEGIN IMMEDIATE"):execute())]]):format(case.path))
      database:execute("ROLLBACK")
      database:close()
      assert.is_true(ok, output)
      assert.matches("^false%s+.*locked", output)
    end)
  end)

  it("of a later version is left alone", function()
    supply.run({}, function(case)
      case:open().close()
      local database = require("imr.workflow.supply.database").open(case.path)
      database:execute("PRAGMA user_version = 99")
      database:close()
      local handle, err = workflow.open { ledger = case.path }
      assert.same({ nil, "ledger" }, { handle, err.kind })
    end)
  end)

  it("keeps times beyond 2038", function()
    supply.run({}, function(case)
      local handle = case:open { clock = function() return 4102444800 + case.world:now() end }
      assert(handle.apply(supply.plan_of(handle, case, 1)))
      assert.matches("^2100%-01%-01T00:00:0%dZ$", handle.history()[1].sent)
    end)
  end)

  it("without LuaDBI says how to install it", function()
    local ok, output = process.lua([[
      package.preload["DBI"] = function() error("module 'DBI' not found") end
      local supply, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      print(supply, err.kind, err.message)]])
    assert.is_true(ok)
    assert.matches("nil%s+missing%s+the supply ledger needs [%w.]+: luarocks install luadbi%-sqlite3", output)
  end)

  it("without the SQLite driver says the same", function()
    local ok, output = process.lua([[
      package.preload["dbd.sqlite3"] = function() error("module 'dbd.sqlite3' not found:") end
      local supply, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      print(supply, err.kind, err.message)]])
    assert.is_true(ok)
    assert.matches("nil%s+missing%s+the supply ledger needs [%w.]+: luarocks install luadbi%-sqlite3", output)
  end)

  it("is refused inside an nginx worker, with a way out", function()
    local ok, output = process.lua([[
      ngx = { get_phase = function() return "content" end }
      local supply, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      print(supply, err.kind, err.message)]])
    assert.is_true(ok)
    assert.matches("nil%s+phase%s+.*beside nginx", output)
  end)
end)

describe("a second process", function()
  it("cannot run the same queue, nor resolve", function()
    supply.run({}, function(case)
      local handle, other = case:open(), case:open()
      local plan, refused = supply.plan_of(other, case, 1), {}
      assert(handle.apply(supply.plan_of(handle, case, 2), { on_progress = function(event)
        if event.state ~= "sending" then return end
        refused[#refused + 1] = select(2, other.apply(plan)).kind
        refused[#refused + 1] = select(2, other.resolve()).kind
        assert.is_true(other.status().running)
      end }))
      assert.same({ "locked", "locked", "locked", "locked" }, refused)
      assert.is_false(other.status().running)
    end)
  end)

  it("may when the first was killed", function()
    supply.run({}, function(case)
      local program = ([[package.path, package.cpath = %q, %q
        local core = require "imr.core"
        local system = require "imr.os"
        local lock = assert(system.private_lock(%q))
        print(io.open("/proc/self/stat"):read("*n"))
        io.stdout:flush()
        core.sleep(30)
        lock:release()]]):format(package.path, package.cpath, case.path .. ".lock")
      local held = assert(io.popen(("%s -e '%s'"):format(process.interpreter, program)))
      local pid = held:read("*n")
      local handle = case:open()
      local plan = supply.plan_of(handle, case, 1)
      local report, err = handle.apply(plan)
      assert.same({ nil, "locked" }, { report, err.kind })
      os.execute("kill -9 " .. pid)
      held:close()
      assert.equal(1, assert(handle.apply(plan)).counts.accepted)
    end)
  end)
end)

it("a death at every single step of a small plan loses nothing", function()
  local last
  for at = 1, 400 do
    supply.run({}, function(case)
      local switch = chaos.switch(at, function() error("killed", 0) end)
      chaos.watch(switch)
      local handle
      local fine, problem = pcall(function()
        handle = case:open { client = case.world:client {
          transport = chaos.transport(case.world:transport(), switch), on_event = function() end,
        } }
        assert(handle.apply(supply.plan_of(handle, case, 2), { confirm = true }))
      end)
      chaos.watch(nil)
      if handle then handle.close() end
      assert(fine or problem == "killed", problem)
      case.world:sleep(10)
      local other = case:open()
      assert(other.resolve())
      assert(other.apply(assert(other.pending())))
      other.close()
      chaos.check(chaos.settled(case), chaos.executions(case))
      last = fine and at or nil
    end)
    if last then break end
  end
  assert.is_true(last > 60, "the last step was " .. tostring(last))
end)
