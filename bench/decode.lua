-- Decoding a page of 1,000 rows: imr.core against lua-cjson, side by side in one run.
--
--   cjson         cjson.decode, and nothing else: values stay text, a number loses its digits
--   cjson + Lua   the same, then the fields renamed and typed in Lua, which is what a caller would need
--   number        imr.codec.decode with decimals = "number"
--   string        imr.codec.decode with decimals = "string"
--
-- Rounds alternate; see bench/rounds.lua. Garbage collection is part of the time, as in real life.

package.path = "./?.lua;" .. package.path

local codec = require "imr.client.codec"
local core = require "imr.core"
local cjson = require "cjson"
local rounds = require "bench.rounds"
local typed = require "bench.typed"

local ROWS = 1000
local ROUNDS = tonumber(arg and arg[1]) or 31
local ROUND_SECONDS = 0.02
local CHINA = 8 * 3600
local START = core.parse_time("2025-07-01 00:57:05", CHINA)

-- ---------------------------------------------------------------- bodies

local function meter(number)
  return {
    id = ("2020050%05d"):format(4800 + number * 37), user = ("20200728%05d"):format(6200 + number),
    address = ("%d栋%d单元%02d%02d室"):format(number % 9 + 1, number % 3 + 1, number % 18 + 1, number % 4 + 1),
  }
end

local function time(day, number)
  return core.format_time(START + day * 86400 + number * 61, CHINA)
end

local function reading(number, day)
  local m = meter(number)
  return ([[{"deviceId":"%s","tableNo":"%s","reading":"%.2f","readTime":"%s","imei":"8659%011d","user_code":"%s",]] ..
    [["tableAddress":"%s","deviceName":"%s"}]]):format(
    m.id, m.id, 313.6 + number * 51 + day * 2.43, time(day, number), 77000 + number * 7919, m.user, m.address, m.id)
end

-- Voltages in tenths, currents in hundredths, powers in tenths of a watt that falls mostly on one phase.
local tou_values = {
  { "voltA", 220, 241, 1 }, { "voltB", 220, 241, 1 }, { "voltC", 220, 241, 1 },
  { "electricA", 0, 12, 2 }, { "electricB", 0, 1, 2 }, { "electricC", 0, 1, 2 },
  { "totalActivePower", 0, 60, 1 }, { "activePowerA", 0, 60, 1 }, { "activePowerB", 0, 1, 1 }, { "activePowerC", 0,
    1, 1 },
  { "totalReactivePower", 0, 3, 1 }, { "reactivePowerA", 0, 1, 1 }, { "reactivePowerB", 0, 3, 1 },
    { "reactivePowerC", 0, 1, 1 },
}

local seed = 1
local function random() -- the same for every Lua
  seed = (seed * 16807) % 2147483647
  return seed / 2147483647
end

local function tou_reading(number, day)
  local m, at = meter(number), time(day, number)
  local parts = {
    ([["project_code":"cs","deviceId":"%s","tableNo":"%s","createTime":"%s","freezeTime":"%s"]]):format(m.id, m.id,
      at, at),
    ([["positiveActivePower":%.1f]]):format(10622.5 + number * 100 + day * 7.3),
  }
  for i = 1, 4 do
    table.insert(parts, ([["positiveActivePower%d":%.1f]]):format(i, 24863.7 - i * 1000 + number * 10 + day * 1.9))
  end
  for _, value in ipairs(tou_values) do
    local name, low, high, digits = value[1], value[2], value[3], value[4]
    local text = ("%." .. digits .. "f"):format(low + (high - low) * random())
    table.insert(parts, ([["%s":"%s%s"]]):format(name, text, ("0"):rep(2 - digits)))
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local function body(row, place)
  local rows = {}
  for i = 0, ROWS - 1 do rows[i + 1] = row(place(i)) end
  return ([[{"code":200,"data":[%s],"msg":"操作成功","totalCount":%d}]]):format(table.concat(rows, ","), ROWS)
end

local function by_meter(i) return math.floor(i / 25), i % 25 end -- 40 meters of 25 rows
local function by_time(i) return i % 40, math.floor(i / 40) end  -- the same, the other way round

local function escaped(text) -- as servers write it that keep to ASCII
  return (text:gsub("[\228-\233][\128-\191][\128-\191]", function(char)
    local a, b, c = char:byte(1, 3)
    return ("\\u%04x"):format((a - 0xE0) * 4096 + (b - 0x80) * 64 + c - 0x80)
  end))
end

local cases = {
  { "readings, 8 fields", "readings", body(reading, by_meter) },
  { "  ordered by time", "readings", body(reading, by_time) },
  { "  \\uXXXX escapes", "readings", escaped(body(reading, by_meter)) },
  { "TOU, 24 fields", "tou_readings", body(tou_reading, by_meter) },
  { "  ordered by time", "tou_readings", body(tou_reading, by_time) },
}

-- ---------------------------------------------------------------- measuring

local ways = {
  { "cjson", function(_, text) return cjson.decode(text) end },
  { "cjson + Lua", typed },
  { "number", function(endpoint, text) return assert(codec.decode(endpoint, text, "number", CHINA)) end },
  { "string", function(endpoint, text) return assert(codec.decode(endpoint, text, "string", CHINA)) end },
}

local function run(case)
  local timed = {}
  for index, way in ipairs(ways) do timed[index] = rounds.timed(function() way[2](case[2], case[3]) end) end
  return rounds.measure(timed, ROUNDS, ROUND_SECONDS)
end

print(("%s, %d rows a page, median of %d rounds"):format(jit and jit.version or _VERSION, ROWS, ROUNDS))
io.write(("%-20s %8s"):format("", "KiB"))
for _, way in ipairs(ways) do io.write(("  %18s"):format(way[1])) end
print()
for _, case in ipairs(cases) do
  local times, ratios = run(case)
  io.write(("%-20s %8.0f"):format(case[1], #case[3] / 1024))
  for i in ipairs(ways) do io.write(("  %9.2f ms %5.2f ×"):format(times[i] * 1e3, ratios[i])) end
  print()
end
