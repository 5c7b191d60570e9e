-- Two queues at one ledger: an intent is one run's, whatever became of the lock file.
local core = require "imr.core"
local files = require "support.files"
local process = require "support.process"
local runtimes = require "imr.runtime"
local supply = require "support.supply"
local databases = require "imr.workflow.supply.database"
local system = require "imr.os"

local function unlink(case)
  assert(os.remove(case.path .. ".lock"))
end

describe("two queues at once", function()
  it("send each command once, and leave what the other is sending", function()
    supply.run({ latency = 3 }, function(case)
      local ours, theirs, second = case:open(), case:open { client = case.world:client { interval = 0 } }, nil
      local plan = supply.plan_of(ours, case, 6)
      local report = assert(ours.apply(plan, { on_progress = function(event)
        if event.state ~= "sending" or second then return end
        second = {}
        unlink(case)
        runtimes.current():spawn(function() second = assert(theirs.apply(assert(theirs.pending()))) end)
      end }))
      case.world:sleep(60)
      for _, device in ipairs(supply.first(case.devices, 6)) do assert.equal(1, #case:executions(device)) end
      assert.same({ { accepted = 6 }, {} }, { assert(ours.status()).counts, second.recovered })
      assert.is_true(second.counts.accepted < 6 and report.counts.unknown == nil)
    end)
  end)

  it("hold back a newer command while an older one for the device is under way", function()
    supply.run({}, function(case)
      local slow = case.world:client { transport = function(request)
        if request.command then case.world:sleep(10) end
        return case.world:transport()(request)
      end }
      local ours, theirs, second = case:open { client = slow }, case:open(), nil
      assert(ours.apply(supply.plan_of(ours, case, 1), { on_progress = function(event)
        if event.state ~= "sending" then return end
        unlink(case)
        runtimes.current():spawn(function()
          local urgent = assert(theirs.plan({ case.devices[1] }, "reconnect", { reason = "paid", force = true }))
          second = assert(theirs.apply(urgent))
        end)
      end }))
      assert.same({ { planned = 1 }, 1 }, { second.counts, #case:executions() })
    end)
  end)
end)

describe("what is left as being sent", function()
  -- A ledger with an intent that this run, told in SQL, has claimed.
  local function claimed(case, values)
    local handle = case:open()
    assert(handle.apply(supply.plan_of(handle, case, 1), { interrupted = function() return true end }))
    local database = databases.open(case.path)
    database:execute(
      "INSERT INTO runs (id, place, process, began, mark, who, started) VALUES (77, ?, ?, ?, 'x', 'y', 'z')",
      values.place or system.process_place(), values.process or core.process_id(),
      values.began or system.process_began(values.process or core.process_id()))
    database:execute("UPDATE intents SET state = 'sending', executed = 'maybe', run = 77, sent = changed")
    database:close()
    return handle
  end

  local cases = {
    { "by a living process is left to it", {}, "sending" },
    { "by a process of the same number is unknown", { began = "1" }, "unknown" },
    { "by a process that is no more is unknown", { process = 4194300, began = "1" }, "unknown" },
    { "on another host is unknown, as the lock is free", { place = "elsewhere" }, "unknown" },
  }
  for _, case_of in ipairs(cases) do
    it(case_of[1], function()
      supply.run({}, function(case)
        local handle = claimed(case, case_of[2])
        local report = assert(handle.apply(assert(handle.pending())))
        assert.same({ case_of[3] }, supply.states(handle.history()))
        assert.equal(case_of[3] == "unknown" and 1 or 0, #report.recovered)
        assert.equal(0, #case:executions())
      end)
    end)
  end

  it("by a process that was killed and not yet waited for is unknown", function()
    supply.run({}, function(case)
      local path = case.directory .. "/pid"
      local child = assert(system.child("echo $$ >" .. path))
      repeat core.sleep(0.01) until (files.read(path) or ""):find("\n")
      core.sleep(0.1)
      local handle = claimed(case, { process = tonumber(files.read(path)), began = "5" })
      assert(handle.apply(assert(handle.pending())))
      assert.equal(0, child:status())
      assert.same({ "unknown" }, supply.states(handle.history()))
    end)
  end)
end)

describe("a ledger of version 1", function()
  local VERSION_1 = {
    [[CREATE TABLE plans (id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, who TEXT NOT NULL,
      reason TEXT NOT NULL, settings TEXT NOT NULL)]],
    [[CREATE TABLE intents (id INTEGER PRIMARY KEY AUTOINCREMENT, plan INTEGER NOT NULL REFERENCES plans,
      device TEXT NOT NULL, meter_no TEXT, command TEXT NOT NULL, state_before TEXT, expires TEXT NOT NULL,
      confirm INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, executed TEXT NOT NULL,
      attempts INTEGER NOT NULL DEFAULT 0, sent TEXT, changed TEXT NOT NULL, detail TEXT)]],
    "CREATE INDEX intents_of_device ON intents (device, id)",
    "CREATE INDEX intents_by_state ON intents (state, id)",
    [[CREATE TABLE transitions (id INTEGER PRIMARY KEY AUTOINCREMENT, intent INTEGER NOT NULL REFERENCES intents,
      at TEXT NOT NULL, state TEXT NOT NULL, executed TEXT NOT NULL, detail TEXT)]],
    "CREATE INDEX transitions_of_intent ON transitions (intent, id)",
    "PRAGMA user_version = 1",
  }

  local function make(case, states)
    local database = databases.open(case.path)
    for _, statement in ipairs(VERSION_1) do database:execute(statement) end
    for index, state in ipairs(states) do
      local device, executed = case.devices[index], state == "planned" and "no" or "maybe"
      local at, settings = "2025-07-08T18:39:00Z", '{"quiet_hours":"20:00-21:00"}'
      database:execute("INSERT INTO plans (created, who, reason, settings) VALUES (?, 'v', 'old', ?)", at, settings)
      database:execute([[INSERT INTO intents (plan, device, command, expires, state, executed, changed)
        VALUES (?, ?, 'disconnect', '2025-07-09T18:39:00Z', ?, ?, ?)]], index, device, state, executed, at)
      database:execute("INSERT INTO transitions (intent, at, state, executed) VALUES (?, ?, 'planned', 'no')", index,
        at)
    end
    database:close()
  end

  it("is taken along: what was planned is sent, what was being sent is unknown", function()
    supply.run({}, function(case)
      make(case, { "planned", "sending", "planned" })
      local handle = case:open()
      assert(handle.cancel { intent = 3, reason = "paid" })
      local report = assert(handle.apply(assert(handle.pending())))
      assert.same({ 1, 2 }, { #report.recovered, report.recovered[1].id })
      local history = handle.history()
      assert.same({ "accepted", "unknown", "cancelled" }, supply.states(history))
      assert.same({ "v", "old" }, { history[1].who, history[1].reason })
      handle.close()
      assert.equal(3, #case:open().history()) -- once
    end)
  end)

  it("is opened by two processes at once", function()
    supply.run({}, function(case)
      make(case, { "planned" })
      local program = ("local s = assert(require('imr.workflow.supply').open { ledger = %q }) print(#s.history())")
        :format(case.path)
      local one, two = case:open(), { process.lua(program) }
      assert.same({ 1, true }, { #one.history(), two[1] })
    end)
  end)
end)

describe("when a process began", function()
  it("is not known of what is no process's id", function()
    for _, id in ipairs { 0 / 0, math.huge, -math.huge, 1e300, 0, -1, 0.5 } do
      assert.is_nil((require("imr.os").process_began(id)))
    end
  end)
end)
