-- Calls per second over one kept connection to an nginx on this machine: what a call costs beside the network.
local side = require "bench.side"
local nginx = require "support.nginx"

local ANSWER = '{"code":200,"msg":"ok","data":{"deviceId":"1","tableNo":"001","reading":"12.50","readTime":"2025-07-01'
  .. ' 00:00:00"}}'
local LOCATIONS = ([[
    location = /user/login { return 200 '{"code":200,"msg":"ok","data":"a-token"}'; }
    location = /meter/readMeter { default_type application/json; return 200 '%s'; }
]]):format(ANSWER)
local LUA_CURL = [[luajit -e 'require "curl"']]
local SECONDS, ROUNDS = 0.3, 21

return function(run)
  local server = nginx.start { workers = 1, http = "keepalive_requests 100000000;", locations = LOCATIONS }
  local function program(lua, file, more)
    return ("%s bench/rivals/%s %s %g %s"):format(run(lua), file, server.url, SECONDS, more or "")
  end
  local wrk = ("wrk -t1 -c1 -d1s -s bench/rivals/wrk.lua %s/meter/readMeter | sed -n 's/Requests.sec: *//p'"):format(
    server.url)
  return {
    title = "calls, one kept connection", unit = "requests per second, more is better", rounds = ROUNDS,
    ways = {
      { name = "lua-curl's easy loop, LuaJIT", needs = "lua-curl", check = LUA_CURL,
        command = program("luajit", "calls_curl.lua") },
      { name = "imr's transport, LuaJIT", command = program("luajit", "calls_imr.lua", "transport") },
      { name = "imr's transport, Lua 5.4", command = program("lua5.4", "calls_imr.lua", "transport") },
      { name = "lua-curl and lua-cjson, LuaJIT", reference = true, needs = "lua-curl", check = LUA_CURL,
        command = program("luajit", "calls_curl.lua", "json") },
      { name = "imr, client:latest_reading(), LuaJIT", command = program("luajit", "calls_imr.lua", "client") },
      { name = "imr, client:latest_reading(), Lua 5.4", command = program("lua5.4", "calls_imr.lua", "client") },
      { name = "luasocket, a connection each, LuaJIT", command = program("luajit", "calls_luasocket.lua") },
      { name = "python3 http.client", needs = side.python(),
        command = ("%s bench/rivals/calls.py %s %g"):format(side.python(), server.url, SECONDS) },
      { name = "wrk -c1 (the limit)", needs = "wrk", command = wrk },
    },
  }, function() server:stop() end
end
