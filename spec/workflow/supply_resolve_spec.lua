-- What a crash leaves: resolve() finds out, and the rest goes on.
local chaos = require "support.supply_chaos"
local supply = require "support.supply"

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
  local plan = supply.plan_of(handle, case, 2)
  local fine, problem = pcall(handle.apply, plan)
  chaos.watch(nil)
  handle.close()
  assert.same({ false, "killed" }, { fine, problem })
end

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

  it("leaves unknown what another device shows that has the meter's number by now", function()
    supply.run({}, function(case)
      dies(case, "after")
      case.world:sleep(10)
      local real = case.world:client()
      local client = setmetatable({ latest_reading = function(_, ...)
        local reading, err = real:latest_reading(...)
        if reading then reading.device_id = "another" end
        return reading, err
      end }, { __index = function(_, name)
        return function(_, ...) return real[name](real, ...) end
      end })
      local resolved = assert(case:open({ client = client }).resolve())
      assert.same({ 1, "unknown", "not_found" }, { #resolved, resolved[1].state, resolved[1].error.kind })
      assert.matches("is device another by now", resolved[1].detail, 1, true)
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
        local plan = supply.plan_of(handle, case, 1)
        assert.same({ 0, "unknown" }, { #plan.entries, plan.left_out[1].kind })
        assert(handle.resolve())
      end
    end)
  end)

  it("reads back what was to be confirmed and was not", function()
    supply.run({ command_delay = 60 }, function(case)
      local handle = case:open()
      assert(handle.apply(supply.plan_of(handle, case, 1), { confirm = true, confirm_deadline = 10 }))
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
