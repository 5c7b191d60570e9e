-- The command line: how soon it answers, and how much memory a long listing takes.
--
--   imr version                  cold start
--   imr meters                   the same, with a login and a page from a simulator on this machine
--   curl, python3 -c pass        what others need for less, in the same run
--
-- Rounds alternate, so that a busy machine slows all alike; a time is the median of its rounds.
-- `bench/cli.lua rows N` streams N readings instead and reports the peak of memory (make bench-rows).

local core = require "imr.core"

local ROUNDS = 15
local LIMITS = { ["imr version"] = 30, ["imr meters"] = 80 } -- milliseconds
local MOST_MEMORY = 40 -- MB

local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")
local root = arg[0]:match("^(.*)/bench/[^/]*$") or "."

local function program(arguments)
  return ("%s %s/bin/imr %s"):format(interpreter, root, arguments)
end

local function shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

-- It ends by itself should we not come to stop it.
local function start_simulator(flags)
  local pipe = assert(io.popen("echo $$; exec " .. program("simulate --port 0 --exit-after 900 " .. flags)))
  local pid, url = pipe:read("*n"), nil
  for line in pipe:lines() do
    url = line:match("^listening on (%S+)")
    if url then break end
  end
  return { url = assert(url, "the simulator did not start"), stop = function()
    os.execute("kill " .. ("%d"):format(pid))
    pipe:close()
  end }
end

local scratch = shell("mktemp -d"):match("%S+")

local function environment(url)
  return ("env HOME=%s XDG_STATE_HOME=%s/state XDG_CONFIG_HOME=%s IMR_BASE_URL=%s IMR_USERNAME=demo "):format(
    scratch, scratch, scratch, url) .. "IMR_PASSWORD=demo-secret "
end

-- ---------------------------------------------------------------- cold start

local function time_of(command)
  local began = core.now()
  os.execute(command .. " >/dev/null 2>&1")
  return (core.now() - began) * 1000
end

local function median(list)
  table.sort(list)
  return list[math.floor(#list / 2) + 1]
end

local function exists(name)
  return shell("command -v " .. name):match("%S") ~= nil
end

local function cold_start()
  local simulator = start_simulator "--meters 20 --interval 0"
  local meters = environment(simulator.url) .. program "meters --interval 0"
  local ways = {
    { "imr version", program "version" }, { "imr meters", meters },
    { "  first time", "rm -rf " .. scratch .. "/state; " .. meters },
    { interpreter .. " -e ''", interpreter .. " -e ''" },
  }
  local body = '{"admin_user_name":"demo","api_password":"demo-secret"}'
  if exists "curl" then
    ways[#ways + 1] = { "curl, one POST", ("curl -s -d '%s' %s/user/login"):format(body, simulator.url) }
  end
  local python = exists "/usr/bin/python3" and "/usr/bin/python3" or exists "python3" and "python3"
  if python then ways[#ways + 1] = { "python3 -c pass", python .. " -c pass" } end
  local times = {}
  for round = 0, ROUNDS do -- round 0 warms up
    for index, way in ipairs(ways) do
      local spent = time_of(way[2])
      times[index] = times[index] or {}
      if round > 0 then times[index][round] = spent end
    end
  end
  simulator.stop()
  local fine = true
  for index, way in ipairs(ways) do
    local limit, spent = LIMITS[way[1]], median(times[index])
    fine = fine and (not limit or spent <= limit)
    print(("%-18s %7.1f ms%s"):format(way[1], spent, limit and ("   at most %d"):format(limit) or ""))
  end
  return fine
end

-- ---------------------------------------------------------------- many rows

local DAYS = 365

-- The kernel's own count of the highest, which GNU time or the shell would show too.
local WRAPPER = [[sh -c '"$@" & pid=$!; peak=0
while kill -0 $pid 2>/dev/null; do
  now=$(sed -n "s/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p" /proc/$pid/status 2>/dev/null)
  [ -n "$now" ] && peak=$now
  sleep 0.05
done
wait $pid; echo "$? $peak" >]] .. scratch .. [[/peak' sh ]]

local function many_rows(wanted)
  local meters = math.ceil(wanted / DAYS)
  local simulator = start_simulator(("--interval 0 --offline 0 --meters %d --days %d"):format(meters, DAYS))
  local command = WRAPPER .. environment(simulator.url)
    .. program(("readings --interval 0 --from -%dd --to yesterday --format csv"):format(DAYS))
  local began = core.now()
  local lines = tonumber(shell(command .. " | wc -l")) - 1
  local spent = core.now() - began
  simulator.stop()
  local status, peak = io.open(scratch .. "/peak"):read("*a"):match("(%d+) (%d+)")
  print(("%d rows in %.1f s (%.0f rows/s), exit code %s, peak %.1f MB   at most %d"):format(lines, spent, lines / spent,
    status, peak / 1024, MOST_MEMORY))
  return status == "0" and lines == meters * DAYS and peak / 1024 < MOST_MEMORY
end

local fine
if arg[1] == "rows" then fine = many_rows(tonumber(arg[2]) or 1000000) else fine = cold_start() end
os.execute("rm -rf " .. scratch)
os.exit(fine and 0 or 1)
