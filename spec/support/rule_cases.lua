-- Cases of the quality rules: rows of one meter, a day apart, and what a rule flags of them.
local assert = require "luassert"
local busted = require "busted"
local quality = require "imr.workflow.quality"
local settings = require "imr.workflow.quality.settings"

local rule_cases = { START = 1748707200 } -- 2025-06-01 00:00:00 +08:00

local DAY, START = 86400, rule_cases.START

--- Rows a day apart; a value may also be a table of columns, `day` of which moves it.
function rule_cases.rows(values, time, common)
  local list = {}
  for index, value in ipairs(values) do
    local row = type(value) == "table" and value or { reading = value }
    row[time or "read_time"] = START + (row.day or index) * DAY + (row.second or 0)
    for name, more in pairs(common or {}) do row[name] = row[name] == nil and more or row[name] end
    list[index] = row
  end
  return list
end

local function judge(given, chosen)
  given.meter_no = "000100000001"
  if given.kind then given.history = { { device_id = "D", kind = given.kind, first_seen = START } } end
  given.now = given.now or START + 40 * DAY
  given.from, given.to = given.from or START, given.to or given.now
  return quality.judge(quality.view(given, chosen), chosen)
end

--- The flags of one rule.
function rule_cases.judge(rule, given, tuning)
  return judge(given, settings.new({ rules = { rule }, tuning = { [rule] = tuning } }, 1))
end

--- The flags of all rules.
function rule_cases.judge_all(given)
  return judge(given, settings.new({}, 1))
end

--- Rows of the listing readings.
function rule_cases.readings(values) return { rows = { readings = rule_cases.rows(values) } } end

--- As "day value reference" a flag.
function rule_cases.shown(flags)
  local list = {}
  for index, flag in ipairs(flags) do
    list[index] = ("%g %s %s"):format((flag.time - START) / DAY, flag.value or "-", flag.reference or "-")
  end
  return list
end

--- Each case: rule, what it is about, rows, flags as "day value reference", tuning.
function rule_cases.cases(rule, list)
  busted.describe("the rule " .. rule, function()
    for _, case in ipairs(list) do
      busted.it(case[1], function()
        local flags = rule_cases.judge(rule, case[2], case[4])
        assert.same(case[3], rule_cases.shown(flags))
        for _, flag in ipairs(flags) do
          assert.same({ rule, "000100000001" }, { flag.rule, flag.meter_no })
          assert.truthy(flag.source and flag.field and #flag.detail > 0)
        end
      end)
    end
  end)
end

--- Photographs that could be read.
function rule_cases.images(values) return rule_cases.rows(values, nil, { image_ok = true }) end

--- A history in which another device came on a day.
function rule_cases.swap(day)
  local at = START + day * DAY
  return { { device_id = "A", first_seen = START, removed_at = at }, { device_id = "B", first_seen = at } }
end

return rule_cases
