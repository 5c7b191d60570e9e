local cjson = require "cjson"
local cli = require "support.cli"
local shell = require "support.shell"
local simulator = require "support.simulator"

describe("a listing", function()
  local platform, user, meters

  local function rows_of(result)
    local rows = {}
    for line in result.out:gmatch("[^\n]+") do rows[#rows + 1] = cjson.decode(line) end
    return rows
  end

  local function list(arguments, status)
    local result = user:run(arguments .. (arguments:find("--interval", 1, true) and "" or " --interval 0"))
    assert.equal(status or 0, result.status, result.err)
    return rows_of(result), result
  end

  -- The requests that an endpoint has got since `before`.
  local function requests(endpoint, before)
    local entries = platform:entries(endpoint)
    local since = {}
    for index = (before or 0) + 1, #entries do since[#since + 1] = entries[index] end
    return since
  end

  setup(function()
    platform = simulator.start { meters = 60, days = 10, interval = 0, offline = 0.2 }
    user = cli.user(platform.url)
    meters = list "meters"
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  it("that goes on after more rows or pages than allowed is an error that says what to raise", function()
    local capped = simulator.start { meters = 25, interval = 0, page_cap = 10 }
    local other = cli.user(capped.url)
    local function read(flags) return other:run("meters --interval 0 " .. flags) end
    for name, most in pairs { rows = 15, pages = 2 } do
      local result = read(("--max-%s %d"):format(name, most))
      assert.equal(1, result.status)
      assert.matches(("max_%s = %d allows"):format(name, most), result.err, 1, true)
    end
    assert.equal(0, read("--max-rows 25 --max-pages 4").status)
    assert.equal(2, read("--max-rows 0").status)
    capped:stop()
    other:remove()
  end)

  local function count(keep)
    local found = 0
    for _, meter in ipairs(meters) do found = found + (keep(meter) and 1 or 0) end
    return found
  end

  it("gives every row of each endpoint", function()
    assert.equal(60, #meters)
    assert.equal(60, #list "latest")
    for _, command in ipairs { "readings", "consumption", "tou", "camera" } do
      local seen = {}
      for _, row in ipairs((list(command .. " --from -3d --to yesterday"))) do
        local key = row.meter_no .. tostring(row.read_time or row.freeze_time)
        assert.is_nil(seen[key])
        seen[key] = true
      end
      assert.is_truthy(next(seen), command)
    end
  end)

  it("keeps only a kind, or what is offline", function()
    local water = count(function(meter) return meter.kind == "water" end)
    assert.equal(water, #list "meters --kind water")
    assert.equal(water, #list "latest --kind water")
    local offline = count(function(meter) return not meter.online end)
    assert.is_true(offline > 0)
    assert.equal(offline, #list "meters --offline")
    local both = count(function(meter) return not meter.online and meter.kind == "water" end)
    assert.equal(both, #list "latest --offline --kind water")
  end)

  it("takes meters by number, each once", function()
    local first, second = meters[1].meter_no, meters[2].meter_no
    local flags = ("--meter %s --meter %s --meter %s"):format(first, second, first)
    local rows = list("readings --from -2d --to yesterday " .. flags)
    for _, row in ipairs(rows) do assert.is_true(row.meter_no == first or row.meter_no == second) end
    assert.is_true(#rows >= 2)
  end)

  it("takes them from a file with comments, or from standard input", function()
    local path = user:write("numbers", ("# ours\n%s, %s\r\n\n%s # the shop\n"):format(meters[1].meter_no,
      meters[2].meter_no, meters[3].meter_no))
    assert.equal(3, #list("latest --meter @" .. path))
    local output = shell.must(("cat %s | %s"):format(path, user:command "latest --interval 0 --meter @-"))
    assert.equal(3, select(2, output:gsub("\n", "")))
  end)

  it("joins meters in one request, or takes the whole project when that is cheaper", function()
    local numbers = {}
    for index = 1, 30 do numbers[index] = meters[index].meter_no end
    local path = user:write("thirty", table.concat(numbers, "\n"))
    for _, flags in ipairs { "", "--list-size 10 " } do
      local before = #platform:entries "readings"
      list("readings --interval 0.3 --from -3d --to yesterday " .. flags .. "--meter @" .. path)
      assert.equal(1, #requests("readings", before))
    end
    local before = #platform:entries "latest_readings"
    assert.equal(30, #list("latest --interval 0.3 --meter @" .. path))
    assert.equal(1, #requests("latest_readings", before))
  end)

  it("says which meters have no row", function()
    local rows, result = list("latest --meter 999999999999 --meter " .. meters[1].meter_no, 5)
    assert.equal(1, #rows)
    assert.matches("the platform lists no meter 999999999999", result.err)
    result = select(2, list("readings --from -2d --meter 999999999999 --meter " .. meters[1].meter_no))
    assert.matches("no rows of 1 of 2 meters: 999999999999", result.err)
  end)

  it("stops at a limit, and asks for no more than that", function()
    local before = #platform:entries "readings"
    assert.equal(7, #list "readings --from -9d --limit 7")
    local sent = requests("readings", before)
    assert.equal(7, sent[1].page_size)
    assert.equal(5, #list "latest --kind electricity --limit 5")
  end)

  it("writes the fields that are wanted, in that order", function()
    local result = user:run "meters --interval 0 --limit 1 --fields supply,meter_no --format csv"
    assert.matches("^supply,meter_no\r\n%a+,%d+\r\n$", result.out)
    result = user:run "meters --fields meter_no,colour"
    assert.equal(2, result.status)
    assert.matches("there is no field 'colour'; there are: project_code, device_id", result.err)
  end)

  it("keeps the platform's own digits", function()
    local rows = list "latest --limit 20"
    for _, row in ipairs(rows) do assert.matches("^%d+%.%d%d$", row.reading) end
  end)

  it("uses what the store has: one login for all runs", function()
    assert.equal(1, #platform:entries "login")
  end)

  it("takes relative dates with or without an equals sign", function()
    assert.same(list "readings --from -2d --to -1d", (list "readings --from=-2d --to=-1d"))
  end)

  it("refuses flags that make no sense, with exit code 2", function()
    local wrong = {
      "readings", "readings --from 2025-02-30", "readings --from yesterday --to -5d", "meters --limit 0",
      "meters --kind gas", "meters --meter a,b", "meters --meter @/nonexistent", "meters --excel --format json",
      "meters --page 1", "tou --from yesterday --list-size x", "meters --deadline soon", "metres", "meters extra",
      "meters --base-url ftp://x", "meters --store redis", "meters --fields ,",
    }
    for _, arguments in ipairs(wrong) do
      local result = user:run(arguments)
      assert.equal(2, result.status, arguments .. ": " .. result.err)
      assert.equal("", result.out)
      assert.is_nil(result.err:find("traceback", 1, true), result.err)
    end
  end)

  it("names what is wrong, and the flag", function()
    for arguments, message in pairs {
      ["consumption --from yesterday --granularity 每日"] = 'must be "realtime" or "daily" or a raw number',
      ["readings --from -99999999999999d"] = "--from '-99999999999999d' is not in the years 1 to 9999",
      ["meters --limit 1.5"] = "--limit: '1.5' is not a whole number from 1 on",
      ["meters --deadline nan"] = "--deadline: 'nan' is not a number of seconds",
      ["plan --meters 1 --days 99999999999999"] = "--days: '99999999999999' is not a whole number from 1 to 36500",
      ["plan --meters 1 --days 1 --rows-per-day many"] = "--rows-per-day: 'many' is not a number of rows",
      ["sync --first-days 1e9"] = "--first-days: '1e9' is not a whole number from 1 to 36500",
      ["cutoff --max-age nan 2025-07-01T24:00"] = "--max-age: 'nan' is not a number of days",
    } do
      local result = user:run(arguments)
      assert.same({ 2, "" }, { result.status, result.out }, arguments)
      assert.matches(message, result.err, 1, true)
    end
  end)

  it("says how many rows have a value that did not parse", function()
    local wire = require("support.scripted").start(
      [[c:send(ok('[{"deviceId":"1","tableNo":"0001","reading":"12,5","readTime":"2025-06-01 00:00:00"}]'))]])
    local other = cli.user(wire.url, { IMR_STORE = "memory" })
    finally(function()
      wire:stop()
      other:remove()
    end)
    local result = other:run "latest --interval 0 --meter 0001 --format csv"
    assert.matches("\r\n1,0001,,2025%-06%-01 00:00:00,\r\n", result.out)
    assert.matches("1 row has values that could not be read", result.err)
    result = other:run "latest --interval 0 --meter 0001"
    assert.equal("12,5", rows_of(result)[1].invalid.reading)
  end)
end)
