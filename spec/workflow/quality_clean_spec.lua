-- A fleet with which all is well: next to nothing may be flagged. `make clean-fleet` takes 500 meters and 90 days.
local cjson = require "cjson"
local cli = require "support.cli"
local rule_cases = require "support.rule_cases"
local simulator = require "support.simulator"

local METERS, DAYS = (os.getenv "IMR_CLEAN_FLEET" or "60x40"):match "^(%d+)x(%d+)$"
local ALLOWED = 1 / 1000 -- flags a meter-day
local DAY, START = 86400, rule_cases.START

describe("a clean fleet", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = METERS, days = DAYS, offline = 0, unparsed = 0, interval = 0 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
    user.environment.IMR_DB = user.home .. "/clean.db"
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  it("of the simulator has at most one false flag in a thousand meter-days", function()
    user:run("sync --interval 0 --granularity daily --granularity realtime --first-days " .. DAYS)
    local result, by_rule, count = user:run "check --format jsonl", {}, 0
    for line in result.out:gmatch "[^\n]+" do
      local flag = cjson.decode(line)
      local is_true = flag.rule == "zeros" and flag.value == flag.reference -- an empty flat of the simulator's
      by_rule[flag.rule], count = (by_rule[flag.rule] or 0) + 1, count + (is_true and 0 or 1)
    end
    local shown = {}
    for rule, number in pairs(by_rule) do shown[#shown + 1] = rule .. " " .. number end
    local summary = ("%d false flags in %d meter-days; all: %s"):format(count, METERS * DAYS, table.concat(shown, ", "))
    if os.getenv "IMR_CLEAN_FLEET" then print("\n" .. summary) end
    assert.matches(METERS .. " meters", result.err, 1, true)
    assert.is_true(count <= METERS * DAYS * ALLOWED, summary)
  end)
end)

-- Meters as there are in houses: what they use on a day (of 1 to 90), by draws from 0 to 1.
local patterns = {
  ["a flat"] = { use = function(day, draw) return 5 * (0.6 + 0.8 * draw()) * (day % 7 < 2 and 1.3 or 1) end },
  ["a flat whose people go on holiday"] = { use = function(day, draw)
    return day > 30 and day < 45 and 0.3 + 0.1 * draw() or 7 * (0.6 + 0.8 * draw())
  end },
  ["a flat in which the summer begins"] = { use = function(day, draw)
    return 3 + 2 * draw() + (day > 60 and 20 * draw() or 0)
  end },
  ["a house for weekends"] = { use = function(day, draw) return day % 7 < 2 and 10 + 25 * draw() or 0.2 end },
  ["a flat with a car that is charged"] = { use = function(_, draw)
    return 4 + 5 * draw() + (draw() < 0.15 and 40 or 0)
  end },
  ["a works"] = { places = 1, use = function(day, draw) return day % 7 < 2 and 30 or 1500 + 1500 * draw() end },
  ["a water meter of whole cubic metres"] = { kind = "water", places = 0, use = function(_, draw)
    return 0.1 + 0.5 * draw()
  end },
  ["a water meter of litres"] = { kind = "water", places = 3, use = function(_, draw)
    return 0.05 + 0.6 * draw() + (draw() < 0.05 and 1.5 or 0)
  end },
  ["a meter that is read by day only"] = { hours = { 8, 18 }, use = function(_, draw) return 4 + 5 * draw() end },
  ["a meter that is read each hour"] = { hours = { 0, 23 }, use = function(_, draw) return 4 + 9 * draw() end },
  ["a meter that somebody reads beside its schedule"] = { beside = true, use = function(_, draw)
    return 5 + 3 * draw()
  end },
  ["a meter whose rows are a double's"] = { noise = true, use = function(_, draw)
    return math.floor(1 + 40 * draw()) / 10
  end },
  ["a meter whose other listing rounds"] = { rounded = true, use = function(_, draw) return 5 + 3 * draw() end },
}

local function readings_of(pattern, draw)
  local list, register, hours = {}, 5000 * draw(), pattern.hours or { 10, 10 }
  local first, last = hours[1], hours[2]
  local function add(time)
    list[#list + 1] = { read_time = time, stored_at = time + 7200, device_id = "D", number = register,
      reading = (pattern.noise and "%.17g" or "%." .. (pattern.places or 2) .. "f"):format(register) }
  end
  for day = 1, 90 do
    local used = pattern.use(day, draw)
    for hour = first, last do
      register = register + used / (last - first + 1)
      add(START + day * DAY + hour * 3600 + math.floor(60 * draw()))
    end
    if pattern.beside and day % 9 == 0 then
      register = register + 0.01
      add(list[#list].read_time + 7)
    end
  end
  return list
end

local function rounded(list)
  local rows, before = {}, nil
  for index, row in ipairs(list) do
    rows[index] = { read_time = row.read_time, stored_at = row.stored_at, device_id = "D",
      reading = ("%.1f"):format(row.number), usage = before and ("%.1f"):format(row.number - before) }
    before = row.number
  end
  return rows
end

describe("nothing is flagged of", function()
  for name, pattern in pairs(patterns) do
    it(name, function()
      local state = 7
      local function draw()
        state = (state * 16807) % 2147483647
        return state / 2147483647
      end
      for _ = 1, 10 do
        local list = readings_of(pattern, draw)
        local other = pattern.rounded and rounded(list) or nil
        local flags = rule_cases.judge_all { rows = { readings = list, consumption = other },
          kind = pattern.kind or "electricity", now = START + 91 * DAY }
        assert.same({}, rule_cases.shown(flags), flags[1] and flags[1].rule .. ": " .. flags[1].detail)
      end
    end)
  end
end)
