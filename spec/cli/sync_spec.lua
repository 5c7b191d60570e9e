-- `imr sync` and `imr export`, as cron or a person runs them.
local cjson = require "cjson"
local cli = require "support.cli"
local database = require "imr.database"
local simulator = require "support.simulator"

describe("imr sync", function()
  local platform, user

  setup(function() platform = simulator.start { meters = 12, days = 6, interval = 0, offline = 0 } end)
  teardown(function() if platform then platform:stop() end end)

  before_each(function()
    user = cli.user(platform.url)
    user.environment.IMR_DB = user.home .. "/imr.db"
  end)

  after_each(function() user:remove() end)

  local function run(arguments, more) return user:run(arguments, more) end

  local function sync(arguments) return run("sync --interval 0 --store memory " .. (arguments or "")) end

  local function lines(text)
    local list = {}
    for line in text:gmatch("[^\r\n]+") do list[#list + 1] = line end
    return list
  end

  it("names a listing that fails once", function()
    local result = user:run("sync --retries 0 --interval 0", { IMR_BASE_URL = "http://127.0.0.1:1",
      IMR_STORE = "memory" })
    assert.equal(4, result.status)
    assert.is_nil(result.err:find("meters: meters:", 1, true), result.err)
  end)

  it("writes its numbers for Prometheus, also when it fails", function()
    local file = user.home .. "/imr.prom"
    local function value(series)
      local found = io.open(file)
      local text = found:read "*a"
      found:close()
      return tonumber(text:match("\n" .. series:gsub("[{}]", "%%%0") .. " (%S+)\n"))
    end
    assert.equal(0, sync("--first-days 3 --listing readings --metrics " .. file).status)
    assert.same({ 0, 1 }, { value "imr_sync_exit_status", value 'imr_logins_total{account="demo"}' })
    assert.is_true(value 'imr_rows_total{account="demo",endpoint="readings"}' >= 36)
    assert.is_near(os.time(), value "imr_sync_ended_timestamp_seconds", 600)
    local failed = user:run("sync --retries 0 --interval 0 --metrics " .. file, { IMR_BASE_URL = "http://127.0.0.1:1",
      IMR_STORE = "memory" })
    assert.equal(failed.status, value "imr_sync_exit_status")
    assert.is_true(value 'imr_errors_total{account="demo",endpoint="login"}' > 0)
  end)

  it("says that days have no row, though every listing came to its end", function()
    local past = simulator.start { meters = 3, days = 2, interval = 0, offline = 0, today = "2025-07-09" }
    local result = user:run("sync --interval 0 --first-days 10", { IMR_BASE_URL = past.url, IMR_STORE = "memory" })
    past:stop()
    assert.matches("imr: meter%-days without a row: .*readings %d+", result.err)
  end)

  it("stores, says what it did, and prints the certificate", function()
    local first = sync "--first-days 10 --format jsonl"
    assert.equal(0, first.status, first.err)
    assert.matches("imr: complete: %d+ rows in %d+ requests, %d+ new, 0 restated", first.err)
    local sums = {}
    for _, line in ipairs(lines(first.out)) do
      local sum = cjson.decode(line)
      sums[sum.listing] = sum
    end
    assert.same({ 72, true }, { sums.readings.received, sums.readings.missing <= 12 })
    assert.matches(", 0 new, 0 restated", sync().err)
  end)

  it("exits with 5 when a period that is asked for is incomplete, and with 0 when it is not", function()
    assert.equal(0, sync("--first-days 10").status)
    local period = "--from -5d --to -2d"
    assert.equal(0, sync(period).status)
    local result = sync "--from -20d --to -2d"
    assert.equal(0, result.status, result.err) -- before a meter's first row nothing is expected
    local early = run "sync --certificate=-15d --listing readings"
    assert.equal(0, early.status)
    assert.matches("readings: .* before a meter's first row: 12 meter%-days of the period", early.err)
    local db = assert(database.open(user.home .. "/imr.db"))
    local day = os.date("!%Y-%m-%d", os.time() + 8 * 3600 - 3 * 86400)
    assert.equal(1, db:execute("DELETE FROM readings WHERE meter_no = (SELECT min(meter_no) FROM readings) AND "
      .. "substr(read_time_local, 1, 10) = ?", day))
    db:close()
    local certificate = run "sync --certificate=-3d --format json"
    assert.equal(5, certificate.status)
    local chosen = run "sync --certificate=-3d --format csv --fields listing,missing"
    assert.matches("^listing,missing\r\n", chosen.out)
    local sum = cjson.decode(certificate.out)[1]
    assert.same({ "readings", 12, 11, 1, 1, false },
      { sum.listing, sum.expected, sum.received, sum.missing, sum.unknown, sum.complete })
    local missing = lines(run("sync --certificate=-3d --missing --format csv").out)
    assert.equal("listing,meter_no,from,to,days,cause", missing[1])
    assert.matches(",1,unknown$", missing[2])
    assert.equal(0, sync(period).status) -- read again, it is whole
    assert.equal(0, run("sync --certificate=-3d").status)
  end)

  it("asks the platform nothing for a certificate", function()
    assert(database.open(user.home .. "/imr.db")):close()
    local none = run("sync --certificate 2025-07", { IMR_BASE_URL = "http://127.0.0.1:1" })
    assert.equal(5, none.status)
    assert.matches("nothing has been synced yet", none.err)
  end)

  it("goes on with the rest where the account has no right, and says so", function()
    local poor = simulator.start { meters = 12, days = 3, interval = 0, offline = 0, forbidden = { "tou_readings" } }
    local result = user:run("sync --interval 0 --store memory", { IMR_BASE_URL = poor.url })
    poor:stop()
    assert.equal(3, result.status, result.err)
    assert.matches("tou_readings: ", result.err, 1, true)
    local certificate = run "sync --certificate yesterday --format csv"
    assert.equal(5, certificate.status)
    assert.matches("\ntou_readings,0,0,0,0,0,0,0,0,1,0,0,false\r", certificate.out, 1, true)
    assert.equal(0, run("sync --certificate yesterday --listing camera_readings").status)
    assert.is_true(#lines(run("export --table camera_readings --format csv").out) > 1)
  end)

  it("reports wrong use with 2", function()
    for _, arguments in ipairs { "--db postgres://me:secret@h/x", "--listing rows", "--to yesterday",
      "--certificate 2025-13", "--certificate 9999-12", "--certificate 0000-01",
      "--certificate yesterday --listing rows", "--certificate last-month --from -3d" } do
      local result = sync(arguments)
      assert.equal(2, result.status, arguments .. result.err)
      assert.is_nil(result.err:find("secret", 1, true))
      assert.is_nil(result.err:find("traceback", 1, true), arguments)
    end
  end)

  it("takes no password for the database from the arguments", function()
    for _, where in ipairs { "postgres://me:se/kret@host/x", "postgresql://me:sekret@host/x",
      "'postgres://host/x?user=me&password=sekret'", "' postgres://me:sekret@host/x'", "postgres:/me:sekret@host/x",
      "Postgres://me:sekret@host/x" } do
      local result = run("export --db " .. where)
      assert.equal(2, result.status)
      assert.matches("set IMR_DB", result.err)
      assert.is_nil(result.err:find("kret", 1, true))
    end
  end)

  it("makes no database where it only reads, and leaves a good output alone", function()
    local path, page = user:write("good.csv", "rows"), user:write("good.html", "page")
    for _, command in ipairs { "export --output " .. path, "check", "cutoff 2025-07-01T24:00", "report --out " .. page,
      "sync --certificate yesterday" } do
      local result = run(command .. " --db " .. user.home .. "/mistyped.db")
      assert.same({ 2, "" }, { result.status, result.out }, command)
      assert.matches("there is no database .*mistyped.db: is the name right", result.err)
    end
    assert.same({ nil, "rows", "page" }, { user:read "mistyped.db", user:read "good.csv", user:read "good.html" })
  end)

  it("never shows the database's password", function()
    local result = run("sync --interval 0", { IMR_DB = "postgres://me:sekret@127.0.0.1:1/x" })
    assert.equal(1, result.status)
    assert.matches("postgres://me@127.0.0.1:1/x", result.err, 1, true)
    assert.is_nil(result.err:find("sekret", 1, true))
  end)

  describe("imr export", function()
    it("writes in CSV what it writes in JSON, whatever is in a text", function()
      local db = assert(require("imr.database").open(user.environment.IMR_DB))
      db:execute("UPDATE meters SET user_name = ?, address = ? WHERE meter_no = (SELECT min(meter_no) FROM meters)",
        'a "b", c\\', "=1+1")
      db:close()
      local row = cjson.decode(lines(run("export --table meters --format jsonl").out)[1])
      local line = lines(run("export --table meters --format csv").out)[2]
      assert.same({ 'a "b", c\\', "=1+1" }, { row.user_name, row.address })
      assert.truthy(line:find('"a ""b"", c\\"', 1, true))
      assert.truthy(line:find(",'=1+1,", 1, true))
      assert.equal(1, line:find(row.meter_no, 1, true))
    end)

    before_each(function() assert.equal(0, sync("--first-days 10").status) end)

    it("gives the same rows as the platform", function()
      local fields = "--fields meter_no,read_time,reading --format csv"
      local exported = lines(run("export --table readings " .. fields).out)
      local listed = lines(run("readings --from -10d --interval 0 --store memory " .. fields).out)
      table.sort(exported)
      table.sort(listed)
      assert.equal(73, #exported)
      assert.same(listed, exported)
    end)

    it("takes a period and meters", function()
      local one = lines(run("export --table readings --fields meter_no --format csv").out)[2]
      assert.equal(4, #lines(run("export --table readings --from -3d --meter " .. one .. " --format csv").out))
      assert.equal(3, #lines(run("export --from=-3d --to=-2d --meter " .. one .. " --format csv").out))
    end)

    it("writes JSON with times and decimals as they are", function()
      local row = cjson.decode(lines(run("export --table consumption --format jsonl").out)[1])
      assert.matches("^%d+%.%d%d$", row.usage)
      assert.matches("^%d+%-%d+%-%d+T%d+:%d+:%d+%+08:00$", row.read_time)
      assert.equal("daily", row.granularity)
    end)

    it("gives unknown fields as they are stored", function()
      local db = assert(database.open(user.home .. "/imr.db"))
      db:execute("UPDATE readings SET extra = ?", '{"list":[],"serial":89860012345678901234}')
      db:close()
      local line = lines(run("export --fields extra,meter_no --format jsonl").out)[1]
      assert.matches('{"extra":{"list":[],"serial":89860012345678901234},', line, 1, true)
    end)

    it("reports wrong use with 2", function()
      for _, arguments in ipairs { "--table rows", "--table runs --meter 1", "--table meters --from -1d",
        "--fields nothing" } do
        assert.equal(2, run("export " .. arguments).status, arguments)
      end
    end)
  end)
end)

describe("imr plan sync", function()
  it("says what a first sync takes, without asking", function()
    local user = cli.user()
    local result = user:run "plan sync --meters 500 --format json"
    local rows = cjson.decode(result.out)
    local chosen = user:run "plan sync --meters 500 --format csv --fields listing,requests"
    assert.matches("^listing,requests\r\n", chosen.out)
    user:remove()
    assert.equal(0, result.status, result.err)
    local total = rows[#rows]
    assert.same({ "all", 48 }, { total.listing, rows[3].requests })
    assert.equal(97, total.seconds) -- 48 requests to the endpoint that has the most, 2.05 s between them
  end)
end)
