-- The ledger: on the disk before anything is sent, one queue at a time, and what a crash leaves.
local chaos = require "support.supply_chaos"
local files = require "support.files"
local process = require "support.process"
local supply = require "support.supply"
local workflow = require "imr.workflow.supply"

local REASON = { reason = "unpaid" }

local function plan_of(handle, case, count)
  return assert(handle.plan({ (table.unpack or unpack)(case.devices, 1, count) }, "disconnect", REASON))
end

-- A process that ends at the command's way out ("before") or back ("after"): from then on it writes nothing more.
local function dies(case, where)
  local switch = chaos.switch(0)
  local client = case.world:client { on_event = function() end, transport = function(request)
    switch.dead = switch.dead or request.command and where == "before" or false
    switch.step()
    local status, body, headers = case.world:transport()(request)
    switch.dead = switch.dead or request.command or false
    switch.step()
    return status, body, headers
  end }
  chaos.watch(switch)
  local handle = case:open { client = client }
  local plan = plan_of(handle, case, 2)
  local fine, problem = pcall(handle.apply, plan)
  chaos.watch(nil)
  handle.close()
  assert.same({ false, "killed" }, { fine, problem })
end

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
      assert(handle.apply(plan_of(handle, case, 2)))
      assert.same({ { "sending", "planned" }, { "accepted", "sending" } }, seen)
    end)
  end)

  it("is written through to the disk", function()
    supply.run({}, function(case)
      local database = require("imr.workflow.supply_database").open(case.path)
      assert.equal(2, database:rows("PRAGMA synchronous")[1].synchronous)
      database:close()
    end)
  end)

  it("sends nothing when it cannot be written", function()
    supply.run({}, function(case)
      local handle = case:open()
      local plan = plan_of(handle, case, 2)
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
      local databases = require "imr.workflow.supply_database"
      local database = databases.open(case.path)
      database:run("BEGIN IMMEDIATE")
      databases.open(case.path):close()
      local ok, output = process.lua(([[
        local connection = require("DBI").Connect("SQLite3", %q)
        connection:autocommit(true)
        print(connection:prepare("BEGIN IMMEDIATE"):execute())]]):format(case.path))
      database:run("ROLLBACK")
      database:close()
      assert.is_true(ok, output)
      assert.matches("^false%s+.*locked", output)
    end)
  end)

  it("of a later version is left alone", function()
    supply.run({}, function(case)
      case:open().close()
      local database = require("imr.workflow.supply_database").open(case.path)
      database:run("PRAGMA user_version = 99")
      database:close()
      local handle, err = workflow.open { ledger = case.path }
      assert.same({ nil, "ledger" }, { handle, err.kind })
    end)
  end)

  it("keeps times beyond 2038", function()
    supply.run({}, function(case)
      local handle = case:open { clock = function() return 4102444800 + case.world:now() end }
      assert(handle.apply(plan_of(handle, case, 1)))
      assert.matches("^2100%-01%-01T00:00:0%dZ$", handle.history()[1].sent)
    end)
  end)

  it("without LuaDBI says how to install it", function()
    local ok, output = process.lua([[
      package.preload["DBI"] = function() error("module 'DBI' not found") end
      local supply, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      print(supply, err.kind, err.message)]])
    assert.is_true(ok)
    assert.matches("nil%s+missing%s+.*luarocks install luadbi%-sqlite3", output)
  end)

  it("without the SQLite driver says the same", function()
    local ok, output = process.lua([[
      package.preload["dbd.sqlite3"] = function() error("no such driver") end
      local supply, err = require("imr.workflow.supply").open { ledger = os.tmpname() }
      print(supply, err.kind, err.message)]])
    assert.is_true(ok)
    assert.matches("nil%s+missing%s+.*luarocks install luadbi%-sqlite3", output)
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
      local plan, refused = plan_of(other, case, 1), {}
      assert(handle.apply(plan_of(handle, case, 2), { on_progress = function(event)
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
        local lock = assert(core.private_lock(%q))
        print(io.open("/proc/self/stat"):read("*n"))
        io.stdout:flush()
        core.sleep(30)
        lock:release()]]):format(package.path, package.cpath, case.path .. ".lock")
      local held = assert(io.popen(("%s -e '%s'"):format(process.interpreter, program)))
      local pid = held:read("*n")
      local handle = case:open()
      local plan = plan_of(handle, case, 1)
      local report, err = handle.apply(plan)
      assert.same({ nil, "locked" }, { report, err.kind })
      os.execute("kill -9 " .. pid)
      held:close()
      assert.equal(1, assert(handle.apply(plan)).counts.accepted)
    end)
  end)
end)

describe("after a crash resolve", function()
  it("finds what was executed confirmed, and sends nothing", function()
    supply.run({}, function(case)
      dies(case, "after")
      case.world:sleep(10)
      local handle = case:open()
      local resolved = assert(handle.resolve())
      assert.same({ 1, "unknown", "confirmed", "disconnected" },
        { #resolved, resolved[1].was, resolved[1].state, resolved[1].reading.supply })
      assert.same({ "confirmed", "planned" }, supply.states(handle.history()))
      assert.equal(1, #case:executions())
    end)
  end)

  it("leaves unknown what the meter does not show", function()
    supply.run({}, function(case)
      dies(case, "before")
      local handle = case:open()
      local resolved = assert(handle.resolve())
      assert.same({ 1, "unknown", "maybe" }, { #resolved, resolved[1].state, handle.history()[1].executed })
      assert.same({ 1, 0 }, { #assert(handle.resolve()), #case:executions() })
    end)
  end)

  it("finds it contradicted only by a reading that is newer by more than clocks differ", function()
    supply.run({}, function(case)
      dies(case, "before")
      local handle, number = case:open(), case.world.platform:meter(1).number
      local function shows(seconds)
        local at = require("imr").time.format(supply.EPOCH + seconds)
        case.world.platform.settings.on_request = function(request)
          if not request.path:find("readMeter$") then return nil end
          return { code = 200, data = { deviceId = case.devices[1], tableNo = number, readTime = at, gate = "合闸" } }
        end
        return assert(handle.resolve())[1].state
      end
      assert.same({ "unknown", "contradicted" }, { shows(290), shows(400) })
    end)
  end)

  it("does not judge by a state that a later command has changed", function()
    supply.run({}, function(case)
      dies(case, "before")
      local handle = case:open()
      assert(handle.resolve())
      local plan = assert(handle.plan({ case.devices[1] }, "reconnect", { reason = "paid", force = true }))
      assert(handle.apply(plan))
      assert.equal("overtaken", assert(handle.resolve())[1].state)
    end)
  end)

  it("is asked for before the same command is planned again", function()
    supply.run({}, function(case)
      dies(case, "before")
      local handle = case:open()
      for _ = 1, 2 do
        local plan = plan_of(handle, case, 1)
        assert.same({ 0, "unknown" }, { #plan.entries, plan.left_out[1].kind })
        assert(handle.resolve())
      end
    end)
  end)

  it("reads back what was to be confirmed and was not", function()
    supply.run({ command_delay = 60 }, function(case)
      local handle = case:open()
      assert(handle.apply(plan_of(handle, case, 1), { confirm = true, confirm_deadline = 10 }))
      assert.equal("unconfirmed", handle.history()[1].state)
      case.world:sleep(60)
      assert.equal("confirmed", assert(handle.resolve())[1].state)
    end)
  end)

  it("lets the rest go on, with the guard that the plan had", function()
    supply.run({}, function(case)
      local handle = case:open()
      local with_guard = { reason = "unpaid", guard = function() return true end }
      local plan = assert(handle.plan(case.devices, "disconnect", with_guard))
      assert(handle.apply(plan, { interrupted = function() return true end }))
      local pending, err = handle.pending()
      assert.same({ nil, "guard" }, { pending, err.kind })
      pending = assert(handle.pending { guard = function() return false end })
      local report = assert(handle.apply(pending, { guard = function() return false end }))
      assert.same({ skipped = 8 }, report.counts)
    end)
  end)

  it("asks a guard that was given again for the plan, without being given it a third time", function()
    supply.run({}, function(case)
      local handle = case:open()
      local with_guard = { reason = "unpaid", guard = function() return true end }
      local plan = assert(handle.plan(case.devices, "disconnect", with_guard))
      assert(handle.apply(plan, { interrupted = function() return true end }))
      local report = assert(handle.apply(assert(handle.pending { guard = function() return false end })))
      assert.same({ { skipped = 8 }, 0 }, { report.counts, #case:executions() })
    end)
  end)

  it("keeps a guard command and protected devices of the plan", function()
    supply.run({}, function(case)
      local handle = case:open()
      local options = { reason = "unpaid", guard = "test " .. case.devices[2] .. " =", quiet_hours = "12:00-13:00" }
      local plan = assert(handle.plan(case.devices, "disconnect", options))
      assert(handle.apply(plan, { interrupted = function() return true end }))
      handle.close()
      handle = case:open()
      assert.same({ skipped = 7, accepted = 1 }, assert(handle.apply(assert(handle.pending()))).counts)
      assert.equal(1, #case:executions(case.devices[2]))
    end)
  end)
end)

describe("a guard command", function()
  local guard = require "imr.workflow.supply_guard"

  local function ask(command, device)
    return guard.ask(command, { device = device or "60001", command = "disconnect", meter_no = "0001" })
  end

  it("says yes with 0 and no with anything else", function()
    assert.same({ true, false, false }, { ask "true", (ask "false"), (ask "exit 7") })
  end)

  it("gets the device as one word, whatever is in it", function()
    for _, device in ipairs { "60001", "a b", "$(touch /tmp/x)", "'; exit 1; '", "`id`", "-n", "*" } do
      local path = os.tmpname()
      assert.is_true(ask(("f() { printf '%%s|' $# \"$1\" \"$IMR_DEVICE\" $IMR_COMMAND >%s; }; f"):format(path), device))
      assert.equal(("1|%s|%s|disconnect|"):format(device, device), files.read(path))
      os.remove(path)
    end
  end)

  it("that cannot be run or is killed has failed", function()
    for _, command in ipairs { "/no/such/guard", "/etc/passwd", "sh -c 'kill -9 $$'" } do
      local goes, err = ask(command .. " 2>/dev/null")
      assert.same({ nil, "guard" }, { goes, err.kind })
    end
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
        assert(handle.apply(plan_of(handle, case, 2), { confirm = true }))
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
