-- Decoding a page of 1,000 rows of the simulator's, as the platform sends it.
local side = require "bench.side"
local pages = require "bench.pages"
local shell = require "support.shell"

local ROUNDS = 9

local function write_page(endpoint, path)
  local file = assert(io.open(path, "w"))
  file:write(pages.body(endpoint, "by meter"))
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
