-- Who lived there, from what the meter list and rows show.
local databases = require "support.databases"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local DAY = 86400
local NOW = 1752028200 -- 2025-07-09 10:30 on the platform's clock

describe("the tenancies of a sync", function()
  for place, make in pairs(databases.places(setup, teardown)) do
    describe("into " .. place, function()
      local db, now

      local own = databases.fresh(before_each, after_each, make)
      before_each(function() db, now = own.db, NOW end)

      local function run(meters, rows)
        assert(sync.run { client = sync_client.new { meters = meters, readings = rows or {} }, db = db,
          clock = function() return now end, first_days = 90, listings = { "meters", "readings" } })
      end

      local function meter(code, name, more)
        local record = { meter_no = "1", device_id = "D1", project_code = "p", online = true, user_code = code,
          user_name = name }
        for key, value in pairs(more or {}) do record[key] = value end
        return record
      end

      local function row(day, code, more)
        local moment = math.floor(NOW + day * DAY)
        local record = { meter_no = "1", device_id = "D1", user_code = code, read_time = moment, reading = "1" }
        for key, value in pairs(more or {}) do record[key] = value end
        return record
      end

      -- Each as "code name since..until", in days.
      local function all(tail)
        local found = {}
        for one in db:select("tenancies", (tail or "") .. " ORDER BY meter_no, project_code, tenancies.since") do
          local till = one["until"]
          found[#found + 1] = ("%s %s %g..%s"):format(one.user_code, one.user_name or "-", (one.since - NOW) / DAY,
            till and ("%g"):format((till - NOW) / DAY) or "")
        end
        return found
      end

      it("begin with the first row or listing that shows the tenant", function()
        run({ meter("a", "Ann") }, { row(-3, "a"), row(-2, "a"), row(-1, "a") })
        assert.same({ "a Ann -3.." }, all())
        assert.equal("p", db:select("tenancies")().project_code)
        now = NOW + DAY
        run({ meter("b", "Ben") }, { row(-1, "a"), row(0, "a") })
        assert.same({ "a Ann -3..1", "b Ben 1.." }, all())
        now = NOW + 2 * DAY
        run({ meter("c", "Cid") }, { row(0, "a"), row(1, "b"), row(1.75, "c") })
        assert.same({ "a Ann -3..1", "b Ben 1..1.75", "c Cid 1.75.." }, all())
      end)

      it("do not move when old rows come back with today's tenant: those are restatements", function()
        local before, after = {}, {}
        for day = 1, 10 do before[day], after[day] = row(day - 11, "a"), row(day - 11, "b") end
        run({ meter("a", "Ann") }, before)
        now = NOW + DAY
        after[11] = row(0.5, "b")
        run({ meter("b", "Ben") }, after)
        assert.same({ "a Ann -10..0.5", "b Ben 0.5.." }, all())
        assert.is_true(db:row("SELECT count(*) AS count FROM restatements WHERE field = 'user_code'").count >= 3)
        now = NOW + 2 * DAY
        after[12] = row(-4.5, "b") -- late, with today's tenant too
        run({ meter("b", "Ben") }, after)
        assert.same({ "a Ann -10..0.5", "b Ben 0.5.." }, all())
      end)

      it("are the same in whatever order the rows come", function()
        local codes = { "a", "a", "a", "b", "b", "c", "c", "c", "c" }
        for seed = 1, 6 do
          db:execute "DELETE FROM tenancies"
          db:execute "DELETE FROM readings"
          db:execute "DELETE FROM cursors"
          local order, draw = {}, seed
          for index in ipairs(codes) do
            draw = draw * 16807 % 2147483647
            table.insert(order, draw % (#order + 1) + 1, index)
          end
          local rows = {}
          for _, index in ipairs(order) do
            rows[#rows + 1] = row(index - 20, codes[index])
            run({}, rows)
            now = now + 60
          end
          assert.same({ "a - -19..-16", "b - -16..-14", "c - -14.." }, all(), table.concat(order, " "))
        end
      end)

      it("end when nobody is shown any more, or the meter is gone", function()
        run { meter("a", "Ann") }
        now = NOW + DAY
        run { meter() }
        assert.same({ "a Ann 0..1" }, all())
        now = NOW + 2 * DAY
        run { meter("b", "Ben") }
        now = NOW + 3 * DAY
        run { meter("x", "Xi", { meter_no = "2", device_id = "D2" }) }
        assert.same({ "a Ann 0..1", "b Ben 2..3", "x Xi 3.." }, all())
      end)

      it("change with the name, and follow the house number", function()
        run { meter("a", "Ann", { house_number = "7" }) }
        now = NOW + DAY
        run { meter("a", "Ann", { house_number = "8" }) }
        now = NOW + 2 * DAY
        run { meter("a", "Bob", { house_number = "8" }) }
        now = NOW + 3 * DAY
        run { meter("a", nil, { house_number = "8" }) }
        assert.same({ "a Ann 0..2", "a Bob 2.." }, all())
        assert.equal("8", db:select("tenancies", "ORDER BY tenancies.since")().house_number)
      end)

      it("are one where list and rows write the code in two ways", function()
        for day = 0, 3 do
          now = NOW + day * DAY
          run({ meter("A07", "Ann") }, { row(day - 2.2, " a07"), row(day - 1.2, "A07 "), row(day - 0.2, "a07 ") })
        end
        assert.same({ "A07 Ann -2.2.." }, all())
      end)

      it("are those of each project, and of one of two devices at once", function()
        local east, west = meter("a", "Ann"), meter("b", "Ben", { project_code = "q", device_id = "D7" })
        local list = { east, west }
        local other = { device_id = "D7" }
        local rows = { row(-2, "a"), row(-2, "b", other), row(-1, "a"), row(-1, "b", other) }
        for day = 0, 2 do
          now = NOW + day * DAY
          run(list, rows)
          list = { list[2], list[1] }
        end
        assert.same({ "a Ann -2.." }, all "WHERE project_code = 'p'")
        assert.same({ "b Ben -2.." }, all "WHERE project_code = 'q'")
        now = NOW + 3 * DAY
        west.project_code = "p"
        for day = 3, 5 do
          now = NOW + day * DAY
          run(list)
          list = { list[2], list[1] }
        end
        assert.same({ "a Ann -2.." }, all "WHERE project_code = 'p'")
      end)
    end)
  end
end)
