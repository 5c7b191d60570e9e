-- What a page of 1,000 rows costs its reader: from the transport's answer to the caller's loop, beside cjson.decode.
--
--   bench/rows.lua [ROUNDS] [LISTING...]
--
--   cjson    cjson.decode of the body, and nothing else: values stay text, a number loses its digits
--   typed    the same, then the fields renamed and typed in Lua
--   pages    imr, the page that cursor:pages() gives, with decimals = "number" or "string"
--   rows     imr, each row that `for row in cursor` gives
--   python   json.loads, untyped
--
-- The transport returns a body that is there already. The figures are ratios to the first, in bench/rounds.lua's way.

package.path = "./?.lua;" .. package.path

local cjson = require "cjson"
local imr = require "imr"
local pages = require "bench.pages"
local rounds = require "bench.rounds"
local side = require "bench.side"
local typed = require "bench.typed"
local unpack = require "imr.base.unpack"

local ROUNDS = tonumber(arg[1]) or 15
local ROUND_SECONDS = 0.05
local LOGIN = '{"code":200,"msg":"ok","data":"a-token"}'
local PERIOD = { from = "2025-01-01", to = "2026-12-31" }

-- The second value is when the last answer left the transport.
local function client_of(body, decimals)
  local seen = {}
  local client = assert(imr.new { base_url = "http://platform.invalid", username = "demo", password = "demo-secret",
    interval = 0, prefetch = 0, decimals = decimals, store = imr.store.memory(), on_event = function() end,
    transport = function(request)
      local answer = request.url:find("/user/login", 1, true) and LOGIN or body
      seen.answered = os.clock()
      return 200, answer, {}
    end })
  return client, seen
end

local function open(client, listing)
  if listing == "meters" or listing == "latest_readings" then return client[listing](client) end
  local parameters = { from = PERIOD.from, to = PERIOD.to }
  if listing == "consumption" then parameters.granularity = "daily" end
  return client[listing](client, parameters)
end

local function way_of_pages(listing, body, decimals)
  local client, seen = client_of(body, decimals)
  return rounds.summed(function()
    local page = open(client, listing):pages()()
    local spent = os.clock() - seen.answered
    assert(#page == pages.ROWS)
    return spent
  end)
end

local function way_of_rows(listing, body, decimals)
  local client, seen = client_of(body, decimals)
  return rounds.summed(function()
    local count = 0
    for _ in open(client, listing) do
      count = count + 1
      if count == pages.ROWS then break end
    end
    return os.clock() - seen.answered
  end)
end

local function way_of_python(body)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(body)
  file:close()
  local command = side.python() .. " bench/rivals/decode.py " .. path
  return function(turns) return tonumber(side.shell(command .. " " .. turns)) * turns / 1000 end,
    function() os.remove(path) end
end

local function ways_of(listing, body)
  local ways = {
    { "cjson", rounds.timed(function() cjson.decode(body) end) },
    { "typed", rounds.timed(function() typed(listing, body) end) },
  }
  for _, decimals in ipairs { "number", "string" } do
    ways[#ways + 1] = { "pages, " .. decimals, way_of_pages(listing, body, decimals) }
    ways[#ways + 1] = { "rows, " .. decimals, way_of_rows(listing, body, decimals) }
  end
  local python, remove = way_of_python(body)
  ways[#ways + 1] = { "python", python }
  return ways, remove
end

local function show(name, ways, times, ratios)
  io.write(("%-26s %5.2f ms"):format(name, times[1] * 1e3))
  for index = 2, #ways do io.write(("  %14.2f"):format(ratios[index])) end
  print()
  io.stdout:flush()
end

local function measure(listing, order)
  local functions = {}
  local ways, remove = ways_of(listing, pages.body(listing, order))
  for index, way in ipairs(ways) do functions[index] = way[2] end
  local times, ratios = rounds.measure(functions, ROUNDS, ROUND_SECONDS)
  remove()
  show(("%s, %s"):format(listing, order), ways, times, ratios)
end

print(("%s, %d rows a page, %d rounds"):format(jit and jit.version or _VERSION, pages.ROWS, ROUNDS))
print(("%-26s %8s  %14s  %14s  %14s  %14s  %14s  %14s"):format("", "cjson", "typed", "pages, number", "rows, number",
  "pages, string", "rows, string", "python"))
for _, listing in ipairs(#arg > 1 and { unpack(arg, 2) } or pages.LISTINGS) do
  for _, order in ipairs(pages.orders(listing)) do measure(listing, order) end
end
