-- Decoding a page of 1,000 rows of the simulator's, as the platform sends it.
local side = require "bench.side"
local Platform = require "imr.simulator.platform"
local cjson = require "cjson"
local shell = require "support.shell"

local PATHS = { readings = "/meter/readMeterList", tou_readings = "/meter/peaksValleysRead" }
local ROUNDS = 9

local function write_page(endpoint, path)
  local platform = Platform.new { meters = 4000, days = 20, interval = 0, epoch = 1764000000 }
  local function ask(to, parameters)
    return platform:handle({ method = "POST", path = to, headers = { ["Content-Type"] = "application/json" },
      body = cjson.encode(parameters) }, 0).body
  end
  local token = cjson.decode(ask("/user/login", { admin_user_name = "demo", api_password = "demo-secret" })).data
  local body = ask(PATHS[endpoint], { admin_user_name = "demo", token = token, pageNo = 1, pageSize = 1000,
    BeginDate = "2025-01-01 00:00:00", EndDate = "2026-12-31 00:00:00" })
  assert(#cjson.decode(body).data == 1000, "the simulator has too few rows")
  local file = assert(io.open(path, "w"))
  file:write(body)
  file:close()
end

local function ways_of(run, endpoint, path)
  local ways = {}
  for _, lua in ipairs { "lua5.4", "luajit" } do
    local name = lua == "luajit" and "LuaJIT" or "Lua 5.4"
    for _, way in ipairs {
      { "cjson.decode, untyped", "cjson" }, { "imr, decimals = \"number\"", "number" },
      { "imr, decimals = \"string\"", "string" }, { "cjson, then typed in Lua", "typed" },
    } do
      ways[#ways + 1] = { name = way[1] .. ", " .. name, reference = way[2] == "cjson",
        command = ("%s bench/rivals/decode.lua %s %s %s"):format(run(lua), way[2], endpoint, path) }
    end
  end
  ways[#ways + 1] = { name = "python3 json.loads, untyped", needs = side.python(),
    command = side.python() .. " bench/rivals/decode.py " .. path }
  ways[#ways + 1] = { name = "node JSON.parse, untyped", needs = "node",
    command = "node bench/rivals/decode.js " .. path }
  return ways
end

return function(run, endpoint, fields)
  local path = os.tmpname()
  write_page(endpoint, path)
  return {
    title = ("decoding 1,000 rows of %d fields"):format(fields), unit = "milliseconds, less is better", rounds = ROUNDS,
    ways = ways_of(run, endpoint, path),
  }, function() shell.must("rm " .. path) end
end
