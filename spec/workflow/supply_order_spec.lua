-- What comes before what: wishes and commands in the ledger's own order, whatever the clock says.
local support = require "support.supply"

local first, run, states, with = support.first, support.run, support.states, support.with
local REASON = { reason = "unpaid" }

local function commands(case, device)
  local list = {}
  for index, entry in ipairs(case:executions(device)) do list[index] = entry.command end
  return list
end

local DISCONNECT, RECONNECT = 1, 2

local function interrupted() return true end

describe("with the clock set back", function()
  local back

  local function open(case)
    return case:open { clock = function() return case:now() - back end }
  end

  before_each(function() back = 0 end)

  it("a plan that another one has overtaken is not sent", function()
    run({}, function(case)
      local ours, theirs = open(case), open(case)
      local plan = assert(ours.plan(first(case.devices, 1), "disconnect", REASON))
      back = 100
      assert(theirs.apply(assert(theirs.plan(first(case.devices, 1), "disconnect", REASON))))
      assert.same({ superseded = 1 }, assert(ours.apply(plan)).counts)
      assert.same({ DISCONNECT }, commands(case, case.devices[1]))
    end)
  end)

  it("an older disconnect does not follow a newer reconnect", function()
    run({}, function(case)
      local ours, theirs = open(case), open(case)
      local plan = assert(ours.plan(first(case.devices, 1), "disconnect", REASON))
      back = 100
      assert(theirs.apply(assert(theirs.plan(first(case.devices, 1), "reconnect", with { force = true }))))
      assert.same({ superseded = 1 }, assert(ours.apply(plan)).counts)
      assert.same({ RECONNECT }, commands(case, case.devices[1]))
    end)
  end)

  it("a command expires in its time", function()
    run({}, function(case)
      local supply = open(case)
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { expires = 3, guard = function()
        back = 3600
        return true
      end }))
      assert.same({ "accepted", "accepted", "expired" }, states(assert(supply.apply(plan)).intents))
    end)
  end)

  it("a command that was made far in the future has expired, and the plan says so", function()
    run({}, function(case)
      back = -20 * 86400
      local supply = open(case)
      assert(supply.apply(support.plan_of(supply, case, 1), { interrupted = interrupted }))
      back = 0
      local plan = assert(supply.pending())
      assert.same({ "it has expired", 0 }, { plan.entries[1].why, plan:count() })
      assert.matches("0 to send, 1 left out", tostring(plan), 1, true)
      assert.same({ expired = 1 }, assert(supply.apply(plan)).counts)
      assert.equal(0, #case:executions())
    end)
  end)

  it("a command that has expired stays expired for the next process", function()
    run({}, function(case)
      local supply = open(case)
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { expires = 60 }))
      assert(supply.apply(plan, { interrupted = interrupted }))
      case.world:sleep(100)
      local another = assert(supply.plan({ case.devices[2] }, "disconnect", REASON))
      assert(supply.apply(another))
      back = 99
      assert.same({ expired = 1 }, assert(supply.apply(assert(supply.pending()))).counts)
      assert.equal(0, case:sent(case.devices[1]))
    end)
  end)

  it("quiet hours stay quiet", function()
    run({}, function(case)
      local supply = open(case) -- it is 02:40
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { quiet_hours = "02:40-06:00",
        guard = function() return true end }))
      back = 3600
      local report = assert(supply.apply(plan))
      assert.same({ nil, 3 }, { report.stopped, report.counts.accepted }) -- the clock was right all along
      back = 0
      plan = assert(supply.plan({ case.devices[4] }, "disconnect", with { quiet_hours = "02:40-06:00" }))
      assert(supply.apply(plan))
      back = 3600
      report = assert(supply.apply(assert(supply.pending())))
      assert.same({ "quiet hours", 1, 0 }, { report.stopped, report.left, case:sent(case.devices[4]) })
    end)
  end)

  it("by more than a day, a ledger from the future says nothing", function()
    run({}, function(case)
      back = -10 * 86400
      local supply = open(case)
      assert(supply.apply(assert(supply.plan({ case.devices[1] }, "disconnect", REASON))))
      back = 0
      assert.same({ accepted = 1 },
        assert(supply.apply(assert(supply.plan({ case.devices[2] }, "disconnect", REASON)))).counts)
    end)
  end)
end)

describe("a newer wish", function()
  it("that is fulfilled already supersedes what is planned", function()
    run({}, function(case)
      local supply = case:open()
      assert(supply.apply(support.plan_of(supply, case, 2), { interrupted = interrupted }))
      local plan = assert(supply.plan({ case.devices[1] }, "reconnect", REASON))
      assert.same({ 0, "already" }, { #plan.entries, plan.left_out[1].kind })
      assert(supply.apply(plan))
      assert.same({ "superseded", "planned", "left_out" }, states(supply.history()))
      assert(supply.apply(assert(supply.pending())))
      assert.same({ 0, 1 }, { case:sent(case.devices[1]), case:sent(case.devices[2]) })
    end)
  end)

  it("supersedes what is planned also for a device that is not listed at the moment", function()
    run({}, function(case)
      local supply = case:open()
      assert(supply.apply(support.plan_of(supply, case, 2), { interrupted = interrupted }))
      case.world.platform:remove_meters(10000)
      local plan = assert(supply.plan({ case.devices[1], "mistyped" }, "reconnect", REASON))
      assert.same({ "unlisted", "unlisted" }, { plan.left_out[1].kind, plan.left_out[2].kind })
      assert(supply.apply(plan))
      assert.same({ "superseded", "planned", "left_out" }, states(supply.history()))
    end)
  end)

  it("that is fulfilled already overtakes a plan that is not on record yet", function()
    run({}, function(case)
      local supply = case:open()
      local plan = support.plan_of(supply, case, 1)
      assert(supply.apply(assert(supply.plan({ case.devices[1] }, "reconnect", REASON))))
      assert.same({ superseded = 1 }, assert(supply.apply(plan)).counts)
      assert.equal(0, #case:executions())
    end)
  end)

  it("that is fulfilled already stops a command that is being repeated", function()
    local refused = require("support.world").script("meterInstruct", { { code = 1011 } })
    run({ on_request = refused }, function(case)
      local supply, other, asked = case:open(), case:open(), 0
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { guard = function()
        asked = asked + 1
        if asked == 2 then other.apply(assert(other.plan({ case.devices[1] }, "reconnect", REASON))) end
        return true
      end }))
      assert.same({ superseded = 1 }, assert(supply.apply(plan)).counts)
      assert.same({ 2, 0 }, { asked, #case:executions() })
    end)
  end)

  it("to restore supply, on record as planned, overtakes a plan to cut it that was decided on before", function()
    run({}, function(case)
      local ours, theirs = case:open(), case:open()
      local plan = support.plan_of(ours, case, 2)
      local restore = assert(theirs.plan({ case.devices[1] }, "reconnect", with { force = true }))
      assert(theirs.apply(restore, { interrupted = interrupted }))
      assert.same({ "superseded", "accepted" }, states(assert(ours.apply(plan)).intents))
      assert.same({ accepted = 1 }, assert(theirs.apply(restore)).counts)
      assert.same({ RECONNECT }, commands(case, case.devices[1]))
    end)
  end)

  it("to restore supply does not give way to a plan to cut it that it has not seen", function()
    run({}, function(case)
      local ours, theirs = case:open(), case:open()
      local restore = assert(theirs.plan({ case.devices[1] }, "reconnect", with { force = true }))
      assert(ours.apply(support.plan_of(ours, case, 1), { interrupted = interrupted }))
      assert.same({ accepted = 1 }, assert(theirs.apply(restore)).counts)
      assert.same({ "superseded", "accepted" }, states(ours.history()))
    end)
  end)

  it("for a reading leaves what is planned", function()
    run({}, function(case)
      local supply = case:open()
      assert(supply.apply(support.plan_of(supply, case, 1), { interrupted = interrupted }))
      assert(supply.apply(assert(supply.plan({ case.devices[1] }, "request_reading", {}))))
      assert.same({ "planned", "accepted" }, states(supply.history()))
    end)
  end)
end)

describe("cancel", function()
  it("calls off an intent, a device or all, with who and why", function()
    run({}, function(case)
      local supply = case:open()
      assert(supply.apply(support.plan_of(supply, case, 5), { interrupted = interrupted }))
      assert.same({ "cancelled" }, states(supply.cancel { intent = 2, reason = "has paid" }))
      assert.same({ "cancelled" }, states(supply.cancel { device = case.devices[3], reason = "moved out" }))
      local intent = supply.history()[2]
      assert.same({ "cancelled", "no", "cancelled by somebody: has paid" }, { intent.state, intent.executed,
        intent.detail })
      assert.equal("cancelled", intent.transitions[2].state)
      assert.same({}, supply.cancel { intent = 2, reason = "again" })
      assert(supply.apply(support.plan_of(supply, case, 1), { interrupted = interrupted }))
      assert.same({ "cancelled" }, states(supply.cancel { plan = 2, reason = "wrong list" }))
      assert.same({ 2, 0 }, { #supply.cancel { all = true, reason = "stop" }, #assert(supply.pending()).entries })
      assert.equal(0, #case:executions())
    end)
  end)

  it("reaches a run that is at work, also in a command that is to be repeated", function()
    local refused = require("support.world").script("meterInstruct", { { code = 1011 } })
    run({ on_request = refused }, function(case)
      local supply, other = case:open(), case:open()
      local plan = assert(supply.plan(first(case.devices, 2), "disconnect", with { guard = function(device)
        if device == case.devices[2] then assert(other.cancel { device = device, reason = "has paid" }) end
        return true
      end }))
      local report = assert(supply.apply(plan, { on_progress = function(event)
        if event.state == "planned" then assert(other.cancel { device = event.entry.device, reason = "stop" }) end
      end }))
      assert.same({ cancelled = 2 }, report.counts)
      assert.equal(0, #case:executions())
    end)
  end)

  it("ends what is being sent only if it does not get away", function()
    for _, code in ipairs { 1011, 200 } do
      local answers = code == 1011 and { { code = 1011 } } or {}
      run({ on_request = require("support.world").script("meterInstruct", answers) }, function(case)
        local supply, other, state = case:open(), case:open(), nil
        local report = assert(supply.apply(support.plan_of(supply, case, 1), { on_progress = function(event)
          if event.state == "sending" then state = assert(other.cancel { all = true, reason = "stop" })[1].state end
        end }))
        assert.equal("sending", state)
        assert.same({ [code == 200 and "accepted" or "cancelled"] = 1 }, report.counts)
        assert.equal(code == 200 and 1 or 0, #case:executions())
      end)
    end
  end)

  it("is told what and why", function()
    run({}, function(case)
      local supply = case:open()
      for _, options in ipairs { {}, { all = true }, { all = true, reason = " " }, { intent = 1, all = true,
        reason = "x" }, { intent = 2 ^ 32 + 1, reason = "x" }, { everything = true, reason = "x" } } do
        assert.is_false((pcall(supply.cancel, options)))
      end
    end)
  end)
end)
