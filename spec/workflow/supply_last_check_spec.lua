-- The last checks are the last: whatever took its time before them, they are asked after it.
local errors = require "imr.errors"
local support = require "support.supply"
local world = require "support.world"

local first, run, states, with = support.first, support.run, support.states, support.with

-- A plan whose guard takes so long.
local function thinking(case, supply, seconds, more)
  local options = { guard = function()
    case.world:sleep(seconds)
    return true
  end }
  for name, value in pairs(more or {}) do options[name] = value end
  return assert(supply.plan(first(case.devices, 1), "disconnect", with(options)))
end

describe("while the guard thinks", function()
  it("quiet hours begin, and nothing is sent", function()
    for _, seconds in ipairs { 30, 1230 } do
      run({}, function(case)
        local supply = case:open() -- it is 02:40
        case.world:sleep(1200 - 20) -- 20 s before three
        local report = assert(supply.apply(thinking(case, supply, seconds, { quiet_hours = "03:00-06:00" })))
        assert.same({ "quiet hours", 1, 0 }, { report.stopped, report.left, #case:executions() })
      end)
    end
  end)

  it("it expires", function()
    run({}, function(case)
      local supply = case:open()
      assert.same({ expired = 1 }, assert(supply.apply(thinking(case, supply, 6, { expires = 5 }))).counts)
      assert.equal(0, case:sent(case.devices[1]))
    end)
  end)

  it("the clock is set back, and it is quiet all the same", function()
    run({}, function(case)
      local back = 0
      local supply = case:open { clock = function() return case:now() - back end }
      case.world:sleep(1200 - 20)
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { quiet_hours = "03:00-06:00",
        guard = function()
          case.world:sleep(30)
          back = 600
          return true
        end }))
      assert.equal("quiet hours", assert(supply.apply(plan)).stopped)
      assert.equal(0, #case:executions())
    end)
  end)

  it("the clock is set forward, over the quiet hours, and it is quiet all the same", function()
    run({}, function(case)
      local ahead = 0
      local supply = case:open { clock = function() return case:now() + ahead end }
      case.world:sleep(1200 - 20)
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { quiet_hours = "03:00-06:00",
        guard = function()
          case.world:sleep(30)
          ahead = 4 * 3600
          return true
        end }))
      assert.equal("quiet hours", assert(supply.apply(plan)).stopped)
      assert.equal(0, #case:executions())
    end)
  end)

  it("the device gets protected", function()
    run({}, function(case)
      local protected = { [case.devices[8]] = true }
      local supply = case:open { protected = protected }
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { guard = function(device)
        protected[device] = true
        return true
      end }))
      assert.same({ protected = 1 }, assert(supply.apply(plan)).counts)
      assert.equal(0, #case:executions())
    end)
  end)

  it("somebody wants to stop", function()
    run({}, function(case)
      local supply = case:open()
      local plan = thinking(case, supply, 30)
      local at = case.world:now() + 5
      local report = assert(supply.apply(plan, { interrupted = function() return case.world:now() > at end }))
      assert.same({ "interrupted", 1, 0 }, { report.stopped, report.left, #case:executions() })
      assert.is_true(case.world:now() < at + 1)
    end)
  end)
end)

describe("while the slot is waited for that a slow yes costs", function()
  it("quiet hours begin, and nothing is sent", function()
    run({ interval = 60 }, function(case)
      local client = case.world:client { interval = 60 }
      local supply = case:open { client = client }
      assert(client:reconnect(case.devices[2])) -- the next slot comes in a minute
      case.world:sleep(1200 - case.world:now() - 20)
      local others
      local plan = assert(supply.plan(first(case.devices, 1), "disconnect", with { quiet_hours = "03:00-06:00",
        guard = function()
          if not others then
            others = true
            require("imr.runtime").current():spawn(function() client:reconnect(case.devices[3]) end)
            case.world:sleep(5)
          end
          return true
        end }))
      local report = assert(supply.apply(plan))
      assert.same({ "quiet hours", 0 }, { report.stopped, #case:executions(case.devices[1]) })
    end)
  end)
end)

describe("a wish to stop", function()
  it("ends the wait for a slot", function()
    run({}, function(case)
      local supply, ends = case:open { client = case.world:client { interval = 600 } }, nil
      local report = assert(supply.apply(support.plan_of(supply, case, 2), {
        interrupted = function() return ends and case.world:now() > ends or false end,
        on_progress = function(event)
          if event.state == "accepted" then ends = case.world:now() + 10 end
        end,
      }))
      assert.same({ "interrupted", { "accepted", "planned" } }, { report.stopped, states(report.intents) })
      assert.is_true(case.world:now() < ends + 1)
    end)
  end)

  it("ends the pause before a repetition, and the command is planned again", function()
    local busy = {}
    for index = 1, 40 do busy[index] = { code = 1011 } end
    run({ on_request = world.script("meterInstruct", busy) }, function(case)
      local supply = case:open()
      local at = case.world:now() + 15
      local report = assert(supply.apply(support.plan_of(supply, case, 1), {
        interrupted = function() return case.world:now() > at end }))
      assert.same({ "interrupted", { planned = 1 }, "no" }, { report.stopped, report.counts,
        report.intents[1].executed })
      assert.is_true(case.world:now() < at + 1)
    end)
  end)
end)

describe("a command", function()
  it("leaves within a second of its last check, or in the time that check gives", function()
    run({}, function(case)
      local limits = {}
      local client = case.world:client { transport = function(request)
        limits[#limits + 1] = request.leave_within
        assert.equal(request.command and #limits < 6 and "number" or "nil", type(request.leave_within))
        if request.command and #limits < 4 then return nil, { kind = "timeout", executed = "no" } end
        return case.world:transport()(request)
      end }
      assert(client:disconnect(case.devices[1], { before_send = function() return true end }))
      for index, expected in ipairs { 1, 2, 4, 4 } do assert.is_near(expected, limits[index], 1e-6) end
      assert(client:disconnect(case.devices[2], { last_check = function() return true, 0.25 end }))
      assert.equal(0.25, limits[5])
      limits[6] = "nothing more"
      assert(client:disconnect(case.devices[3])) -- nobody was asked
    end)
  end)

  it("whose last check takes too long is asked about anew, and not sent on its word", function()
    run({}, function(case)
      local asked, told = 0, {}
      assert(case.client:disconnect(case.devices[1], { not_sent = function(err) told[#told + 1] = err.executed end,
        last_check = function()
          asked = asked + 1
          if asked == 1 then case.world:sleep(1.5) end
          return true
        end }))
      assert.same({ 2, { "no" }, 1 }, { asked, told, #case:executions() })
    end)
  end)

  it("is stopped by the last check's no, whose slot goes to another", function()
    run({}, function(case)
      local outcome, err = case.client:disconnect(case.devices[1], { last_check = function() return false, "no" end })
      assert.same({ nil, "vetoed", "no", "no" }, { outcome, err.kind, err.message, err.executed })
      local own = errors.new { kind = "held", message = "not now" }
      outcome, err = case.client:disconnect(case.devices[1], { last_check = function() return nil, own end })
      assert.same({ nil, "held" }, { outcome, err.kind })
      local began = case.world:now()
      assert(case.client:disconnect(case.devices[1]))
      assert.is_true(case.world:now() - began < 1.9)
    end)
  end)
end)
