-- Confirmation beside the queue: nobody waits for a meter but who has asked for it.
local runtimes = require "imr.runtime"
local stores = require "imr.store"
local support = require "support.supply"
local unpack = require "imr.base.unpack"
local world = require "support.world"

local run, states, with = support.run, support.states, support.with

local SPACING = 2.1 -- seconds between two slots, with the pace's margin

-- Another process, which shares the pace.
local function another(case, store)
  return case:open { client = case.world:client { store = store, on_event = function() end } }
end

local function spawn(fn) return runtimes.current():spawn(fn) end

-- All meters of the platform, connected, the last ones offline.
local function fleet(case, count, offline)
  local devices = {}
  for place = 1, count do
    devices[place] = case.world.platform:meter(place).device
    case.world.platform:set_gate(devices[place], "connected")
    if place > count - offline then case.world.platform:set_online(devices[place], false) end
  end
  return devices
end

describe("confirmation", function()
  it("takes nothing from 200 disconnects with 20 offline, and a reconnect leaves within two slots", function()
    run({ meters = 230, command_delay = 3 }, function(case)
      local devices = fleet(case, 220, 20)
      local store = stores.memory()
      local ours, theirs = another(case, store), another(case, store)
      local wanted = { unpack(devices, 21, 220) }
      local plan = assert(ours.plan(wanted, "disconnect", support.with()))
      assert.matches("20 offline", plan.warnings[1])
      local asked, left, events, sent = nil, nil, {}, 0
      local report = assert(ours.apply(plan, { confirm = true, on_progress = function(event)
        events[event.state] = event
        if event.state ~= "accepted" then return end
        sent = sent + 1
        if sent ~= 100 then return end
        spawn(function()
          asked = case.world:now()
          assert(theirs.apply(assert(theirs.plan({ devices[1] }, "reconnect", with { force = true }))))
          left = case:executions(devices[1])[1].time
        end)
      end }))
      assert.same({ confirmed = 180, unconfirmed = 20 }, report.counts)
      local entries = world.entries(case.world, "instruct")
      assert.equal(201, #entries)
      assert.is_true(entries[201].time - entries[1].time <= 200 * SPACING, entries[201].time - entries[1].time)
      -- It reads the list of meters first, which is a slot of another endpoint.
      assert.is_true(left - asked <= 2 * SPACING, left - asked)
      assert.equal(20, #events.sent.awaited)
      assert.is_true(events.awaiting.ends <= 120)
      -- A page a slot, for as long as somebody is awaited.
      local looks = #world.entries(case.world, "latest_readings")
      assert.is_true(looks <= (case.world:now() - entries[1].time) / 2 + 2, looks)
    end)
  end)

  it("is that of one meter where one is awaited, and of a page where more are", function()
    run({ command_delay = 1000 }, function(case)
      local supply = case:open()
      for count = 1, 2 do
        local before = #world.entries(case.world, "latest_readings")
        local plan = assert(supply.plan(support.first(case.devices, count), "disconnect", with { force = true }))
        assert(supply.apply(plan, { confirm = true, confirm_deadline = 20 }))
        local entries = world.entries(case.world, "latest_readings")
        assert.is_true(#entries - before <= 12)
        case.world:sleep(2000)
      end
    end)
  end)

  it("does not hold the queue while it waits", function()
    run({ command_delay = 1000 }, function(case)
      local supply, other, report = case:open(), case:open(), nil
      local plan = support.plan_of(supply, case, 1)
      local first = assert(supply.apply(plan, { confirm = true, on_progress = function(event)
        if event.state ~= "sent" then return end
        spawn(function()
          report = assert(other.apply(assert(other.plan({ case.devices[2] }, "disconnect", with()))))
        end)
      end }))
      assert.same({ { "unconfirmed" }, { "accepted" } }, { states(first.intents), states(report.intents) })
    end)
  end)

  it("says that a later command has overtaken what it waited for", function()
    run({ command_delay = 1000 }, function(case)
      local supply, other = case:open(), case:open()
      local report = assert(supply.apply(support.plan_of(supply, case, 1), { confirm = true,
        on_progress = function(event)
          if event.state ~= "sent" then return end
          spawn(function()
            assert(other.apply(assert(other.plan({ case.devices[1] }, "reconnect", with { force = true }))))
          end)
        end }))
      assert.same({ "overtaken", "intent 2 was sent to the device later" }, { report.intents[1].state,
        report.intents[1].detail })
    end)
  end)

  it("resolve leaves what a run is waiting for to that run, and reads all others with a page", function()
    run({ command_delay = 1000 }, function(case)
      local supply, other, during = case:open(), case:open(), nil
      assert(supply.apply(support.plan_of(supply, case, 5), { confirm = true, confirm_deadline = 8,
        on_progress = function(event)
          if event.state == "sent" then spawn(function() during = assert(other.resolve()) end) end
        end }))
      assert.equal(0, #during)
      local before = #world.entries(case.world, "latest_readings")
      local resolved = assert(other.resolve())
      assert.equal(5, #resolved)
      assert.equal(1, #world.entries(case.world, "latest_readings") - before)
    end)
  end)
end)

describe("a reconnect", function()
  it("of another process goes ahead of all that is planned, and the queue goes on afterwards", function()
    run({}, function(case)
      local cut, restore, report = case:open(), case:open(), nil
      local began = false
      local done = assert(cut.apply(support.plan_of(cut, case, 5), { on_progress = function(event)
        if event.state ~= "accepted" or began then return end
        began = true
        spawn(function()
          report = assert(restore.apply(assert(restore.plan({ case.devices[6], case.devices[7] }, "reconnect",
            with { force = true }))))
        end)
      end }))
      assert.same({ { accepted = 5 }, { accepted = 2 } }, { done.counts, report.counts })
      local order = {}
      for index, entry in ipairs(case:executions()) do order[index] = entry.command end
      assert.same({ 1, 1, 2, 2, 1, 1, 1 }, order)
      assert.is_false(cut.status().running)
    end)
  end)

  it("that has died holds nobody up", function()
    run({}, function(case)
      local supply = case:open()
      local plan = support.plan_of(supply, case, 2)
      local database = require("imr.workflow.supply.database").open(case.path)
      database:execute("INSERT INTO runs (place, process, began, mark, who, started, urgent) "
        .. "VALUES ('elsewhere', 1, 'x', 'x', 'y', 'z', 1)")
      database:close()
      local began = case.world:now()
      assert.same({ accepted = 2 }, assert(supply.apply(plan)).counts)
      assert.is_true(case.world:now() - began < 20)
    end)
  end)
end)

describe("a plan", function()
  it("says who is offline, and leaves them out or sends them last where that is wanted", function()
    run({}, function(case)
      case.world.platform:set_online(case.devices[1], false)
      local supply, wanted = case:open(), support.first(case.devices, 3)
      local plan = assert(supply.plan(wanted, "disconnect", with()))
      assert.equal(case.devices[1], plan.entries[1].device)
      assert.equal("1 offline, which obey when they are back, if at all: " .. case.devices[1], plan.warnings[1])
      plan = assert(supply.plan(wanted, "disconnect", with { offline = "last" }))
      assert.equal(case.devices[1], plan.entries[3].device)
      plan = assert(supply.plan(wanted, "disconnect", with { offline = "skip" }))
      assert.same({ 2, "offline", "it is offline", 0 }, { #plan.entries, plan.left_out[1].kind, plan.left_out[1].why,
        #plan.warnings })
      assert.has_error(function() supply.plan(wanted, "disconnect", with { offline = "never" }) end,
        "option 'offline' must be send, skip or last")
    end)
  end)
end)
