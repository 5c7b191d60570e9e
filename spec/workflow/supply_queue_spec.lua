-- The queue: what is sent, in which order, and what stops it.
local errors = require "imr.errors"
local support = require "support.supply"

local first, run, states, with = support.first, support.run, support.states, support.with
local REASON = { reason = "unpaid" }

describe("the queue", function()
  it("sends one command every two seconds, and records what became of each", function()
    run({}, function(case)
      local supply = case:open()
      local report = assert(supply.apply(assert(supply.plan(case.devices, "disconnect", REASON))))
      assert.same({ 8, { accepted = 8 }, 0 }, { report.total, report.counts, report.left })
      local executions = case:executions()
      assert.equal(8, #executions)
      for index = 2, 8 do
        local gap = executions[index].time - executions[index - 1].time
        assert.is_true(gap >= 2 and gap < 2.2, "gap " .. gap)
      end
    end)
  end)

  it("says that a command may have been executed when the ledger fails behind its back", function()
    local database, full = require "imr.workflow.supply.database", false
    local open = database.open
    finally(function() database.open = open end)
    database.open = function(path)
      local opened = open(path)
      local write = opened.execute
      opened.execute = function(...)
        if full then error(errors.new { kind = "ledger", message = "the disk is full", executed = "no" }, 0) end
        return write(...)
      end
      return opened
    end
    run({}, function(case)
      local client = case.world:client { transport = function(request)
        full = request.command or false
        return case.world:transport()(request)
      end }
      local supply = case:open { client = client }
      local report, err = supply.apply(support.plan_of(supply, case, 2))
      assert.same({ nil, "unknown_outcome", "maybe", 1 }, { report, err.kind, err.executed, #case:executions() })
      assert.matches("disconnect of device " .. case.devices[1] .. " (intent 1) may have been executed", err.message, 1,
        true)
      full = false
      case.world:sleep(10)
      local states_now = {}
      for index, one in ipairs(assert(supply.resolve())) do states_now[index] = one.state end
      assert.same({ { "confirmed" }, { "confirmed", "planned" } }, { states_now, states(supply.history()) })
    end)
  end)

  it("writes who, why, the state before and the expiry", function()
    run({}, function(case)
      local supply = case:open()
      supply.apply(assert(supply.plan(first(case.devices, 1), "disconnect", with { expires = 3600 })))
      local intent = supply.history()[1]
      assert.same({ "somebody", "unpaid", case.devices[1], "disconnect", "connected" },
        { intent.who, intent.reason, intent.device, intent.command, intent.state_before })
      assert.matches("^2025%-07%-08T19:40:%d%dZ$", intent.expires)
      local path = {}
      for index, step in ipairs(intent.transitions) do path[index] = step.state .. " " .. step.executed end
      assert.same({ "planned no", "sending maybe", "accepted yes" }, path)
    end)
  end)

  it("reconnects first", function()
    run({}, function(case)
      case.world.platform:set_gate(case.devices[3], "disconnected")
      local supply = case:open()
      local wanted = { case.devices[1], { device_id = case.devices[2], command = "read" },
        { device_id = case.devices[3], command = "reconnect" } }
      supply.apply(assert(supply.plan(wanted, "disconnect", REASON)))
      local order = {}
      for index, entry in ipairs(case:executions()) do order[index] = entry.command end
      assert.same({ 2, 3, 1 }, order)
    end)
  end)

  it("does not send what another plan sent meanwhile with an unknown outcome", function()
    run({}, function(case)
      local ours = case:open()
      local plan = assert(ours.plan(first(case.devices, 1), "disconnect", REASON))
      local client = case.world:client { on_event = function() end, transport = function(request)
        if not request.command then return case.world:transport()(request) end
        case.world:transport()(request)
        return nil, { kind = "timeout", executed = "maybe", message = "the answer was lost" }
      end }
      local theirs = case:open { client = client }
      local report = assert(theirs.apply(assert(theirs.plan(first(case.devices, 1), "disconnect", REASON))))
      assert.same({ unknown = 1 }, report.counts)
      report = assert(ours.apply(plan))
      assert.same({ { planned = 1 }, 1 }, { report.counts, report.left })
      assert.equal(1, #case:executions())
    end)
  end)

  it("does not send what another plan sent meanwhile", function()
    run({}, function(case)
      local ours, theirs = case:open(), case:open()
      local plan = assert(ours.plan(first(case.devices, 1), "disconnect", REASON))
      case.world:sleep(5)
      assert(theirs.apply(assert(theirs.plan(first(case.devices, 1), "disconnect", REASON))))
      assert.same({ superseded = 1 }, assert(ours.apply(plan)).counts)
      assert.equal(1, #case:executions())
    end)
  end)

  it("confirms beside the sending", function()
    run({ command_delay = 20 }, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 4), "disconnect", REASON))
      local report = assert(supply.apply(plan, { confirm = true }))
      assert.same({ confirmed = 4 }, report.counts)
      local executions = case:executions()
      assert.is_true(executions[4].time - executions[1].time < 7)
    end)
  end)

  it("says that an offline meter is offline", function()
    run({}, function(case)
      case.world.platform:set_online(case.devices[1], false)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", REASON))
      local report = assert(supply.apply(plan, { confirm = true, confirm_deadline = 30 }))
      assert.same({ "unconfirmed", "yes" }, { report.intents[1].state, report.intents[1].executed })
      assert.matches("offline", report.intents[1].detail, 1, true)
    end)
  end)

  it("tells the time that is left", function()
    run({}, function(case)
      local supply, left = case:open(), {}
      supply.apply(assert(supply.plan(first(case.devices, 4), "disconnect", REASON)), { on_progress = function(event)
        if event.state == "accepted" then left[#left + 1] = ("%.2f"):format(event.left) end
      end })
      assert.same({ "6.15", "4.10", "2.05", "0.00" }, left)
    end)
  end)
end)

describe("a newer intent", function()
  it("supersedes the opposite one that waits", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 2), "disconnect", REASON))
      supply.apply(plan, { interrupted = function() return true end })
      supply.apply(assert(supply.plan({ case.devices[1] }, "reconnect", with { force = true })))
      local report = assert(supply.apply(plan))
      assert.same({ "superseded", "accepted" }, states(report.intents))
      assert.same({ 1, 2 }, { #case:executions(case.devices[1]), case:executions(case.devices[1])[1].command })
    end)
  end)

  it("supersedes at once, and for good", function()
    run({}, function(case)
      local supply = case:open()
      local function plan_only(command)
        local plan = assert(supply.plan({ case.devices[1] }, command, with { force = true }))
        assert(supply.apply(plan, { interrupted = function() return true end }))
      end
      plan_only "disconnect"
      plan_only "reconnect"
      assert.same({ "superseded", "planned" }, states(supply.history()))
      plan_only "reconnect"
      assert.same({ "superseded", "superseded", "planned" }, states(supply.history()))
      assert.equal(1, #assert(supply.pending()).entries)
    end)
  end)

  it("stops a command that is about to be repeated", function()
    local refused = require("support.world").script("meterInstruct", { { code = 1011 } })
    run({ on_request = refused }, function(case)
      local supply, other, asked = case:open(), case:open(), 0
      local urgent = assert(other.plan({ case.devices[1] }, "reconnect", with { force = true }))
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { guard = function()
        asked = asked + 1
        if asked == 2 then other.apply(urgent) end
        return true
      end }))
      local report = assert(supply.apply(plan))
      assert.same({ 2, "superseded", "no" }, { asked, report.intents[1].state, report.intents[1].executed })
      assert.equal(0, #case:executions())
    end)
  end)

  it("of another process stops a command that waits for its slot", function()
    run({}, function(case)
      local supply, other = case:open(), case:open()
      local urgent = assert(other.plan({ case.devices[2] }, "reconnect", with { force = true }))
      local plan = assert(supply.plan(first(case.devices, 2), "disconnect", with { guard = function(device)
        if device == case.devices[2] then
          local report, err = other.apply(urgent)
          assert.same({ nil, "locked" }, { report, err.kind })
        end
        return true
      end }))
      local report = assert(supply.apply(plan))
      assert.same({ "accepted", "superseded" }, states(report.intents))
      assert.equal(0, #case:executions(case.devices[2]))
    end)
  end)
end)

describe("a run that ends early", function()
  it("finishes the current command and leaves a plan that goes on", function()
    run({ latency = 1 }, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 4), "disconnect", REASON))
      local report = assert(supply.apply(plan, { on_progress = function(event)
        if event.state == "sending" and event.entry.device == case.devices[2] then supply.stop() end
      end }))
      assert.same({ "accepted", "accepted", "planned", "planned" }, states(report.intents))
      assert.same({ "interrupted", 2 }, { report.stopped, report.left })
      supply.close()
      local later = case:open()
      report = assert(later.apply(assert(later.pending())))
      assert.same({ 2, { accepted = 2 } }, { report.total, report.counts })
      for index = 1, 4 do assert.equal(1, #case:executions(case.devices[index])) end
    end)
  end)

  it("does not send what waited for its slot", function()
    run({}, function(case)
      local supply = case:open()
      local asked = 0
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { guard = function()
        asked = asked + 1
        return true
      end }))
      local stop_at = case.world:now() + 1
      local report = assert(supply.apply(plan, { interrupted = function() return case.world:now() > stop_at end }))
      assert.same({ "accepted", "planned", "planned" }, states(report.intents))
      assert.equal(1, asked)
    end)
  end)

  it("does not wait for confirmations", function()
    run({ command_delay = 1000 }, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", REASON))
      local function after_nine() return case.world:now() > 9 end
      local report = assert(supply.apply(plan, { confirm = true, interrupted = after_nine }))
      assert.same({ "interrupted", "accepted" }, { report.stopped, report.intents[1].state })
      assert.is_true(case.world:now() < 10)
    end)
  end)

  for _, fault in ipairs { "502", "drop_after" } do
    it("stops after three failures in a row: " .. fault, function()
      run({ faults = { [fault] = { rate = 1, endpoints = { "instruct" } } } }, function(case)
        local supply = case:open()
        local report = assert(supply.apply(assert(supply.plan(case.devices, "disconnect", REASON))))
        assert.same({ "failures", { unknown = 3, planned = 5 } }, { report.stopped, report.counts })
        assert.equal(3, require("support.world").count(case.world, "instruct"))
      end)
    end)
  end

  it("counts failures in a row, not all of them", function()
    local bad = { code = 1001 }
    local script = require("support.world").script("meterInstruct", { bad, bad, false, bad, bad, false, bad, bad, bad })
    run({ on_request = script }, function(case)
      local supply, devices = case:open(), {}
      for place = 1, 12 do devices[place] = case.world.platform:meter(place).device end
      local report = assert(supply.apply(assert(supply.plan(devices, "disconnect", with { force = true }))))
      assert.same({ "failures", { unknown = 7, accepted = 2, planned = 3 } }, { report.stopped, report.counts })
    end)
  end)

  it("never sends again what is unknown, however often it is applied", function()
    run({ faults = { drop_before = { rate = 1, endpoints = { "instruct" } } } }, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", REASON))
      for _ = 1, 3 do assert.same({ unknown = 1 }, assert(supply.apply(plan)).counts) end
      assert.equal(1, require("support.world").count(case.world, "instruct"))
    end)
  end)

  it("keeps as planned what certainly was not executed and may be tried again", function()
    local answers = {}
    for index = 1, 200 do answers[index] = { code = 1011 } end
    run({ on_request = require("support.world").script("meterInstruct", answers) }, function(case)
      local supply = case:open()
      local report = assert(supply.apply(assert(supply.plan(first(case.devices, 2), "disconnect", REASON))))
      assert.same({ planned = 2 }, report.counts)
      assert.equal("throttled", report.error.kind)
    end)
  end)

  it("stops at once when the account is refused", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(case.devices, "disconnect", REASON))
      case.world.platform:revoke_tokens()
      case.world.platform:set_password("another")
      local report = assert(supply.apply(plan))
      assert.same({ "error", "auth", { planned = 8 } }, { report.stopped, report.error.kind, report.counts })
    end)
  end)

  it("does not know what became of a duplicate order: an earlier one stands, and it may be this one", function()
    run({ command_delay = 1000 }, function(case)
      assert(case.client:disconnect(case.devices[1]))
      local supply = case:open()
      local report = assert(supply.apply(assert(supply.plan(first(case.devices, 1), "disconnect", REASON))))
      assert.same({ "unknown", "maybe", "duplicate" }, { report.intents[1].state, report.intents[1].executed,
        report.error.kind })
    end)
  end)
end)
