-- What is protected is never sent anything, and what nobody can tell is not sent either.
local cjson = require "cjson"
local support = require "support.supply"

local with = support.with

-- A platform whose meter list holds these rows: device, number, supply.
local function run(rows, fn)
  local data = {}
  for index, row in ipairs(rows) do
    data[index] = { deviceId = row[1], tableNo = row[2], gate = row[3] or "合闸" }
  end
  support.run({ on_request = function(request)
    if not request.path:find("meterList", 1, true) then return nil end
    return { code = 200, data = data, total = #data }
  end }, fn)
end

local function refused(case, protected, ...)
  local plan, err = case:open().plan({ "A", "B" }, "disconnect", with { protected = protected })
  assert.is_nil(plan)
  assert.same({ "protection", "no" }, { err.kind, err.executed })
  for _, text in ipairs { ... } do assert.matches(text, err.message, 1, true) end
end

local function planned(plan)
  local devices = {}
  for index, entry in ipairs(plan.entries) do devices[index] = entry.device end
  return devices
end

describe("protection", function()
  it("covers a device that is listed under two numbers by either, whichever row is the last", function()
    for _, rows in ipairs { { { "A", "01" }, { "A", "02" }, { "B", "03" } },
      { { "A", "02" }, { "B", "03" }, { "A", "01" } } } do
      for _, number in ipairs { "01", "02", "A" } do
        run(rows, function(case)
          local options = with { protected = { number } }
          local plan = assert(case:open().plan({ "A", "B" }, "disconnect", options))
          assert.same({ { "B" }, "protected" }, { planned(plan), plan.left_out[1].kind })
        end)
      end
    end
  end)

  it("says when a device is listed under two numbers, and takes no state that its rows do not agree on", function()
    run({ { "A", "01", "跳闸" }, { "A", "02" }, { "B", "A" } }, function(case)
      local plan = assert(case:open().plan({ "A", "B" }, "disconnect", with {}))
      assert.same({ "A", "B" }, planned(plan))
      assert.is_nil(plan.entries[1].state_before)
      assert.same({ "device A is listed under 2 meter numbers: 01, 02",
        "A is also the meter number of device B: the command goes to device A" }, plan.warnings)
      assert.matches("listed under 2 meter numbers: 01, 02", tostring(plan), 1, true)
    end)
  end)

  it("is asked about quickly, however long the list: a command waits for the answer in its slot", function()
    local protection, list = require "imr.workflow.supply.protection", {}
    for index = 1, 50000 do list[index] = ("%012d"):format((index * 7919) % 1000003) end
    local began = os.clock()
    assert.is_true(protection.covers({ device = "x", numbers = { [list[7]] = true } }, { "y" }, list))
    assert.is_true(os.clock() - began < 0.25)
    list[9] = 12
    local covered, err = protection.covers({ device = "x", numbers = {} }, list)
    assert.same({ nil, "protection" }, { covered, err.kind })
  end)

  it("refuses names that no meter has, and guesses at lost zeros", function()
    run({ { "A", "0012" }, { "B", "0013" } }, function(case)
      refused(case, { "12", "B" }, "no meter there is: 12 (0012?)")
      refused(case, { "Main street 1", B = true, nowhere = true }, "Main street 1, nowhere")
      local options = with { protected = { "12", "B" }, allow_unmatched = true }
      local plan = assert(case:open().plan({ "A", "B" }, "disconnect", options))
      assert.same({ { "A" }, { "12" } }, { planned(plan), plan.unlisted })
    end)
  end)

  it("refuses a list without names", function()
    run({ { "A", "01" }, { "B", "02" } }, function(case)
      refused(case, {}, "the list is empty")
      refused(case, { A = false }, "the list is empty")
      local plan, err = case:open { protected = {} }.plan({ "A" }, "disconnect", with { protected = { "B" } })
      assert.same({ nil, "protection" }, { plan, err.kind })
      assert.truthy(case:open().plan({ "A" }, "disconnect", with { protected = {}, allow_unmatched = true }))
    end)
  end)

  it("refuses a name that may mean two devices, or protects both", function()
    run({ { "A", "01" }, { "B", "01" }, { "C", "A" } }, function(case)
      refused(case, { "01" }, "01 may mean device A or B")
      refused(case, { "A" }, "A may mean device A or C")
      local options = with { protected = { "01", "A" }, allow_unmatched = true }
      local plan = assert(case:open().plan({ "A", "B", "C" }, "disconnect", options))
      assert.same({ {}, 3 }, { planned(plan), #plan.left_out })
    end)
  end)

  it("that is a function has to say true or false", function()
    run({ { "A", "01" }, { "B", "02" } }, function(case)
      for _, wrong in ipairs { function() end, function() error("no database", 0) end, function() return "no" end } do
        refused(case, wrong, "what is protected is not known")
      end
      local asked = 0
      local plan = assert(case:open().plan({ "A", "B" }, "disconnect", with { protected = function()
        asked = asked + 1
        if asked <= 2 then return false end -- the plan; then the database goes away
      end }))
      local report = assert(case:open().apply(plan))
      assert.same({ "planned", "planned", 0, "protection" }, { report.intents[1].state, report.intents[2].state,
        #case:executions(), report.error.kind })
    end)
  end)

  it("that changed into nonsense after the plan stops it", function()
    run({ { "A", "01" }, { "B", "02" } }, function(case)
      local protected = { B = true }
      local supply = case:open { protected = protected }
      local plan = assert(supply.plan({ "A" }, "disconnect", with {}))
      protected[1] = 60001
      assert.same({ "planned" }, support.states(assert(supply.apply(plan)).intents))
      assert.equal(0, #case:executions())
    end)
  end)
end)

describe("protection of what was left over", function()
  local rows = { { "A", "01" }, { "B", "03" }, { "A", "02" } }

  local function left_over(case)
    local supply = case:open()
    local plan = assert(supply.plan({ "A" }, "disconnect", with { guard = function() error("later") end }))
    assert.same({ planned = 1 }, assert(supply.apply(plan)).counts)
    supply.close()
  end

  local yes = function() return true end

  it("counts all numbers of a device, as the list has them now", function()
    run(rows, function(case)
      left_over(case)
      for _, name in ipairs { "01", "02", "A" } do
        local supply = case:open { protected = { name } }
        local plan = assert(supply.pending { guard = yes })
        assert.same({ "01", "02" }, require("imr.base.names")(plan.entries[1].numbers))
        supply.close()
      end
      local supply = case:open { protected = { "02" } }
      local report = assert(supply.apply(assert(supply.pending { guard = yes })))
      assert.same({ { protected = 1 }, 0 }, { report.counts, case:sent("A") })
    end)
  end)

  it("is refused where it is in doubt", function()
    run(rows, function(case)
      left_over(case)
      for _, protected in ipairs { { "nowhere" }, {}, { "1" } } do
        local supply = case:open { protected = protected }
        local plan, err = supply.pending { guard = yes }
        assert.same({ nil, "protection" }, { plan, err.kind })
        assert.equal(1, #assert(supply.pending { guard = yes, allow_unmatched = true }).entries)
        supply.close()
      end
      assert.equal(0, case:sent("A"))
    end)
  end)

  it("is what the plan has on record, too", function()
    run(rows, function(case)
      local supply = case:open()
      local options = with { protected = { "03" }, guard = function() error("later") end }
      assert(supply.apply(assert(supply.plan({ "A" }, "disconnect", options))))
      assert.same({ "03" }, cjson.decode(assert(supply.history())[1].settings).protected)
      assert(supply.apply(assert(supply.pending { guard = yes })))
      assert.equal(1, case:sent("A"))
    end)
  end)
end)
