-- `imr supply` and what nobody knows: said by every run that finds it, which then ends with 6. And what a guard said.
local core = require "imr.core"
local fleet = require "support.fleet"
local support = require "support.supply"

local rows, states = fleet.rows, fleet.states

describe("imr supply", function()
  local here

  after_each(function() here:stop() end)

  -- The first intent's outcome is unknown, of another plan and process than those that follow.
  local function start(options)
    here = fleet.start(options or { latency = 1 })
    local devices = here:connected(4)
    local first = here.user:start("supply disconnect --yes --interval 0 --reason unpaid " .. devices[1])
    local ends = core.now() + 60
    repeat
      assert(core.now() < ends, "it does not begin")
      core.sleep(0.02)
    until here:supply("status").out:find "sending"
    first.kill "KILL"
    first.wait()
    return devices
  end

  local function says(result)
    assert.equal(6, result.status, result.err)
    assert.matches("intent 1, disconnect %S+, is unknown: the process that was sending it ended", result.err)
    assert.matches("`imr supply resolve` reads back what is unknown", result.err, 1, true)
  end

  it("says in every run that an outcome is unknown, and ends with 6", function()
    local devices = start()
    says(here:supply "status")
    says(here:supply("disconnect --dry-run --interval 0 --reason x " .. devices[2]))
    local result = here:supply("disconnect --yes --interval 0 --reason x " .. devices[2])
    says(result)
    assert.same({ "accepted" }, states(result))
    says(here:supply("reconnect --yes --interval 0 --reason x " .. devices[3]))
    says(here:supply "resume --yes --interval 0")
    says(here:supply "resume --dry-run --interval 0")
    here:supply("disconnect --yes --interval 0 --reason x --guard /no/such/guard " .. devices[4])
    says(here:supply "cancel --all --reason x")
    assert.matches("intent 1, disconnect", here:supply("history").err, 1, true)
    assert.equal(0, here:supply("history").status)
  end)

  it("resolve says what a killed run has left, also where the meter tells what became of it", function()
    start()
    local result = here:supply "resolve --interval 0"
    assert.matches("intent 1, disconnect %S+: the process that was sending it ended", result.err)
    assert.equal(rows(result)[1].state == "unknown" and 6 or 0, result.status)
  end)

  it("keeps on record what the guard said", function()
    here = fleet.start()
    local devices = here:connected(2)
    local guard = here.user:write("guard", ([[#!/bin/sh
      [ "$1" = %s ] && echo "owes 30.20" && exit 0
      printf '\n  has paid on Monday\033[2J\nmore\n'; echo aside >&2; exit 1]]):format(devices[1]), "700")
    local result = here:supply(("disconnect --yes --interval 0 --reason x --guard %s %s %s"):format(guard, devices[1],
      devices[2]))
    assert.same({ 0, { "accepted", "skipped" } }, { result.status, states(result) })
    for _, text in ipairs { "owes 30.20", "has paid on Monday", "more", "aside" } do
      assert.matches(text, result.err, 1, true)
    end
    assert.equal("the guard said no: has paid on Monday?[2J", rows(here:supply "history")[2].detail)
    assert.equal("the guard said: owes 30.20", rows(here:supply "history --intent 1")[2].detail)
  end)
end)

describe("a guard's function", function()
  it("says why by its second result, which goes on record", function()
    support.run({}, function(case)
      local supply = case:open()
      local plan = assert(supply.plan(support.first(case.devices, 3), "disconnect", support.with {
        guard = function(device)
          if device == case.devices[1] then return true, "owes 12" end
          if device == case.devices[2] then return false, "paid\n\255" end
          return false, {}
        end }))
      assert(supply.apply(plan))
      local history = supply.history()
      assert.equal("the guard said: owes 12", history[1].transitions[2].detail)
      assert.equal("the guard said no: paid", history[2].detail)
      assert.equal("the guard said no", history[3].detail)
    end)
  end)
end)
