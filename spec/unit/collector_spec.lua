-- A collector that runs all the time, whole or by generations, changes no value and loses no row.
local codec = require "imr.client.codec"
local world = require "support.world"

local CHINA = 8 * 3600

-- What each mode's collector does at every call. LuaJIT and 5.1 know one mode.
local modes = {
  incremental = function() collectgarbage() end,
}
if _VERSION == "Lua 5.4" then
  modes.generational = function() collectgarbage "step" end
  modes["generational, whole"] = function() collectgarbage() end
end

-- Runs `act` with that collector, and afterwards has the usual one again, whatever happened.
local function under(mode, act)
  if mode ~= "incremental" then collectgarbage "generational" end
  local pause = collectgarbage("setpause", 100)
  local fine, problem = pcall(act, modes[mode])
  collectgarbage("setpause", pause)
  if mode ~= "incremental" then collectgarbage "incremental" end
  if not fine then error(problem, 0) end
end

local function body(count)
  local rows = {}
  for number = 1, count do
    rows[number] = ('{"deviceId":"%d","tableNo":"%d","reading":"%.2f","readTime":"2025-07-01 00:57:05",' ..
      '"x%d":[%d,{"y":"z%d"}],"imei":"\255"}'):format(number % 7, number % 7, number * 1.37, number % 3, number, number)
  end
  return '{"code":200,"data":[' .. table.concat(rows, ",") .. '],"msg":"ok"}'
end

local function in_slices(text, decimals, between)
  local decoder = codec.decoder("readings", text, decimals, CHINA)
  local answer, problem = decoder:read(300)
  while answer == false do
    between()
    answer, problem = decoder:read(300)
  end
  return assert(answer, problem)
end

local function listed(between)
  local new, rows = world.new { meters = 30 }, {}
  new:run(function()
    local client = new:client { page_size = 4, prefetch = 2 }
    for row in client:meters() do
      between()
      table.insert(rows, row)
    end
    client:close()
  end)
  return rows
end

describe("timers", function()
  it("stay in order when a finalizer takes one out while another is made", function()
    local Timers = require "imr.runtime.timers"
    local finalizer = require "imr.base.finalizer"
    for _ = 1, 300 do
      local timers, victims = Timers.new(), {}
      for index = 1, 8 do
        local timer = timers:add(100 - index, index)
        victims[index] = {}
        finalizer(victims[index], function() timers:remove(timer) end)
      end
      victims = nil -- luacheck: ignore 311
      for index = 1, 200 do timers:add(index % 13, index) end
      local before, fired = -1, timers:next_time()
      while fired do
        assert.is_true(fired >= before)
        before = fired
        timers:pop_due(math.huge)
        fired = timers:next_time()
      end
    end
  end)
end)

describe("the collector,", function()
  for mode in pairs(modes) do
    it(mode .. ": decoding in slices", function()
      local text = body(120)
      for _, decimals in ipairs { "number", "string" } do
        local expected = assert(codec.decode("readings", text, decimals, CHINA))
        under(mode, function(collect) assert.same(expected, in_slices(text, decimals, collect)) end)
      end
    end)

    it(mode .. ": a listing", function()
      local expected = listed(function() end)
      assert.equal(30, #expected)
      under(mode, function(collect) assert.same(expected, listed(collect)) end)
    end)
  end
end)
