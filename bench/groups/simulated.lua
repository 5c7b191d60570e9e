-- Groups that need a simulated platform: listings, memory, start-up.
local side = require "bench.side"
local shell = require "support.shell"
local simulator = require "support.simulator"

local simulated = {}

local TODAY, FROM, TO = "2026-01-15", "2025-01-15", "2026-01-14"

---Six listings at the platform's real pace, with answers that take 0.3 s.
function simulated.listing(run)
  local platform = simulator.start { meters = 200, days = 6, today = TODAY, offline = 0, latency = 0.3 }
  local command = run("luajit") .. " bench/rivals/listing.lua " .. platform.url
  return {
    title = "all six listings at the platform's pace", unit = "seconds, less is better", rounds = 1,
    ways = {
      { name = "a script: request, pause of 2 s, one by one", command = command .. " script 2>/dev/null" },
      { name = "imr.all", command = command .. " imr 2>/dev/null" },
    },
  }, function() platform:stop() end
end

---A year of 150 meters, summed up.
function simulated.memory(run)
  local platform = simulator.start { meters = 150, days = 366, today = TODAY, offline = 0, interval = 0 }
  local ways = {}
  for _, lua in ipairs { "luajit", "lua5.4" } do
    local command = ("%s bench/rivals/memory.lua %s %%s %s %s"):format(run(lua), platform.url, FROM, TO)
    local name = lua == "luajit" and "LuaJIT" or "Lua 5.4"
    ways[#ways + 1] = { name = "a script that collects, " .. name, reference = true,
      command = command:format("script") }
    ways[#ways + 1] = { name = "imr, row by row, " .. name, command = command:format("imr") }
  end
  return { title = "peak memory for 54,750 readings", unit = "MB, less is better", rounds = 1, ways = ways },
    function() platform:stop() end
end

---Programs that start, do their work and end.
function simulated.startup()
  local platform = simulator.start { meters = 20, days = 2, today = TODAY, interval = 0 }
  local home = shell.scratch()
  local given = ("env HOME=%s XDG_STATE_HOME=%s/state XDG_CONFIG_HOME=%s IMR_BASE_URL=%s IMR_USERNAME=demo"
    .. " IMR_PASSWORD=demo-secret "):format(home, home, home, platform.url)
  local body = [['{"admin_user_name":"demo","api_password":"demo-secret"}']]
  return {
    title = "start-up", unit = "milliseconds, less is better", rounds = 15,
    ways = {
      { name = "curl, one POST", needs = "curl", timed = true,
        command = ("curl -s -d %s %s/user/login"):format(body, platform.url) },
      { name = "imr version, Lua 5.4", timed = true, command = "lua5.4 bin/imr version" },
      { name = "imr version, LuaJIT", timed = true, command = "luajit bin/imr version" },
      { name = "imr meters, Lua 5.4", timed = true, command = given .. "lua5.4 bin/imr meters --interval 0" },
      { name = "imr meters, LuaJIT", timed = true, command = given .. "luajit bin/imr meters --interval 0" },
      { name = "lua5.4 -e ''", timed = true, command = "lua5.4 -e ''" },
      { name = "python3 -c 'import http.client, json'", needs = side.python(), timed = true,
        command = side.python() .. " -c 'import http.client, json'" },
      { name = "node -e 0", needs = "node", timed = true, command = "node -e 0" },
    },
  }, function()
    platform:stop()
    shell.must("rm -r " .. home)
  end
end

return simulated
