-- Pacing as the platform sees it: everything here is read from the access log of a simulator process.
local imr = require "imr"
local scripted = require "support.scripted"
local simulator = require "support.simulator"
local timing = require "support.timing"

local INTERVAL, PAGES = 0.2, 5
local LISTINGS = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }
local PARAMS = {
  readings = { from = "2026-01-10", to = "2026-01-14" },
  consumption = { from = "2026-01-10", to = "2026-01-14", granularity = "daily" },
  tou_readings = { from = "2026-01-10", to = "2026-01-14" },
  camera_readings = { from = "2026-01-10", to = "2026-01-14" },
}

local function params_of(name, page_size)
  local params = { page_size = page_size }
  for key, value in pairs(PARAMS[name] or {}) do params[key] = value end
  return params
end

describe("pacing over HTTP", function()
  local platform, client

  local function start(options, client_options)
    local given = { meters = 150, days = 5, today = "2026-01-15", interval = INTERVAL }
    for name, value in pairs(options or {}) do given[name] = value end
    platform = simulator.start(given)
    client = scripted.client(platform.url, client_options or { interval = INTERVAL, prefetch = 2 })
    assert(client:login())
  end

  after_each(function()
    if client then client:close() end
    if platform then platform:stop() end
    client, platform = nil, nil
  end)

  local function closest_arrivals(name)
    local entries, closest = platform:entries(name), math.huge
    for index = 2, #entries do closest = math.min(closest, entries[index].time - entries[index - 1].time) end
    return closest, #entries
  end

  local function refusals()
    local count = 0
    for _, entry in ipairs(platform:entries()) do
      if entry.code == 1011 then count = count + 1 end
    end
    return count
  end

  -- A page size at which the listing has exactly PAGES pages, the last of them a short one.
  local function page_sizes()
    local sizes = {}
    imr.run(function()
      local jobs = {}
      for index, name in ipairs(LISTINGS) do
        jobs[index] = function()
          local rows = assert(client[name](client, params_of(name, 1000)):collect())
          sizes[name] = math.ceil((#rows + 1) / PAGES)
          assert.equal(PAGES, math.ceil(#rows / sizes[name]))
        end
      end
      imr.all(jobs)
    end)
    return sizes
  end

  local function collect_all(sizes)
    local jobs = {}
    for index, name in ipairs(LISTINGS) do
      jobs[index] = function()
        local cursor = client[name](client, params_of(name, sizes[name]))
        assert(cursor:collect())
        return cursor.report
      end
    end
    return imr.run(imr.all, jobs)
  end

  -- With a second between two requests the guard margin is the 50 ms that it is against the real platform. A machine
  -- that is busy with something else delays one request more than the next by more than that: there the platform asks
  -- for less.
  local LEAST = timing.room(1, 0.5)
  local SECOND = { interval = LEAST, latency = 0.02, jitter = 0.05 }

  it("keeps the interval on every endpoint, with six listings at once", function()
    start(SECOND, { interval = 1, prefetch = 2 })
    for index, report in ipairs(collect_all(page_sizes())) do
      assert.is_true(report.complete, LISTINGS[index])
      assert.equal(PAGES, report.pages)
    end
    for _, name in ipairs(LISTINGS) do
      local closest, count = closest_arrivals(name)
      assert.is_true(count >= 1 + PAGES)
      assert.is_true(closest >= LEAST, ("%s: two arrivals within %.4f s"):format(name, closest))
    end
    assert.equal(0, refusals())
    assert.equal(1, #platform:entries("login"))
  end)

  it("keeps one interval for two clients of one account, and callers who know nothing of each other", function()
    start(SECOND)
    local store, jobs = imr.store.memory(), {}
    for index = 1, 2 do
      local one = scripted.client(platform.url, { interval = 1, store = store })
      finally(function() one:close() end)
      for caller = 1, 2 do
        jobs[2 * index - caller + 1] = function() return (assert(one:meters({ max_wait = 10 }):collect())) end
      end
    end
    imr.run(imr.all, jobs)
    local closest, count = closest_arrivals("meters")
    assert.equal(4, count)
    assert.is_true(closest >= LEAST, ("two arrivals within %.4f s"):format(closest))
    assert.equal(0, refusals())
    assert.equal(2, #platform:entries("login")) -- the one that start() makes, and one for both clients
  end)

  it("widens the gap and waits when the platform's interval is longer than ours", function()
    start({ interval = 0.3 })
    local reports = collect_all(page_sizes())
    for index, report in ipairs(reports) do assert.is_true(report.complete, LISTINGS[index]) end
    assert.is_true(refusals() > 0)
  end)

  -- When they overlap each has begun before one of them has ended.
  local function assert_overlap()
    local latest_begin, earliest_end = 0, math.huge
    for _, name in ipairs(LISTINGS) do
      local entries = platform:entries(name)
      latest_begin = math.max(latest_begin, entries[#entries - PAGES + 1].time)
      earliest_end = math.min(earliest_end, entries[#entries].time)
    end
    assert.is_true(latest_begin < earliest_end)
  end

  -- The floor is what the pace alone demands. The longest listing makes PAGES requests; the first leaves at once, each
  -- other one an interval after the one before it, and the last answer takes the latency:
  --   (PAGES - 1) * INTERVAL + latency = 0.85 s for 0.05 s and 1.3 s for 0.5 s.
  -- The guard margin of 5 % that keeps jitter from shortening the interval is part of what the 10 % have to cover. The
  -- login is done before. Other load only adds to the time, or costs a 1011, so one run of three has to be undisturbed.
  for _, latency in ipairs { 0.05, 0.5 } do
    it(("takes the time of one listing for six, each answer after %g s"):format(latency), function()
      start({ latency = latency })
      local sizes, floor = page_sizes(), (PAGES - 1) * INTERVAL + latency
      local best = math.huge
      for _ = 1, 3 do
        os.execute("sleep 0.3") -- the slots of the requests before this run are past
        local refused = refusals()
        local seconds, reports = timing.of(function() return collect_all(sizes) end)
        for _, report in ipairs(reports) do assert.is_true(report.complete) end
        assert_overlap()
        if refusals() == refused then best = math.min(best, seconds) end
        if not timing.exact or best <= 1.1 * floor then return end
      end
      error(("%.3f s, the floor is %.3f s"):format(best, floor))
    end)
  end
end)
