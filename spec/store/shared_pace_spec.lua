-- One pace for processes and nginx workers, some of which are killed. `make endurance` runs it at full length and with
-- the platform's own interval, and counts the slots that nobody used.
local endurance = require "support.endurance"

-- A machine that is busy with something else delays one request more than the next: the platform asks for less.
local INTERVAL, LEAST = 1, 0.4

describe("processes and nginx workers on one account #nginx", function()
  local function check(options)
    options.interval, options.least = INTERVAL, LEAST
    local figures = endurance.run(options)
    endurance.check_pace(figures)
    assert.is_true(figures.kills > 0 and figures.last > figures.last_kill, "nobody went on after the last was killed")
  end

  it("keep one pace and one token in files", function()
    check { kind = "file", seconds = 12, kill_every = 2, processes = 8, workers = 2 }
  end)

  it("keep one pace and one token in Redis", function()
    check { kind = "redis", seconds = 12, kill_every = 4, processes = 10, workers = 0 }
  end)
end)
