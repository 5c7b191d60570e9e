-- Two workers, one account: what 200 requests at once do to the platform.
local once = require "support.once"
local simulator = require "support.simulator"
local site = require "support.site"
local timing = require "support.timing"

local LATEST = [[
    location = /latest { content_by_lua_block {
      local reading, err = client:latest_reading(ngx.var.arg_meter)
      ngx.print(reading and reading.meter_no or tostring(err), " ", ngx.worker.pid())
    } }
    location = /login { content_by_lua_block {
      local fine, err = client:login()
      ngx.print(tostring(fine or err), " ", ngx.worker.pid())
    } }
    location = /meters { content_by_lua_block {
      local rows = assert(client:meters():collect())
      local numbers = {}
      for index, row in ipairs(rows) do numbers[index] = row.meter_no end
      ngx.print(table.concat(numbers, " "))
    } }
]]

-- A machine that is busy with something else delays one request more than the next: there they are further apart, so
-- fewer of them, and the platform asks for less.
local COUNT, INTERVAL, LEAST = timing.room(200, 40), timing.room(0.08, 0.4), timing.room(0.04, 0.05)

if not once("200 requests at once") then return end

describe("many requests at once to two workers #nginx", function()
  local platform, server

  before_each(function()
    platform = simulator.start { meters = 20, interval = LEAST, latency = 0.05 }
    server = site.start {
      workers = 2, listen = "reuseport", locations = LATEST,
      http = ("init_by_lua_block { client = %s }"):format(site.client(platform.url,
        { interval = INTERVAL, transport = "curl" })),
    }
  end)

  after_each(function()
    server:stop()
    platform:stop()
  end)

  local function codes_of(endpoint)
    local codes = {}
    for _, entry in ipairs(platform:entries(endpoint)) do codes[entry.code] = (codes[entry.code] or 0) + 1 end
    return codes
  end

  local function workers_of(answers)
    local pids, count = {}, 0
    for _, answer in ipairs(answers) do
      local pid = answer.body:match("%d+$")
      if pid and not pids[pid] then count, pids[pid] = count + 1, true end
    end
    return count
  end

  it("log in once", function()
    local answers = server:many(200, "/login")
    for _, answer in ipairs(answers) do assert.truthy(answer.body:find("^true %d+$"), answer.body) end
    assert.equal(2, workers_of(answers))
    assert.same({ [200] = 1 }, codes_of("login"))
    assert.same({}, server:problems())
  end)

  it("keep one pace, and every one is answered with its own meter", function()
    local numbers = {}
    for number in select(2, server:request("/meters")):gmatch("%S+") do numbers[#numbers + 1] = number end
    assert.equal(20, #numbers)
    local answers = server:many(COUNT, function(index) return "/latest?meter=" .. numbers[index % 20 + 1] end)
    for index, answer in ipairs(answers) do
      assert.equal(numbers[index % 20 + 1], answer.body:match("^%S+"), answer.body)
    end
    assert.equal(2, workers_of(answers))
    assert.same({ [200] = 1 }, codes_of("login"))
    assert.same({ [200] = COUNT }, codes_of("latest_readings"))
    local before
    for _, entry in ipairs(platform:entries("latest_readings")) do
      assert.is_true(not before or entry.time - before >= LEAST, "two requests within one interval")
      before = entry.time
    end
    assert.same({}, server:problems())
  end)
end)
