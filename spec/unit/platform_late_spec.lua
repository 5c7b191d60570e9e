-- Rows that the simulated platform shows late, and registers that it corrects afterwards.
local testing = require "imr.testing"

local EPOCH = 1752028200 -- 2025-07-09 10:30 on the platform's clock

local function rows_of(options, days)
  local given = { meters = 30, days = 20 + days, offline = 0, interval = 0, epoch = EPOCH + days * 86400 }
  for name, value in pairs(options) do given[name] = value end
  local world, found, count = testing.new(given), {}, 0
  world:run(function()
    local client = world:client { interval = 0, decimals = "string", page_size = 70 }
    local cursor = client:readings { from = EPOCH - 40 * 86400, to = EPOCH + 40 * 86400 }
    for row in cursor do
      found[row.meter_no .. "@" .. row.read_time] = row.reading
      count = count + 1
    end
    assert.is_true(cursor.report.complete)
  end)
  return found, count
end

describe("a simulated platform with late rows", function()
  it("shows them some days after, and then all of them", function()
    local plain, all = rows_of({}, 0)
    local now, shown = rows_of({ late = 0.3, late_days = 4 }, 0)
    assert.is_true(shown < all and shown > all * 0.9)
    local later = rows_of({ late = 0.3, late_days = 4 }, 6)
    for key, reading in pairs(plain) do
      assert.is_true(now[key] == nil or now[key] == reading)
      assert.equal(reading, later[key])
    end
  end)
end)

describe("a simulated platform that corrects", function()
  it("changes a share of the readings once, two days after, and moves no other row", function()
    local before, after, long_after = rows_of({ restated = 0.2 }, 0), rows_of({ restated = 0.2 }, 6),
      rows_of({ restated = 0.2 }, 12)
    local changed, kept = 0, 0
    for key, reading in pairs(before) do
      assert.is_string(after[key])
      if after[key] ~= reading then changed = changed + 1 else kept = kept + 1 end
      assert.equal(after[key], long_after[key])
      assert.is_true(tonumber(after[key]) >= tonumber(reading))
    end
    assert.is_true(changed > 5 and changed < kept / 5, changed)
  end)
end)
