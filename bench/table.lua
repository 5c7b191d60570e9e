-- What `make bench` prints: one table, imr beside what one would take instead, all in one run.
--
-- `bench/table.lua NAME...` measures only these groups: decode, calls, listing, reserve, startup, memory, nginx.
package.path = "./?.lua;./spec/?.lua;" .. package.path

local side = require "bench.side"
local simulated = require "bench.groups.simulated"

local function run(lua)
  return "sh scripts/run.sh " .. lua
end

local groups = {
  { "decode", function() return require "bench.groups.decode"(run, "readings", 8) end },
  { "decode", function() return require "bench.groups.decode"(run, "tou_readings", 24) end },
  { "calls", function() return require "bench.groups.calls"(run) end },
  { "listing", function() return simulated.listing(run) end },
  { "memory", function() return simulated.memory(run) end },
  { "startup", function() return simulated.startup() end },
}

-- These print tables of their own; flock and Redis are in the one, an idle worker and a blocking one in the other.
local programs = {
  { "reserve", "reservation of a time slot", "bench/reserve.lua" },
  { "nginx", "an unrelated location of an nginx worker", "bench/nginx.lua" },
}

local chosen = {}
for _, name in ipairs(arg) do chosen[name] = true end
local function is_chosen(name) return #arg == 0 or chosen[name] end

local function measure(prepare)
  local group, stop = prepare()
  local fine, rows = pcall(side.measure, group)
  stop()
  if not fine then error(rows, 0) end
  side.show(group, rows)
end

print("medians of rounds that alternate; the ratio is to the last row above with 1.00")
for _, group in ipairs(groups) do
  if is_chosen(group[1]) then measure(group[2]) end
end
for _, program in ipairs(programs) do
  if is_chosen(program[1]) then
    local text = side.shell(run "luajit" .. " " .. program[3] .. " </dev/null"):gsub("\n%s*$", ""):gsub("\n", "\n  ")
    print(("\n%s\n  %s"):format(program[2], text))
    io.stdout:flush()
  end
end
