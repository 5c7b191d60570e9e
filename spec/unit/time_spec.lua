local codec = require "imr.client.codec"
local core = require "imr.core"
local timing = require "support.timing"

local CHINA = 8 * 3600

describe("core.parse_time", function()
  local good = {
    { "1970-01-01 08:00:00", 0 },
    { "1970-01-01T08:00:00", 0 },
    { "1970-01-01 08:00", 0 },
    { "1970-01-01", -CHINA },
    { "1969-12-31 23:59:59", -CHINA - 1 },
    { "2023-04-22 10:31:53", 1682130713 },
    { "2000-02-29 00:00:00", 951753600 },
    { "2024-02-29 23:59:59", 1709222399 },
    { "2024-02-29 24:00:00", 1709222400 },
    { "2024-02-29 24:00", 1709222400 },
    { "2024-12-31 24:00:00", 1735660800 },
    { "0001-01-01 00:00:00", -62135596800 - CHINA },
    { "9999-12-31 23:59:59", 253402300799 - CHINA },
  }
  for _, case in ipairs(good) do
    it("takes " .. case[1], function() assert.equal(case[2], core.parse_time(case[1], CHINA)) end)
  end

  it("makes a bare date a begin or an end", function()
    assert.equal("2024-02-29 00:00:00", core.format_time(core.parse_time("2024-02-29", CHINA, "from"), CHINA))
    assert.equal("2024-02-29 23:59:59", core.format_time(core.parse_time("2024-02-29", CHINA, "to"), CHINA))
    assert.equal("2024-02-29 10:00:00", core.format_time(core.parse_time("2024-02-29 10:00", CHINA, "to"), CHINA))
  end)

  local impossible = {
    "2023-02-29", "2100-02-29 00:00:00", "1900-02-29", "2024-02-30", "2024-04-31", "2024-13-01", "2024-00-10",
      "2024-01-00",
    "0000-00-00 00:00:00", "0000-01-01", "2024-01-01 25:00:00", "2024-01-01 24:00:01", "2024-01-01 24:01",
      "2024-01-01 10:60",
    "2024-01-01 10:00:60", "9999-12-31 24:00:00", "9999-12-31 24:00",
  }
  for _, text in ipairs(impossible) do
    it("refuses " .. text, function()
      local seconds, problem = core.parse_time(text, CHINA)
      assert.is_nil(seconds)
      assert.equal("'" .. text .. "' is not in the calendar", problem)
    end)
  end

  local malformed = {
    "", "yesterday", "2024", "2024-1-1", "2024-01-01 ", "2024-01-01 10", "2024-01-01 1:00", "2024-01-01  10:00:00",
      "2024/01/01",
    "2024-01-01 10:00:00Z", "2024-01-01 10:00:00 ", " 2024-01-01", "2024-01-01t10:00:00", "-024-01-01",
      "2024-01-01 10-00-00",
    "2024-01-01 10:00:0x", "20240101", "2024-01-0\0", ("2"):rep(1000),
  }
  for _, text in ipairs(malformed) do
    it("refuses '" .. text:sub(1, 30):gsub("%z", "\\0") .. "'", function()
      local seconds, problem = core.parse_time(text, CHINA)
      assert.is_nil(seconds)
      assert.matches("^a time is written YYYY%-MM%-DD HH:MM:SS", problem)
    end)
  end

  it("takes no other character anywhere", function()
    local sample = "2024-10-11 12:13:14"
    for place = 1, #sample do
      for byte = 0, 255 do
        local char, own = string.char(byte), sample:sub(place, place)
        local text = sample:sub(1, place - 1) .. char .. sample:sub(place + 1)
        local of_the_form = own:match "%d" and char:match "%d" or char == own or place == 11 and char == "T"
        local _, problem = core.parse_time(text, CHINA)
        local refused = problem ~= nil and not problem:find("is not in the calendar", 1, true)
        assert.equal(not of_the_form, refused, ("byte %d at %d"):format(byte, place))
      end
    end
  end)

  it("gives an integer where Lua has them", function()
    assert.equal("1682130713", tostring(core.parse_time("2023-04-22 10:31:53", CHINA)))
  end)
end)

describe("core.format_time", function()
  it("is the inverse, for every day of four hundred years and more", function()
    local day = core.parse_time("1899-12-30 12:34:56", CHINA)
    local last
    for _ = 1, 366 * 420 do
      local text = core.format_time(day, CHINA)
      if core.parse_time(text, CHINA) ~= day or (last and text <= last) then error(text) end
      last, day = text, day + 86400
    end
  end)

  it("agrees with os.date", function()
    for _, seconds in ipairs { 0, 1, 951782399, 951782400, 1709222399, 1735689599, 4102444800, 1682130713 } do
      assert.equal(os.date("!%Y-%m-%d %H:%M:%S", seconds), core.format_time(seconds, 0))
    end
  end)

  it("cuts fractions towards the past", function()
    assert.equal("1970-01-01 00:00:00", core.format_time(0.999, 0))
    assert.equal("1969-12-31 23:59:59", core.format_time(-0.001, 0))
  end)

  it("knows the years 1 to 9999", function()
    assert.equal("0001-01-01 00:00:00", core.format_time(-62135596800, 0))
    assert.equal("9999-12-31 23:59:59", core.format_time(253402300799, 0))
    for _, seconds in ipairs { -62135596801, 253402300800, math.huge, -math.huge, 0 / 0, 1e300 } do
      local text, problem = core.format_time(seconds, 0)
      assert.is_nil(text)
      assert.matches("years 1 to 9999", problem)
    end
  end)
end)

describe("an offset from UTC", function()
  local function decode(offset) return codec.decode("meters", "{}", "number", offset) end
  local function parse(offset) return core.parse_time("2025-01-01", offset) end
  local function format(offset) return core.format_time(0, offset) end
  it("is at most 14 hours, and a number", function()
    for _, call in ipairs { decode, parse, format } do
      for _, offset in ipairs { 1e300, -1e300, 50401, -50401, 0 / 0, 1 / 0 } do
        assert.has_error(function() call(offset) end)
      end
      assert.has_no_error(function() return call(50400), call(-50400) end)
    end
  end)
end)

describe("wrong use is told at the caller's line:", function()
  local imr = require "imr"
  for name, call in pairs {
    ["time.format: seconds must be a number, not a string"] = function() local t = imr.time.format "x" return t end,
    ["time.parse: utc_offset must be a number"] = function() local s = imr.time.parse("2025-01-01", "8") return s end,
    ["time.parse: utc_offset must be seconds from -50400 to 50400"] = function()
      local s = imr.time.parse("2025-01-01", 1e300)
      return s
    end,
    ["time.format: utc_offset must be seconds from -50400 to 50400"] = function()
      local t = imr.time.format(0, 0 / 0)
      return t
    end,
    ["unknown option 'x'; there is only 'path'"] = function() local file = imr.store.file { x = 1 } return file end,
    ["unknown option 'x'; there are ca_file"] = function() local redis = imr.store.redis { x = 1 } return redis end,
    ["the shdict store "] = function() local dict = imr.store.shdict { nothing = "imr" } return dict end,
  } do
    it(name, function()
      local fine, problem = pcall(call)
      assert.is_false(fine)
      assert.matches("^[^\n]*time_spec%.lua:%d+: ", problem)
      assert.matches(name, problem, 1, true)
    end)
  end
end)

describe("core.now and core.sleep", function()
  it("go together", function()
    local start = core.now()
    assert.equal(0, core.sleep(0.02))
    local passed = core.now() - start
    assert.is_true(passed >= 0.02 and passed < timing.room(1))
    assert.equal(0, core.sleep(0))
    assert.equal(0, core.sleep(-1))
  end)
end)
