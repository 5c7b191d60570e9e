-- Plans: what would be sent, what is left out and why.
local support = require "support.supply"

local first, run, with = support.first, support.run, support.with
local REASON = { reason = "unpaid" }

describe("a plan", function()
  it("sends and writes nothing", function()
    run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(case.devices, "disconnect", REASON))
      assert.same({ 8, 0 }, { #plan.entries, #plan.left_out })
      assert.same({ 0, 0 }, { #case:executions(), #supply.history() })
    end)
  end)

  it("can be printed", function()
    run({}, function(case)
      local options = with { protected = { case.devices[2] } }
      local plan = assert(case:open().plan(first(case.devices, 2), "disconnect", options))
      local text = tostring(plan)
      assert.matches("plan by somebody: unpaid\n", text, 1, true)
      assert.matches("disconnect +" .. case.devices[1], text)
      assert.matches("not sent +" .. case.devices[2] .. "  the device is protected", text)
      assert.matches("1 to send, 1 left out$", text)
    end)
  end)

  it("knows the state before, and who is offline", function()
    run({}, function(case)
      case.world.platform:set_online(case.devices[2], false)
      local plan = assert(case:open().plan(first(case.devices, 2), "disconnect", REASON))
      assert.same({ "connected", true, "connected", false }, { plan.entries[1].state_before, plan.entries[1].online,
        plan.entries[2].state_before, plan.entries[2].online })
      assert.matches("OFFLINE", tostring(plan), 1, true)
    end)
  end)

  it("leaves out who is unknown, protected or in that state already", function()
    run({}, function(case)
      case.world.platform:set_gate(case.devices[3], "disconnected")
      local number = case.world.platform:meter(2).number
      local wanted = { "nobody", number, case.devices[3], case.devices[4], case.devices[1], case.devices[1] }
      local plan = assert(case:open { protected = { [case.devices[4]] = true } }.plan(wanted, "disconnect", REASON))
      assert.equal(1, #plan.entries)
      local kinds = {}
      for index, left in ipairs(plan.left_out) do kinds[index] = left.kind end
      assert.same({ "unlisted", "unlisted", "already", "protected" }, kinds)
      assert.matches("its device is " .. case.devices[2], plan.left_out[2].why, 1, true)
    end)
  end)

  it("restores supply that a command on its way will cut, whatever the platform shows until then", function()
    run({}, function(case)
      local supply, device = case:open(), case.devices[1]
      case.world.platform:set_online(device, false) -- obeys when it is back
      assert(supply.apply(assert(supply.plan({ device }, "disconnect", REASON))))
      local again = assert(supply.plan({ device, case.devices[2] }, "reconnect", REASON))
      assert.same({ 1, "already" }, { #again.entries, again.left_out[1].kind })
      assert.same({ device, "connected" }, { again.entries[1].device, again.entries[1].state_before })
      assert.matches("reconnect is sent to " .. device .. ", which may obey intent 1, disconnect, yet", tostring(again),
        1, true)
      assert(supply.apply(again))
      assert.equal("already", assert(supply.plan({ device }, "reconnect", REASON)).left_out[1].kind)
    end)
  end)

  it("protects a device by its meter number too", function()
    run({}, function(case)
      local options = with { protected = { case.world.platform:meter(2).number } }
      local plan = assert(case:open().plan(first(case.devices, 3), "disconnect", options))
      assert.equal(2, #plan.entries)
    end)
  end)

  it("takes no number for a protected device, which it would match with none", function()
    run({}, function(case)
      local supply = case:open()
      for _, protected in ipairs { { 202020500037 }, { [202020500037] = true }, { true }, "202020500037" } do
        local fine, problem = pcall(supply.plan, case.devices, "disconnect", with { protected = protected })
        assert.is_false(fine)
        assert.matches("option 'protected' ", problem, 1, true)
        fine, problem = pcall(case.open, case, { protected = protected })
        assert.is_false(fine)
        assert.matches("option 'protected' ", problem, 1, true)
      end
    end)
  end)

  it("tells what is protected and is no meter there", function()
    run({}, function(case)
      local options = with { allow_unmatched = true,
        protected = { case.devices[2], "mistyped", [case.devices[3]] = true, gone = false } }
      local plan = assert(case:open { protected = { "mistyped", "other" } }.plan(case.devices, "disconnect", options))
      assert.same({ "mistyped", "other" }, plan.unlisted)
      assert.matches("protected, but no meter there is: other\n", tostring(plan), 1, true)
    end)
  end)

  it("of more than max is none", function()
    run({}, function(case)
      local supply = case:open()
      local plan, err = supply.plan(case.devices, "disconnect", with { max = 7 })
      assert.same({ nil, "limit" }, { plan, err.kind })
      assert.truthy(supply.plan(case.devices, "disconnect", with { max = 8 }))
    end)
  end)

  it("does not stand on half a meter list", function()
    run({ faults = { html = { rate = 1, endpoints = { "meters" } } } }, function(case)
      local plan, err = case:open().plan(case.devices, "disconnect", REASON)
      assert.same({ nil, "protocol" }, { plan, err.kind })
    end)
  end)

  it("raises at wrong use", function()
    run({}, function(case)
      local supply = case:open()
      for _, wrong in ipairs {
        { case.devices, "open", REASON, "disconnect, reconnect" }, { case.devices, "disconnect", {}, "needs a reason" },
        { case.devices, "disconnect", with { gaurd = print }, "did you mean 'guard'" },
        { case.devices, "disconnect", with { approve_by = " " }, "names nobody" },
        { case.devices, "disconnect", with { by = "name" }, "must be device, meter_no" },
        { case.devices, "disconnect", with { offline = "wait" }, "must be send, skip or last" },
        { "60001", "disconnect", REASON, "a list" },
        { { 60001 }, "disconnect", REASON, "a string" }, { { "a\nb" }, "disconnect", REASON, "'a?b'" },
        { case.devices, "disconnect", with { expires = math.huge }, "'expires' must be less than 2^31" },
        { case.devices, "disconnect", with { expires = 1e300 }, "'expires' must be" },
        { { ["60001"] = true }, "disconnect", REASON, "a list" },
        { { device_id = "60001" }, "disconnect", REASON, "a list" },
        { { "60001", nil, "60002" }, "reconnect", REASON, "without holes" },
        { case.devices, "disconnect", with { quiet_hours = "25:00-26:00" }, "HH:MM-HH:MM" },
        { case.devices, "disconnect", with { quiet_hours = "24:00-00:00" }, "HH:MM-HH:MM" },
        { { "1", { device_id = "1", command = "reconnect" } }, "disconnect", REASON, "in one plan" },
      } do
        local fine, problem = pcall(function() return (supply.plan(wrong[1], wrong[2], wrong[3])) end)
        assert.is_false(fine)
        assert.matches(wrong[4], problem, 1, true)
        assert.matches("supply_plan_spec", problem, 1, true)
      end
      for _, last in ipairs { 1.5, 1e300, math.huge } do
        assert.has_error(function() supply.history { last = last } end)
      end
      local _, err = supply.plan(case.devices, "disconnect", with { max = 1.5 })
      assert.equal("limit", err.kind)
    end)
  end)
end)
