-- A plan's guard, quiet hours and protection, from the plan to the ledger and back: what cannot be read is not sent.
local settings = require "imr.workflow.supply.settings"
local support = require "support.supply"

local with = support.with

describe("a plan's settings", function()
  it("read back as they were written", function()
    for _, given in ipairs {
      {}, { guard = "./still-owes 'a b' \"c\"\n\ttrue" }, { quiet_hours = "20:00-08:00" },
      { protected = { "60001", "a\\b\"c", "表号" } },
      { guard = "true", quiet_hours = "0:00-24:00", protected = { "1" } },
    } do
      assert.same(given, settings.read(assert(settings.write(given)), 1))
    end
    local text = assert(settings.write { guard = print, protected = print })
    assert.same({ needs_guard = true, needs_protected = true }, settings.read(text, 1))
    text = assert(settings.write { protected = { "b", a = true } })
    assert.same({ protected = { "a", "b" } }, settings.read(text, 1))
  end)

  it("that cannot be read are none", function()
    local written = assert(settings.write { guard = "false", quiet_hours = "20:00-08:00", protected = { "1", "2" } })
    for length = 0, #written - 1 do
      local found, err = settings.read(written:sub(1, length), 7)
      assert.is_nil(found)
      assert.same({ "unsafe", "no" }, { err.kind, err.executed })
      assert.matches("plan 7: ", err.message, 1, true)
    end
    for _, text in ipairs {
      "", "[]", "null", "true", '"{}"', '{"guard":"\255"}', '{"guard":1}', '{"guard":""}', '{"guard":null}',
      '{"protected":"1"}', '{"protected":{"1":true}}', '{"protected":[1]}', '{"protected":[]}',
      '{"protected":["1",""]}', '{"protected":["\214\208"]}', '{"quiet_hours":"soon"}', '{"quiet_hours":"20:00-20:00"}',
      '{"quiet_hours":""}',
      '{"needs_guard":false}', '{"needs_guard":"yes"}', '{"hours":"20:00-08:00"}', '{"guard":"a"} x',
      '{"guard":"a\\u0000"}',
    } do
      local found, err = settings.read(text, 1)
      assert.is_nil(found, text)
      assert.equal("unsafe", err.kind)
    end
    assert.is_nil(settings.read(nil, 1))
  end)

  it("that could not be read back are not written", function()
    for _, given in ipairs { { guard = "\214\208" }, { protected = { "\255" } }, { protected = { 1 } }, { guard = "" },
      { quiet_hours = "soon" }, { protected = { "a\0b" } } } do
      local text, err = settings.write(given)
      assert.same({ nil, "unsafe" }, { text, err.kind })
    end
  end)
end)

describe("quiet hours that nobody can read", function()
  it("cover every moment", function()
    local left = require("imr.workflow.supply.hours").left
    local function covers(...) return left(...) == 0 end
    for _, text in ipairs { "", "soon", "20:00", "25:00-26:00", "20:00-08:00 " } do
      assert.is_true(covers(text, 0, 0))
      assert.is_true(covers(text, 43200, 0))
    end
    assert.is_true(covers("20:00-08:00", 0 / 0, 0))
    assert.is_false(covers(nil, 0, 0))
    assert.is_false(covers("20:00-08:00", 43200, 0))
  end)
end)

describe("what is left over", function()
  local GOOD = '{"guard":"true"}'

  -- Two plans are on record, and the settings, or another column, of the second become something else.
  local function run(sql, value, fn)
    support.run({}, function(case)
      local supply = case:open()
      for place = 1, 2 do
        local plan = assert(supply.plan({ case.devices[place] }, "disconnect", with { guard = "exit 127" }))
        assert(supply.apply(plan))
      end
      local database = require("imr.workflow.supply.database").open(case.path)
      database:execute(sql, value)
      database:close()
      fn(case, supply)
    end)
  end

  it("is not sent, and no other plan either, where a plan's settings cannot be read", function()
    for _, text in ipairs { '{"guard":"\214\208"}', "", "[]", '{"guard":"tr', '{"quiet_hours":"soon"}' } do
      run("UPDATE plans SET settings = ? WHERE id = 2", text, function(case, supply)
        local plan, err = supply.pending { guard = "true" }
        assert.same({ nil, "unsafe" }, { plan, err.kind })
        assert.matches("plan 2: its guard, quiet hours and protection cannot be read", err.message, 1, true)
        assert.equal(0, #case:executions())
        assert.equal(1, #assert(supply.pending { plan = 1, guard = "true" }).entries)
      end)
    end
    run("UPDATE plans SET settings = ?", GOOD, function(case, supply)
      assert(supply.apply(assert(supply.pending {})))
      assert.equal(2, #case:executions())
    end)
  end)

  it("keeps quiet hours on the clock that it was planned with", function()
    run("UPDATE plans SET reason = ?", "unpaid", function(case) -- it is 02:40
      local options = { quiet_hours = "02:00-03:00" }
      local plan = assert(case:open().plan({ case.devices[3] }, "disconnect", with(options)))
      assert.equal("quiet hours", assert(case:open().apply(plan)).stopped)
      local later = case:open { utc_offset = 0 }
      local report = assert(later.apply(assert(later.pending { plan = 3 })))
      assert.same({ "quiet hours", 0 }, { report.stopped, #case:executions() })
    end)
  end)

  it("is not sent where what is to be sent to whom cannot be read", function()
    for _, case_of in ipairs { { "command", "explode" }, { "command", "close" }, { "command", "meters" },
      { "command", "Disconnect" }, { "command", "read" }, { "device", "" }, { "device", "\214\208" },
      { "device", "\n60001" } } do
      local name, value = case_of[1], case_of[2]
      run(("UPDATE intents SET %s = ? WHERE id = 2"):format(name), value, function(case, supply)
        local plan, err = supply.pending { guard = "true" }
        assert.same({ nil, "unsafe", 0 }, { plan, err.kind, #case:executions() })
        assert.matches("plan 2: its intent 2 cannot be read", err.message, 1, true)
      end)
    end
  end)

  it("is not sent where its end cannot be read", function()
    run("UPDATE intents SET expires = ? WHERE id = 2", "tomorrow", function(case, supply)
      local plan, err = supply.pending { guard = "true" }
      assert.same({ nil, "unsafe", 0 }, { plan, err.kind, #case:executions() })
    end)
  end)
end)

describe("the door", function()
  it("takes no text that is not UTF-8, or with a NUL", function()
    support.run({}, function(case)
      local supply = case:open()
      for _, bad in ipairs { "\214\208\206\196", "a\255", "\237\160\128", "a\0b" } do
        for _, options in ipairs { { reason = bad }, { guard = bad }, { who = bad }, { quiet_hours = bad },
          { protected = { bad } }, { protected = { [bad] = true } } } do
          assert.has_error(function() supply.plan(case.devices, "disconnect", with(options)) end)
        end
        assert.has_error(function() supply.plan({ bad }, "disconnect", with {}) end)
        assert.has_error(function() supply.cancel { all = true, reason = bad } end)
        assert.has_error(function() case:open { who = bad } end)
        assert.has_error(function() case:open { protected = { bad } } end)
      end
      assert.has_error(function() supply.plan(case.devices, "disconnect", with { guard = " " }) end)
      assert.has_error(function() case:open { utc_offset = 0 / 0 } end)
      local plan = support.plan_of(supply, case, 1)
      for _, wrong in ipairs { { gaurd = print }, { guard = "" }, { guard = true }, { guard = "\255" }, "guard" } do
        assert.has_error(function() supply.apply(plan, wrong) end)
        assert.has_error(function() supply.pending(wrong) end)
      end
      assert.equal(0, #supply.history())
    end)
  end)
end)
