-- The demo, run as `make demo` runs it, under the interpreter of this run.
local process = require "support.process"
local shell = require "support.shell"
local timing = require "support.timing"

local LISTINGS = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }

-- Columns on a terminal. Here every character of three bytes and more is Chinese, and two columns wide.
local function width(text)
  local total = 0
  for character in text:gmatch("[%z\1-\127\194-\244][\128-\191]*") do total = total + (#character >= 3 and 2 or 1) end
  return total
end

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  return lines
end

describe("the demo", function()
  local output, seconds, lines

  setup(function()
    local ok
    seconds, ok, output = timing.of(function()
      return shell.run("timeout 240 scripts/run.sh " .. process.interpreter .. " examples/demo.lua")
    end)
    assert(ok, output)
    lines = lines_of(output)
  end)

  -- The lines of the table below the line that begins with `title`: the header first.
  local function table_below(title)
    local found = {}
    for index, line in ipairs(lines) do
      if line:sub(1, #title) == title then
        local row = index + 1
        while lines[row] and lines[row] ~= "" do
          found[#found + 1] = lines[row]
          row = row + 1
        end
      end
    end
    assert.is_true(#found > 1, "no table below " .. title)
    return found
  end

  it("takes less than 25 seconds on a machine that does nothing else", function()
    assert.is_true(seconds < timing.room(25, 120), seconds)
  end)

  it("shows six complete listings, some of them of several pages", function()
    local report = table_below("How complete")
    assert.equal(1 + #LISTINGS, #report)
    local longest = 0
    for index, name in ipairs(LISTINGS) do
      local listing, rows, pages, total, result = report[index + 1]:match("^  (%S+) +(%d+) +(%d+) +(%d+)  (.*)$")
      assert.equal(name, listing)
      assert.equal("complete", result)
      assert.equal(total, rows)
      assert.is_true(tonumber(rows) > 0)
      longest = math.max(longest, tonumber(pages))
    end
    assert.is_true(longest >= 3)
  end)

  it("shows three rows of each", function()
    for _, name in ipairs(LISTINGS) do assert.equal(1 + 3, #table_below(name .. " (")) end
  end)

  -- A column of text begins where its header begins, whatever stands to its left.
  it("aligns the columns, Chinese ones too", function()
    local chinese = 0
    for title, column in pairs { ["meters ("] = "supply", ["camera_readings ("] = "image_ok" } do
      local rows = table_below(title)
      local start = width(rows[1]:match("^(.*  )" .. column))
      local words = { supply = "%s%s(d?i?s?connected)", image_ok = "%s%s(%l+)$" }
      for index = 2, #rows do
        local before = rows[index]:match("^(.*)" .. words[column])
        assert.equal(start, width(before) + 2, rows[index])
        if rows[index]:find("[\228-\233][\128-\191]") then chinese = chinese + 1 end
      end
    end
    assert.is_true(chinese >= 3)
  end)

  it("cuts a supply and sees it cut", function()
    assert.matches("\n  confirmed after about %d+ s: the platform shows the meter disconnected\n", output)
  end)

  -- A machine that is busy with something else delays one request more than the next, now and then beyond the margin.
  it("is never too fast", function()
    local refused = tonumber(output:match("1011 %(too fast%) in the whole demo: (%d+)\n"))
    assert.is_true(refused <= timing.room(0, 3), output)
    if refused == 0 then assert.is_nil(output:find("WARNING", 1, true)) end
  end)

  it("says what pacing cost, and what it saved", function()
    local requests, took = output:match("\n  (%d+) requests took about (%d+) s in all")
    local otherwise = tonumber(output:match("for the answers = (%d+) s"))
    assert.is_true(tonumber(requests) >= #LISTINGS)
    assert.is_true(otherwise > 2 * tonumber(took))
  end)

  it("leaves no process behind", function()
    local url = output:match("http://127%.0%.0%.1:(%d+)")
    local socket = require("socket").tcp()
    finally(function() socket:close() end)
    assert.is_nil(socket:connect("127.0.0.1", tonumber(url)))
  end)
end)
