-- A supply ledger in PostgreSQL: one record for several hosts and users, with the guarantees that a file has.
local core = require "imr.core"
local databases = require "imr.workflow.supply.database"
local fleet = require "support.fleet"
local postgres = require "support.postgres"
local runtimes = require "imr.runtime"
local shell = require "support.shell"
local support = require "support.supply"

local rows, states, with = fleet.rows, fleet.states, support.with

describe("a supply ledger in PostgreSQL", function()
  local server, where

  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)
  before_each(function() where = server:url() end)

  describe("of the library", function()
    -- A connection that is not collected yet may hold the queue.
    local function run(fn)
      support.run({}, function(case)
        local handles, open = {}, case.open
        case.path = where
        function case.open(...)
          handles[#handles + 1] = open(...)
          return handles[#handles]
        end
        local fine, problem = pcall(fn, case)
        for _, handle in ipairs(handles) do handle.close() end
        if not fine then error(problem, 0) end
      end)
    end

    it("keeps a plan, what became of it, and what took its place", function()
      run(function(case)
        local supply = case:open()
        assert.same({}, supply.history())
        local function interrupted() return true end
        assert(supply.apply(support.plan_of(supply, case, 4), { interrupted = interrupted }))
        assert.same({ "cancelled" }, support.states(supply.cancel { intent = 1, reason = "paid" }))
        assert(supply.apply(assert(supply.plan({ case.devices[2] }, "reconnect", with()))))
        local report = assert(supply.apply(assert(supply.pending()), { confirm = true }))
        assert.same({ confirmed = 2 }, report.counts)
        local history = supply.history()
        assert.same({ "cancelled", "superseded", "confirmed", "confirmed", "left_out" }, support.states(history))
        assert.same({ "planned", "sending", "accepted", "confirmed" }, support.states(history[3].transitions))
        assert.equal(case.devices[3], supply.history({ last = 3.0 })[1].device)
        assert.same({ 2, false, 0 }, { supply.status().counts.confirmed, supply.status().running,
          #assert(supply.resolve()) })
        supply.close()
        assert.equal(5, #case:open().history())
      end)
    end)

    it("lets one process at the queue, and a reconnect go ahead", function()
      run(function(case)
        local supply, other, refused, report = case:open(), case:open(), nil, nil
        local done = assert(supply.apply(support.plan_of(supply, case, 3), { on_progress = function(event)
          if event.state ~= "accepted" or refused then return end
          refused = select(2, other.resolve()).kind
          assert.is_true(other.status().running)
          runtimes.current():spawn(function()
            report = assert(other.apply(assert(other.plan({ case.devices[6] }, "reconnect", with { force = true }))))
          end)
        end }))
        assert.same({ "locked", { accepted = 3 }, { accepted = 1 } }, { refused, done.counts, report.counts })
        local order = {}
        for index, entry in ipairs(case:executions()) do order[index] = entry.command end
        assert.same({ 1, 1, 2, 1 }, order) -- within two slots
        assert.is_false(other.status().running)
      end)
    end)

    it("knows which run is at work, on whichever host", function()
      run(function(case)
        local supply = case:open()
        assert(supply.apply(support.plan_of(supply, case, 2), { interrupted = function() return true end }))
        local database, living = databases.open(where), databases.open(where)
        for id = 50, 51 do
          database:execute("INSERT INTO runs (id, place, process, began, mark, who, started) "
            .. "VALUES (?, 'elsewhere', 7, 'x', 'x', 'y', 'z')", id)
          database:execute("UPDATE intents SET state = 'sending', executed = 'maybe', run = ?, sent = changed "
            .. "WHERE id = ?", id, id - 49)
        end
        databases.mark_run(living, 51, true)
        local report = assert(supply.apply(assert(supply.pending())))
        assert.same({ 1, 1 }, { #report.recovered, report.recovered[1].id })
        assert.same({ "unknown", "sending" }, support.states(supply.history()))
        living:close()
        local ends = core.now() + 20
        repeat assert(core.now() < ends) until #assert(supply.resolve()).recovered == 1
        assert.same({ "unknown", "unknown" }, support.states(supply.history()))
        database:close()
      end)
    end)

    it("commits to the disk before anything leaves, and never claims an intent twice", function()
      run(function(case)
        local supply = case:open()
        assert(supply.apply(support.plan_of(supply, case, 1), { interrupted = function() return true end }))
        local database = databases.open(where)
        assert.equal("on", database:row("SHOW synchronous_commit").synchronous_commit)
        assert.equal("read committed", database:row("SHOW transaction_isolation").transaction_isolation)
        local writer, began = databases.open(where), nil
        databases.transaction(database, function()
          writer:execute "SET lock_timeout = '300ms'"
          began = pcall(databases.transaction, writer, function() return true end)
        end)
        assert.is_false(began) -- whoever writes waits for the one before
        database:close()
        writer:close()
      end)
    end)

    it("is opened by several at once, and only where it is", function()
      run(function(case)
        local handles = {}
        for index = 1, 4 do handles[index] = case:open() end
        assert.same({}, handles[4].history())
        local empty = server:url()
        local found, err = require("imr.workflow.supply").open { ledger = empty, existing = true }
        assert.same({ nil, "usage" }, { found, err.kind })
        assert.matches("there is no supply ledger in postgres://imr@", err.message, 1, true)
        assert.is_nil(err.message:find(postgres.password, 1, true))
      end)
    end)
  end)

  describe("of the program", function()
    local here, environment, devices

    before_each(function()
      here = fleet.start { latency = 0.2 }
      environment = { IMR_LEDGER = where }
      devices = here:connected(4)
    end)

    after_each(function() here:stop() end)

    it("is one record for two hosts; what a killed process was sending is unknown", function()
      here.platform:stop()
      here.user:remove()
      here = fleet.start { latency = 2 }
      devices = here:connected(3)
      local first = here.user:start("supply disconnect --yes --interval 0 --reason unpaid "
        .. table.concat(devices, " "), environment)
      local ends = core.now() + 60
      repeat
        assert(core.now() < ends)
        core.sleep(0.05)
      until here:supply("status", environment).out:find "sending"
      first.kill "KILL"
      first.wait()
      repeat
        assert(core.now() < ends)
        core.sleep(0.1)
      until not here:supply("status", environment).err:find("a process is at work", 1, true)
      local result = here:supply("resume --yes --interval 0", environment)
      assert.equal(6, result.status, result.err)
      assert.matches("intent 1, disconnect %S+, is unknown: the process that was sending it ended", result.err)
      assert.same({ "unknown", "accepted", "accepted" }, states(here:supply("history", environment)))
      assert.is_true(here:sent(devices[1]) <= 1)
      for index = 2, 3 do assert.equal(1, here:sent(devices[index])) end
    end)

    it("is exported with tenant and times on the platform's clock, also as a workbook", function()
      here:supply("disconnect --yes --interval 0 --reason unpaid " .. devices[1], environment)
      local csv = here:supply("export --format csv", environment).out
      assert.matches("^id,plan,created,expires,device,meter_no,user_code,user_name,house_number,address,command", csv)
      assert.matches("%+08:00", csv)
      local steps = rows(here:supply("export --transitions", environment))
      assert.same({ "planned", "sending", "accepted" }, { steps[1].state, steps[2].state, steps[3].state })
      local path = here.user.home .. "/ledger.xlsx"
      assert.equal(0, here:supply("export --format xlsx --output " .. path, environment).status)
      assert.equal("PK", here.user:read("ledger.xlsx"):sub(1, 2))
    end)

    it("has no password in the arguments, and is not made where it is only read", function()
      local result = here:supply("status --ledger " .. shell.quote(where))
      assert.equal(2, result.status)
      assert.matches("IMR_LEDGER", result.err, 1, true)
      assert.is_nil(result.err:find(postgres.password, 1, true))
      result = here:supply("status", { IMR_LEDGER = (server:url()) })
      assert.equal(2, result.status)
      assert.matches("there is no supply ledger in postgres://", result.err, 1, true)
    end)

    it("lets another user approve, and not the one who made the plan", function()
      if shell.lines("id -u")[1] ~= "0" then return end
      here:supply("disconnect --yes --interval 0 --reason unpaid --approve-by daemon " .. devices[1], environment)
      assert.equal(3, here:supply("approve 1 --yes --interval 0", environment).status)
      local home = shell.scratch()
      shell.must("chown daemon " .. home)
      local command = here.user:command("supply approve 1 --yes --interval 0",
        { IMR_LEDGER = where, HOME = home })
      local ok, output = shell.run("setpriv --reuid daemon --regid daemon --clear-groups " .. command .. " 2>&1")
      assert.is_true(ok, output)
      assert.equal(1, here:sent())
      assert.equal("daemon", rows(here:supply("export", environment))[1].approved_by)
      shell.must("rm -rf " .. home)
    end)
  end)
end)
