local dates = require "imr.cli.input.dates"
local imr = require "imr"

local CHINA = 8 * 3600
local NOW = imr.time.parse "2025-03-05 14:30:15" -- a Wednesday

local function period(from, to)
  local first, last = dates.period({ from = from, to = to }, CHINA, NOW)
  return imr.time.format(first), imr.time.format(last)
end

local function problem(from, to)
  local ok, err = pcall(dates.period, { from = from, to = to }, CHINA, NOW)
  assert.is_false(ok)
  assert.equal("usage", err.kind)
  return err.message
end

describe("a period", function()
  local cases = {
    { "2025-03-01", "2025-03-02", "2025-03-01 00:00:00", "2025-03-02 23:59:59" },
    { "2025-03-01 10:00", "2025-03-01 11:00:01", "2025-03-01 10:00:00", "2025-03-01 11:00:01" },
    { "2025-03-01", nil, "2025-03-01 00:00:00", "2025-03-05 14:30:15" },
    { "today", "today", "2025-03-05 00:00:00", "2025-03-05 23:59:59" },
    { "yesterday", "yesterday", "2025-03-04 00:00:00", "2025-03-04 23:59:59" },
    { "-7d", "-1d", "2025-02-26 00:00:00", "2025-03-04 23:59:59" },
    { "-1w", "now", "2025-02-26 00:00:00", "2025-03-05 14:30:15" },
    { "-12h", "-30m", "2025-03-05 02:30:15", "2025-03-05 14:00:15" },
    { "this-week", "this-week", "2025-03-03 00:00:00", "2025-03-09 23:59:59" },
    { "last-week", "last-week", "2025-02-24 00:00:00", "2025-03-02 23:59:59" },
    { "this-month", "this-month", "2025-03-01 00:00:00", "2025-03-31 23:59:59" },
    { "last-month", "last-month", "2025-02-01 00:00:00", "2025-02-28 23:59:59" },
    { "this-year", "this-year", "2025-01-01 00:00:00", "2025-12-31 23:59:59" },
    { "2025-02", "2025-02", "2025-02-01 00:00:00", "2025-02-28 23:59:59" },
    { "2024-12", "2025-01-15", "2024-12-01 00:00:00", "2025-01-15 23:59:59" },
  }
  for _, case in ipairs(cases) do
    it(("from %s to %s"):format(case[1], tostring(case[2])), function()
      assert.same({ case[3], case[4] }, { period(case[1], case[2]) })
    end)
  end

  it("goes by the platform's day, not by ours", function()
    local late = imr.time.parse "2025-03-05 00:10:00" -- 2025-03-04 in UTC
    local from = dates.period({ from = "today" }, CHINA, late)
    assert.equal("2025-03-05 00:00:00", imr.time.format(from))
  end)

  it("knows the month before January", function()
    local from, to = dates.period({ from = "last-month", to = "last-month" }, CHINA, imr.time.parse "2025-01-31")
    assert.same({ "2024-12-01 00:00:00", "2024-12-31 23:59:59" }, { imr.time.format(from), imr.time.format(to) })
  end)

  it("says what dates there are", function()
    assert.matches("%-%-from 'last%-fortnight': dates are", problem "last-fortnight")
    assert.matches("not in the calendar", problem "2025-02-30")
    assert.matches("is no month", problem "2025-13")
    for _, edge in ipairs { "0000-01", "9999-12" } do
      assert.matches("not in the years 1 to 9999", problem(edge, edge))
    end
    assert.matches("say from when", problem(nil))
    assert.matches("ends %(2025%-03%-01 23:59:59%) before it begins", problem("2025-03-02", "2025-03-01"))
  end)
end)
