-- The command line: how soon it answers, and how much memory a long listing takes.
--
--   imr version                  cold start
--   imr meters                   the same, with a login and a page from a simulator on this machine
--   curl, python3 -c pass        what others need for less, in the same run
--
-- `bench/cli.lua beside DIR` starts the program of another tree, which is built there, and this one's by turns.
-- `bench/cli.lua rows N` streams N readings instead and reports the peak of memory (make bench-rows).

package.path = "./?.lua;" .. package.path

local core = require "imr.core"
local side = require "bench.side"

local shell = side.shell

local ROUNDS = 15
local LIMITS = { ["imr version"] = 30, ["imr meters"] = 80 } -- milliseconds
local MOST_MEMORY = 40 -- MB

local interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")
local root = arg[0]:match("^(.*)/bench/[^/]*$") or "."

---@param tree? string this one when absent
local function program(arguments, tree)
  return ("%s %s/bin/imr %s"):format(interpreter, tree or root, arguments)
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

local function timed(name, command)
  return { name = name, command = command, timed = true }
end

local function cold_start()
  local simulator = start_simulator "--meters 20 --interval 0"
  local meters = environment(simulator.url) .. program "meters --interval 0"
  local body = '{"admin_user_name":"demo","api_password":"demo-secret"}'
  local curl = timed("curl, one POST", ("curl -s -d '%s' %s/user/login"):format(body, simulator.url))
  local python = timed("python3 -c pass", side.python() .. " -c pass")
  curl.needs, python.needs = "curl", "python3"
  local group = { title = "cold start", unit = "ms", rounds = ROUNDS, ways = {
    timed(interpreter .. " -e ''", interpreter .. " -e ''"), timed("imr version", program "version"),
    timed("imr meters", meters), timed("  first time", "rm -rf " .. scratch .. "/state; " .. meters), curl, python,
  } }
  local rows, fine = side.measure(group), true
  simulator.stop()
  side.show(group, rows)
  for _, row in ipairs(rows) do fine = fine and not (LIMITS[row.name] and row.figure > LIMITS[row.name]) end
  if not fine then print(("too slow: at most %d and %d ms"):format(LIMITS["imr version"], LIMITS["imr meters"])) end
  return fine
end

-- Each tree has a state and binaries of its own.
local function beside(other)
  local simulator = start_simulator "--meters 20 --interval 0"
  for _, arguments in ipairs { "version", "meters --interval 0", "help" } do
    local function way(name, tree)
      local command = ("env -u IMR_BUILD XDG_STATE_HOME=%s/%s %s"):format(scratch, name, program(arguments, tree))
      return timed(name, environment(simulator.url) .. command)
    end
    local group = { title = "imr " .. arguments, unit = "ms", rounds = 2 * ROUNDS,
      ways = { way("other", other), way("this", root) } }
    side.show(group, side.measure(group))
  end
  simulator.stop()
  return true
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
if arg[1] == "rows" then
  fine = many_rows(tonumber(arg[2]) or 1000000)
elseif arg[1] == "beside" then
  fine = beside(arg[2])
else
  fine = cold_start()
end
os.execute("rm -rf " .. scratch)
os.exit(fine and 0 or 1)
