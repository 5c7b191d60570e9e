-- A sync whose own clock is wrong says so, and reads nothing.
local cli = require "support.cli"
local databases = require "support.databases"
local shell = require "support.shell"
local simulator = require "support.simulator"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local DAY = 86400
local NOW = 1752028200 -- 2025-07-09 10:30 on the platform's clock

describe("the clock of a sync", function()
  for place, make in pairs(databases.places(setup, teardown)) do
    describe("into " .. place, function()
      local own, db, client = databases.fresh(before_each, after_each, make), nil, nil

      before_each(function()
        db = own.db
        client = sync_client.new { meters = { { meter_no = "1", device_id = "D1", user_code = "a" } },
          readings = { { meter_no = "1", device_id = "D1", read_time = NOW - DAY, reading = "1" } } }
      end)

      local function try(now, options)
        local given = { client = client, db = db, clock = function() return now end, first_days = 10,
          listings = { "meters", "readings" } }
        for name, value in pairs(options or {}) do given[name] = value end
        return sync.run(given)
      end

      local function runs() return db:row("SELECT count(*) AS count FROM runs").count end

      it("that was never set, jumps ten years or goes back further than the look-back is an error", function()
        assert.is_truthy(try(NOW))
        for now, said in pairs { [5 * DAY] = "1970%-01%-06 .* never set", [NOW + 3653 * DAY] = "3653 days after",
          [NOW - 5 * DAY] = "the last run .* was at 2025%-07%-09" } do
          for _, options in ipairs { {}, { from = NOW - 9 * DAY, to = NOW - 8 * DAY } } do
            local report, err = try(now, options)
            assert.is_nil(report)
            assert.equal("clock", err.kind)
            assert.matches("the clock of this machine says", err.message, 1, true)
            assert.matches(said, err.message)
          end
        end
        assert.equal(1, runs())
      end)

      it("may go back a little, and rest for months", function()
        assert.is_truthy(try(NOW))
        assert.is_truthy(try(NOW - 2 * DAY))
        assert.is_truthy(try(NOW + 300 * DAY))
        assert.equal(3, runs())
      end)

      it("that is trusted goes on, and no cursor in the future is believed", function()
        assert.is_truthy(try(NOW + 3653 * DAY))
        assert.is_nil(try(NOW))
        client.asked.readings = {}
        assert.equal("complete", assert(try(NOW, { trust_clock = true })).state)
        assert.is_true(client.asked.readings[1].from <= NOW - 9 * DAY)
        assert.is_true(client.asked.readings[#client.asked.readings].to <= NOW)
        local row = db:select("cursors", "WHERE listing = 'readings' AND meter_no = ''")()
        assert.is_true(row.synced_to <= NOW and row.reread_at <= NOW)
        assert.is_true(db:select("meters")().last_seen <= NOW + 5)
        assert.is_truthy(try(NOW + 60)) -- the run with the wrong clock is not the last one any more
      end)
    end)
  end

  it("is what the program names", function()
    local platform = simulator.start { meters = 2, days = 2, interval = 0 }
    local user = cli.user(platform.url)
    local fake = shell.lines("find /usr/lib -name libfaketimeMT.so.1 | head -n 1")[1]
    local function run(arguments, moment)
      return user:run("sync --interval 0 --store memory --db " .. user.home .. "/imr.db " .. arguments,
        moment and fake and { LD_PRELOAD = fake, FAKETIME = "@" .. moment, FAKETIME_DONT_FAKE_MONOTONIC = "1" })
    end
    if fake then
      for _, arguments in ipairs { "", "--from yesterday --to yesterday" } do
        local result = run(arguments, "1970-01-05 03:00:00")
        assert.equal(1, result.status, result.err)
        assert.matches("the clock of this machine says 1970-01-05", result.err, 1, true)
      end
    end
    assert.equal(0, run("").status)
    platform:stop()
    user:remove()
  end)
end)
