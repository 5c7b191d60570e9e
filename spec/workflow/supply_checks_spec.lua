-- The last checks of a command, in its slot: guard, protection, expiry, quiet hours.
local files = require "support.files"
local support = require "support.supply"

local first, run, states, with = support.first, support.run, support.states, support.with
local REASON = { reason = "unpaid" }

describe("right before a command leaves", function()
  it("the guard is asked, in the command's slot", function()
    run({}, function(case)
      local supply, asked = case:open(), {}
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { guard = function(device, entry)
        asked[#asked + 1] = { device, entry.command, case.world:now() }
        return true
      end }))
      assert.equal(0, #asked)
      supply.apply(plan)
      for index, entry in ipairs(case:executions()) do
        assert.same({ entry.device, "disconnect" }, { asked[index][1], asked[index][2] })
        assert.is_near(entry.time, asked[index][3], 0.03)
      end
      assert.equal(3, #asked)
    end)
  end)

  it("a guard that turned false since the plan stops it", function()
    run({}, function(case)
      local supply, paid = case:open(), {}
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { guard = function(device)
        if device == case.devices[1] then paid[case.devices[2]] = true end -- pays while the first is cut
        return not paid[device]
      end }))
      local report = assert(supply.apply(plan))
      assert.same({ "accepted", "skipped", "accepted" }, states(report.intents))
      assert.same({ 0, "no" }, { case:sent(case.devices[2]), report.intents[2].executed })
    end)
  end)

  it("a guard is asked again before a repetition", function()
    local answers, asked = { { code = 1011 } }, 0
    run({ on_request = require("support.world").script("meterInstruct", answers) }, function(case)
      local supply = case:open()
      local report = assert(supply.apply(assert(supply.plan(first(case.devices, 1), "disconnect", with {
        guard = function()
          asked = asked + 1
          return asked == 1
        end }))))
      assert.same({ 2, "skipped", "no", 0 }, { asked, report.intents[1].state, report.intents[1].executed,
        #case:executions() })
    end)
  end)

  it("a guard that raises stops the command, and in a row the queue", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(case.devices, "disconnect", with { guard = function() error("no database") end }))
      local report = assert(supply.apply(plan, { stop_after = 2 }))
      assert.same({ "failures", 8, "guard", 0 }, { report.stopped, report.left, report.error.kind, #case:executions() })
    end)
  end)

  it("a guard's answer is true or false; anything else stops the command", function()
    local guard = require "imr.workflow.supply.guard"
    local entry = { device = "60001", command = "disconnect" }
    assert.is_true(guard.ask(function() return true end, entry))
    assert.is_false((guard.ask(function() return false end, entry)))
    assert.is_false((guard.ask(function() end, entry)))
    for _, answer in ipairs { "no", 0, {}, print } do
      local goes, err = guard.ask(function() return answer end, entry)
      assert.same({ nil, "guard" }, { goes, err.kind })
    end
  end)

  it("a slow guard does not make the next command come too soon", function()
    run({}, function(case)
      local supply, asked = case:open(), 0
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { guard = function()
        asked = asked + 1
        if asked == 1 then case.world:sleep(1.5) end
        return true
      end }))
      assert(supply.apply(plan))
      assert.equal(0, require("support.world").count(case.world, "instruct", 1011))
    end)
  end)

  it("a guard that says no gives the slot to the next", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(case.devices, "disconnect", with { guard = function(device)
        return device == case.devices[8]
      end }))
      local began = case.world:now()
      assert(supply.apply(plan))
      assert.is_true(case.world:now() - began < 3)
    end)
  end)

  it("protection that came after the plan counts", function()
    run({}, function(case)
      local protected = { [case.devices[3]] = true }
      local supply = case:open { protected = protected }
      local plan = assert(supply.plan(first(case.devices, 2), "disconnect", REASON))
      protected[case.devices[1]] = true
      local report = assert(supply.apply(plan))
      assert.same({ "protected", "accepted" }, states(report.intents))
      assert.equal(0, case:sent(case.devices[1]))
    end)
  end)

  it("an expired intent stays unsent", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(first(case.devices, 3), "disconnect", with { expires = 3 }))
      assert.same({ "accepted", "accepted", "expired" }, states(assert(supply.apply(plan)).intents))
      assert.equal(0, case:sent(case.devices[3]))
    end)
  end)

  it("quiet hours end the cutting, and only that", function()
    run({}, function(case)
      case.world.platform:set_gate(case.devices[3], "disconnected")
      local supply = case:open()
      local wanted = { case.devices[1], { device_id = case.devices[3], command = "reconnect" } }
      local options = with { quiet_hours = "22:00-06:00" } -- it is 02:40
      local report = assert(supply.apply(assert(supply.plan(wanted, "disconnect", options))))
      assert.same({ "quiet hours", 1, 1 }, { report.stopped, report.left, #case:executions(case.devices[3]) })
      assert.equal(0, case:sent(case.devices[1]))
      case.world:sleep(4 * 3600)
      report = assert(supply.apply(assert(supply.pending())))
      assert.same({ accepted = 1 }, report.counts)
    end)
  end)
end)

describe("a guard command", function()
  local guard = require "imr.workflow.supply.guard"

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
