local parameters = require "imr.client.parameters"
local unknown_option = require "imr.base.unknown_option"

local CHINA = 8 * 3600

local function request(endpoint, params) return parameters.check(endpoint, params, CHINA) end

-- A period, with whatever else is given.
local function period(more)
  local params = { from = "2024-02-01", to = "2024-02-29", page_size = 1000 }
  for name, value in pairs(more or {}) do params[name] = value end
  return params
end

local function wire_period(more)
  local wire = { BeginDate = "2024-02-01 00:00:00", EndDate = "2024-02-29 23:59:59", pageNo = 1, pageSize = 1000 }
  for name, value in pairs(more or {}) do wire[name] = value end
  return wire
end

local RAW_OR_WORD = [[option 'granularity' must be "realtime" or "daily" or a raw number]]

describe("a meter number with a blank", function()
  for _, meters in ipairs { "1, 2", "1\n", { "1", "2 " }, { "1\t" } } do
    it("is refused: the platform would find no such meter, and nobody would say so", function()
      local wire, problem = parameters.check("readings", { meters = meters, from = 1, to = 2, page_size = 1 }, 0)
      assert.is_nil(wire)
      assert.matches("without blanks", problem, 1, true)
    end)
  end
end)

describe("imr.client.parameters", function()
  local good = {
    { "login", { username = "user", password = "pass" }, { admin_user_name = "user", api_password = "pass" } },
    { "login", { username = "用户", password = " " }, { admin_user_name = "用户", api_password = " " } },
    { "meters", { page_size = 1 }, { pageNo = 1, pageSize = 1 } },
    { "meters", { page_size = 1000, page = 7 }, { pageNo = 7, pageSize = 1000 } },
    { "meters", { page_size = 300.0 }, { pageNo = 1, pageSize = 300 } },
    { "latest_readings", { page_size = 10 }, { pageNo = 1, pageSize = 10 } },
    { "latest_readings", { page_size = 10, meter = "0042" }, { pageNo = 1, pageSize = 10, tableNo = "0042" } },
    { "readings", period(), wire_period() },
    { "readings", period { meters = "0001" }, wire_period { tableNo = "0001" } },
    { "readings", period { meters = "0001,0002" }, wire_period { tableNo = "0001,0002" } },
    { "readings", period { meters = { "0001" } }, wire_period { tableNo = "0001" } },
    { "tou_readings", period { meters = { "0001", "0002", "3" } }, wire_period { tableNo = "0001,0002,3" } },
    { "camera_readings", period { meters = { "1" } }, wire_period { tableNo = "1" } },
    { "readings", period { from = 0, to = 1709222399.9 }, wire_period { BeginDate = "1970-01-01 08:00:00" } },
    { "readings", period { from = "2024-02-29 10:00", to = "2024-02-29T24:00" },
      wire_period { BeginDate = "2024-02-29 10:00:00", EndDate = "2024-03-01 00:00:00" } },
    { "readings", period { from = "2024-02-29", to = "2024-02-29" },
      wire_period { BeginDate = "2024-02-29 00:00:00" } },
    { "consumption", period { granularity = "realtime" }, wire_period { type = "1" } },
    { "consumption", period { granularity = "daily", meter = "9" }, wire_period { type = "2", tableNo = "9" } },
    { "consumption", period { granularity = "3" }, wire_period { type = "3" } },
    { "consumption", period { granularity = 4 }, wire_period { type = "4" } },
    { "instruct", { device_id = "0042", command = "disconnect" }, { deviceId = "0042", type = "1" } },
    { "instruct", { device_id = "0042", command = "reconnect" }, { deviceId = "0042", type = "2" } },
    { "instruct", { device_id = "0042", command = "request_reading" }, { deviceId = "0042", type = "3" } },
  }
  for i, case in ipairs(good) do
    it(("translates %s (%d)"):format(case[1], i), function()
      local wire, problem = request(case[1], case[2])
      assert.is_nil(problem)
      assert.same(case[3], wire)
    end)
  end

  it("takes the options of a call to a listing, and does not send them", function()
    local options = { max_wait = 0, deadline = 1.5, decimals = "string", incomplete = "error", max_rows = 1,
      max_pages = 5 }
    assert.same(wire_period(), request("readings", period(options)))
    assert.same(wire_period(), request("readings", period { decimals = "number", incomplete = "warn",
      max_wait = math.huge }))
  end)

  it("sends integers as integers", function()
    local wire = request("meters", { page_size = 300.0, page = 2.0 })
    assert.equal("300", tostring(wire.pageSize))
    assert.equal("2", tostring(wire.pageNo))
  end)

  it("leaves what it was given alone", function()
    local params = period { meters = { "1", "2" } }
    request("readings", params)
    assert.same(period { meters = { "1", "2" } }, params)
  end)

  local bad = {
    { "login", {}, "login needs 'username'" },
    { "login", { username = "user" }, "login needs 'password'" },
    { "login", { username = "", password = "p" }, "option 'username' must be more than an empty string" },
    { "login", { username = "user", password = 12 },
      "option 'password' must be a string, not a number, which would lose leading zeros" },
    { "login", { username = "user", password = {} }, "option 'password' must be a string" },
    { "login", { username = "\255", password = "p" }, "option 'username' must be valid UTF-8" },
    { "meters", {}, "meters needs 'page_size'" },
    { "meters", { page_size = 0 }, "option 'page_size' must be an integer from 1 to 1000" },
    { "meters", { page_size = 1001 }, "option 'page_size' must be an integer from 1 to 1000" },
    { "meters", { page_size = 1.5 }, "option 'page_size' must be an integer from 1 to 1000" },
    { "meters", { page_size = "10" }, "option 'page_size' must be an integer from 1 to 1000" },
    { "meters", { page_size = 0 / 0 }, "option 'page_size' must be an integer from 1 to 1000" },
    { "meters", { page_size = 10, page = 0 }, "option 'page' must be an integer from 1" },
    { "meters", { page_size = 10, page = math.huge }, "option 'page' must be an integer from 1" },
    { "latest_readings", { page_size = 10, meter = "1,2" },
      "option 'meter' must be one meter number, without a comma" },
    { "latest_readings", { page_size = 10, meter = "" }, "option 'meter' must be more than an empty string" },
    { "latest_readings", { page_size = 10, meter = 42 },
      "option 'meter' must be a string, not a number, which would lose leading zeros" },
    { "latest_readings", { page_size = 10, meter = true }, "option 'meter' must be a string" },
    { "readings", { to = 1, page_size = 1 }, "readings needs 'from'" },
    { "readings", { from = 1, page_size = 1 }, "readings needs 'to'" },
    { "readings", { from = 1, to = 2 }, "readings needs 'page_size'" },
    { "readings", period { meters = {} },
      "option 'meters' must be left out for all meters; an empty list names none" },
    { "readings", period { meters = "" }, "option 'meters' must be more than an empty string" },
    { "readings", period { meters = "\0" }, "option 'meters' must be without a zero byte" },
    { "readings", period { meters = { "1\0,2" } }, "option 'meters' must be without a zero byte" },
    { "latest_readings", { page_size = 10, meter = "1\0,2" }, "option 'meter' must be without a zero byte" },
    { "login", { username = "u\0", password = "p" }, "option 'username' must be without a zero byte" },
    { "consumption", period { granularity = "1\0" }, RAW_OR_WORD },
    { "consumption", period { granularity = "daily\0" },
      RAW_OR_WORD },
    { "readings", period { meters = "1,,2" }, "option 'meters' must be meter numbers with one comma between them" },
    { "readings", period { meters = ",1" }, "option 'meters' must be meter numbers with one comma between them" },
    { "readings", period { meters = "1," }, "option 'meters' must be meter numbers with one comma between them" },
    { "readings", period { meters = { "1", 2 } },
      "option 'meters' must be a string, not a number, which would lose leading zeros" },
    { "readings", period { meters = { "1", "" } }, "option 'meters' must be more than an empty string" },
    { "readings", period { meters = { "1,2" } }, "option 'meters' must be one meter number, without a comma" },
    { "readings", period { meters = { "1", x = "2" } }, "option 'meters' must be a list of meter numbers" },
    { "readings", period { meters = { [1] = "1", [3] = "3" } }, "option 'meters' must be a list of meter numbers" },
    { "readings", period { meters = 5 },
      "option 'meters' must be a string, not a number, which would lose leading zeros" },
    { "readings", period { meters = false }, "option 'meters' must be a string" },
    { "readings", period { from = "2024-02-30" }, "option 'from': '2024-02-30' is not in the calendar" },
    { "readings", period { to = "29.02.2024" },
      "option 'to': a time is written YYYY-MM-DD HH:MM:SS, YYYY-MM-DD HH:MM or YYYY-MM-DD" },
    { "readings", period { from = {} }, "option 'from' must be Unix seconds or a time as text" },
    { "readings", period { from = 1e300 }, "option 'from' must be in the years 1 to 9999" },
    { "readings", period { from = 0 / 0 }, "option 'from' must be in the years 1 to 9999" },
    { "readings", period { from = "2024-03-01" }, "option 'to' is before 'from'" },
    { "readings", period { from = 2, to = 1 }, "option 'to' is before 'from'" },
    { "consumption", period(), "consumption needs 'granularity'" },
    { "consumption", period { granularity = "hourly" }, RAW_OR_WORD },
    { "consumption", period { granularity = "" }, RAW_OR_WORD },
    { "consumption", period { granularity = 1.5 }, RAW_OR_WORD },
    { "consumption", period { granularity = true }, RAW_OR_WORD },
    { "instruct", { command = "disconnect" }, "instruct needs 'device_id'" },
    { "instruct", { device_id = "1" }, "instruct needs 'command'" },
    { "instruct", { device_id = 1, command = "disconnect" },
      "option 'device_id' must be a string, not a number, which would lose leading zeros" },
    { "instruct", { device_id = "1", command = "open" },
      "option 'command' must be \"disconnect\" or \"reconnect\" or \"request_reading\"" },
    { "instruct", { device_id = "1", command = "1" }, -- a slip here would cut somebody's supply
      "option 'command' must be \"disconnect\" or \"reconnect\" or \"request_reading\"" },
    { "readings", period { max_wait = -1 }, "option 'max_wait' must be a number of seconds, 0 or more" },
    { "readings", period { max_wait = "1" }, "option 'max_wait' must be a number of seconds, 0 or more" },
    { "readings", period { deadline = 0 / 0 }, "option 'deadline' must be a number of seconds, 0 or more" },
    { "readings", period { decimals = "exact" }, "option 'decimals' must be \"number\" or \"string\"" },
    { "readings", period { incomplete = true }, "option 'incomplete' must be \"warn\" or \"error\"" },
    { "meters", { page_size = 1, [1] = "x" }, "options have names, not keys of type number" },
    { "meters", { page_size = 1, [true] = "x" }, "options have names, not keys of type boolean" },
  }
  for _, case in ipairs(bad) do
    it(case[1] .. ": " .. case[3], function()
      local wire, problem = request(case[1], case[2])
      assert.is_nil(wire)
      assert.equal(case[3], problem)
    end)
  end

  local slips = {
    { "meters", "pagesize", "page_size" }, { "meters", "page_sise", "page_size" }, { "meters", "pgae", "page" },
    { "meters", "maxwait", "max_wait" }, { "readings", "meter", "meters" }, { "readings", "form", "from" },
    { "readings", "deadlin", "deadline" }, { "consumption", "meters", "meter" }, { "consumption", "granulrity",
      "granularity" },
    { "instruct", "deviceid", "device_id" }, { "login", "usernme", "username" },
    -- the platform's own names
    { "readings", "tableNo", "meters" }, { "consumption", "tableNo", "meter" }, { "consumption", "type",
      "granularity" },
    { "readings", "BeginDate", "from" }, { "readings", "EndDate", "to" }, { "meters", "pageNo", "page" },
    { "meters", "pageSize", "page_size" }, { "login", "api_password", "password" }, { "instruct", "type", "command" },
  }
  for _, case in ipairs(slips) do
    it(("guesses what %s means in %s"):format(case[2], case[1]), function()
      local wire, problem = request(case[1], { [case[2]] = "x" })
      assert.is_nil(wire)
      assert.equal(("unknown option '%s', did you mean '%s'?"):format(case[2], case[3]), problem)
    end)
  end

  it("lists the names when it has no guess", function()
    local _, problem = request("latest_readings", { colour = "red" })
    local names = "meter, page, page_size, max_wait, deadline, decimals, incomplete, "
      .. "max_rows, max_pages"
    assert.equal("unknown option 'colour'; there are " .. names, problem)
    _, problem = request("login", { ["a name much longer than any option that exists"] = 1 })
    assert.matches("; there are username, password$", problem)
  end)

  it("has no options of listings for commands and logins", function()
    local _, problem = request("instruct", { device_id = "1", command = "disconnect", decimals = "string" })
    assert.equal("unknown option 'decimals'; there are device_id, command", problem)
  end)

  it("never repeats a secret", function()
    local secret = "s3cret-\255"
    for _, username in ipairs { "u", "", secret, {} } do
      local _, problem = request("login", { username = username, password = secret })
      assert.is_nil(problem:find("s3cret", 1, true))
    end
  end)

  it("raises for an endpoint that does not exist", function()
    assert.has_error(function() parameters.check("meter", {}, CHINA) end)
    assert.has_error(function() parameters.check("meters", nil, CHINA) end)
  end)
end)

describe("imr.base.unknown_option", function()
  it("suggests and lists", function()
    assert.equal("unknown option 'tiemout', did you mean 'timeout'?", unknown_option("tiemout", { "retries",
      "timeout" }))
    assert.equal("unknown option 'x'; there are retries, timeout", unknown_option("x", { "retries", "timeout" }))
    assert.equal("unknown option 'x': there are none here", unknown_option("x", {}))
  end)

  it("takes the nearest", function()
    assert.equal("unknown option 'pages', did you mean 'page'?", unknown_option("pages", { "paged_x", "page" }))
    assert.equal("unknown option 'ab'; there is only 'cd'", unknown_option("ab", { "cd" }))
  end)
end)
