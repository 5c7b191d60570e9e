-- What a location of nginx that has nothing to do with us feels of six listings in the same worker.
--
-- Requests leave at fixed times, 750 a second, whatever became of those before: an open loop, over as many connections
-- as it takes, so that all the waiting behind a blocked worker counts. Rounds are short and alternate, so that a busy
-- machine slows all alike: a time is the median of its rounds, a ratio the median of the ratios within each round. The
-- load generator is this file. Where there is a second core, the worker has one for itself, and everything else gets
-- the other: what counts is how long the worker makes others wait, not how the kernel shares one core among processes.
--
--   idle       nothing else runs
--   imr        six listings of 24-field pages, 1,000 rows a page, at the platform's pace: one page in 2 s each
--   imr x 5    the same at five times that pace
--   naive      six loops at the platform's pace that block: a luasocket request, then cjson.decode
--
-- The platform is another nginx that hands out pages made beforehand, each after 100 ms.

package.path = "./spec/?.lua;" .. package.path

local Platform = require "imr.simulator.platform"
local cjson = require "cjson"
local nginx = require "support.nginx"
local shell = require "support.shell"
local socket = require "socket"

local RATE, SECONDS, ROUNDS = 750, tonumber(arg and arg[1]) or 3, tonumber(arg and arg[2]) or 7
local PAGES = 6
local INTERVAL = 2

-- ---------------------------------------------------------------- the platform

-- 24-field pages of the simulator's, as files.
local function write_pages(directory)
  local platform = Platform.new { meters = 4000, days = 20, interval = 0, epoch = 1764000000 }
  local function ask(path, parameters)
    return platform:handle({ method = "POST", path = path, headers = { ["Content-Type"] = "application/json" },
      body = cjson.encode(parameters) }, 0).body
  end
  local token = cjson.decode(ask("/user/login", { admin_user_name = "demo", api_password = "demo-secret" })).data
  for page = 1, PAGES do
    local body = ask("/meter/peaksValleysRead", { admin_user_name = "demo", token = token, pageNo = page,
      pageSize = 1000, BeginDate = "2025-01-01 00:00:00", EndDate = "2026-12-31 00:00:00" })
    assert(#cjson.decode(body).data == 1000, "the simulator has too few rows")
    local file = assert(io.open(("%s/%d"):format(directory, page), "w"))
    file:write((body:gsub('"totalCount":[^,}]*', ('"totalCount":%d'):format(PAGES * 1000))))
    file:close()
  end
end

local PLATFORM = [[
    location = /user/login { content_by_lua_block { ngx.print('{"code":200,"msg":"ok","data":"a-token"}') } }
    location = /meter/peaksValleysRead { content_by_lua_block {
      ngx.req.read_body()
      local number = tonumber(ngx.req.get_body_data():match('"pageNo":(%d+)'))
      ngx.sleep(0.1)
      ngx.print(pages[number] or '{"code":200,"msg":"ok","data":[]}')
    } }
]]
local LOAD_PAGES = [[
    init_by_lua_block {
      pages = {}
      for number = 1, $pages do
        local file = assert(io.open("$directory/" .. number))
        pages[number] = file:read("*a")
        file:close()
      end
    }
]]

-- ---------------------------------------------------------------- the worker that is measured

local LOOPS = [[
    lua_shared_dict imr 1m;
    lua_shared_dict switch 1m;
    keepalive_requests 1000000;
    init_by_lua_block {
      require "socket.http"
      require "cjson"
      local URL = "$url"
      loops = {}

      local function count() ngx.shared.switch:incr("pages", 1, 0) end

      local function listing(name, interval)
        local client = require("imr").new { base_url = URL, username = name, password = "secret", interval = interval,
          transport = "curl" }
        return function(goes_on)
          local cursor = client:tou_readings { from = "2025-01-01", to = "2026-12-31" }
          for _ in cursor:pages() do
            count()
            if not goes_on() then return cursor:close() end
          end
        end
      end

      local function blocking(interval)
        return function(goes_on)
          for number = 1, $pages do
            if not goes_on() then return end
            local body = '{"pageNo":' .. number .. '}'
            local text = require("socket.http").request(URL .. "/meter/peaksValleysRead", body)
            require("cjson").decode(text)
            count()
            ngx.sleep(interval)
          end
        end
      end

      function loops.start(kind, interval, round)
        local switch = ngx.shared.switch
        switch:set("on", round)
        for index = 1, 6 do
          local work = kind == "naive" and blocking(interval) or listing(kind .. interval .. "-" .. index, interval)
          local function goes_on() return switch:get("on") == round end
          ngx.timer.at(interval * index / 6, function()
            while goes_on() do work(goes_on) end
          end)
        end
      end
    }
]]
local CONTROL = [[
    location = /hello { return 200 "hello"; }
    location = /pid { content_by_lua_block { ngx.print(ngx.worker.pid()) } }
    location = /start { content_by_lua_block {
      loops.start(ngx.var.arg_kind, tonumber(ngx.var.arg_interval), tonumber(ngx.var.arg_round))
    } }
    location = /stop { content_by_lua_block { ngx.shared.switch:set("on", 0) } }
    location = /pages { content_by_lua_block { ngx.print(ngx.shared.switch:get("pages") or 0) } }
]]

-- ---------------------------------------------------------------- load

local REQUEST = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n"

local Load = {}
Load.__index = Load

local function connect(port)
  local client = assert(socket.connect("127.0.0.1", port))
  client:setoption("tcp-nodelay", true)
  client:settimeout(0)
  return client
end

function Load:send()
  local client = table.remove(self.free) or connect(self.port)
  client:send(REQUEST)
  self.sent[client] = socket.gettime()
  self.waiting[#self.waiting + 1] = client
end

-- An answer is short and comes in one piece.
function Load:receive(client)
  local _, _, part = client:receive(4096)
  assert(part and #part > 0, "the connection was closed")
  self.times[#self.times + 1] = socket.gettime() - self.sent[client]
  self.sent[client] = nil
  self.free[#self.free + 1] = client
end

function Load:collect(timeout)
  local ready = socket.select(self.waiting, nil, timeout)
  if #ready == 0 then return end
  for _, client in ipairs(ready) do self:receive(client) end
  local left = {}
  for _, client in ipairs(self.waiting) do
    if self.sent[client] then left[#left + 1] = client end
  end
  self.waiting = left
end

local function run_load(port, seconds)
  local load = setmetatable({ port = port, free = {}, sent = {}, waiting = {}, times = {} }, Load)
  for index = 1, 32 do load.free[index] = connect(port) end
  local began, total = socket.gettime() + 0.01, math.floor(RATE * seconds)
  local sent = 0
  while sent < total or #load.waiting > 0 do
    local due = began + sent / RATE
    local now = socket.gettime()
    if sent < total and now >= due then
      load:send()
      sent = sent + 1
    else
      load:collect(sent < total and math.max(0, due - now) or 1)
    end
  end
  for _, client in ipairs(load.free) do client:close() end
  table.sort(load.times)
  return load.times
end

-- ---------------------------------------------------------------- rounds

local ways = {
  { "idle" }, { "imr", "imr", INTERVAL }, { "imr x 5", "imr", INTERVAL / 5 }, { "naive", "naive", INTERVAL },
}

local function measure(server, way, round)
  local before = tonumber((server:get("/pages")))
  if way[2] then
    server:get(("/start?kind=%s&interval=%.3f&round=%d"):format(way[2], way[3], round))
    socket.sleep(1)
  end
  local began = socket.gettime()
  local times = run_load(server.port, SECONDS)
  local pages = (tonumber((server:get("/pages"))) - before) / (socket.gettime() - began)
  if way[2] then
    server:get("/stop")
    socket.sleep(way[3] + 0.5) -- what it has begun, it ends
  end
  local function at(share) return times[math.ceil(#times * share)] end
  return { p50 = at(0.5), p99 = at(0.99), max = times[#times], pages = pages }
end

local function median(values)
  table.sort(values)
  return values[math.ceil(#values / 2)]
end

local function each(rounds, name)
  local values = {}
  for index, round in ipairs(rounds) do values[index] = round[name] end
  return values
end

-- How many times the idle worker's figure, in the same round.
local function ratio(results, way, name)
  local values = {}
  for index, round in ipairs(results[way]) do values[index] = round[name] / results.idle[index][name] end
  return median(values)
end

local function show(results)
  print(("%-9s %8s %9s %9s %9s %10s"):format("", "pages/s", "p50", "p99", "max", "p99/idle"))
  for _, way in ipairs(ways) do
    local rounds = results[way[1]]
    local function ms(name) return median(each(rounds, name)) * 1e3 end
    print(("%-9s %8.1f %6.2f ms %6.2f ms %6.2f ms %8.2f ×"):format(way[1], median(each(rounds, "pages")), ms "p50",
      ms "p99", ms "max", ratio(results, way[1], "p99")))
  end
end

-- ---------------------------------------------------------------- cores

local function own_pid()
  local file = assert(io.open "/proc/self/stat")
  local pid = file:read "*n"
  file:close()
  return pid
end

local function pin(pid, core)
  return (shell.run(("taskset -pc %d %d"):format(core, pid)))
end

-- Before all that has no such right, the platform among them: else its work is measured too.
local function put_first(pid)
  return (shell.run(("chrt -f -p 1 %d"):format(pid)))
end

local function run(directory)
  write_pages(directory)
  shell.must("chmod -R a+rX " .. directory)
  local alone = pin(own_pid(), 1) -- and with it what is started from now on
  local fill = { directory = directory, pages = PAGES }
  local platform = nginx.start { locations = PLATFORM, http = LOAD_PAGES:gsub("%$(%a+)", fill), workers = 1 }
  alone = put_first(own_pid()) and alone
  fill.url = platform.url
  local server = nginx.start { locations = CONTROL, http = LOOPS:gsub("%$(%a+)", fill), workers = 1 }
  local results = {}
  local fine, problem = pcall(function()
    alone = pin(tonumber((server:get "/pid")), 0) and alone
    run_load(server.port, 0.5)
    for round = 1, ROUNDS do
      for index, way in ipairs(ways) do
        results[way[1]] = results[way[1]] or {}
        table.insert(results[way[1]], measure(server, way, round * 10 + index))
      end
    end
  end)
  local log = server:error_log():gsub("[^\n]*%[warn%][^\n]*\n", "")
  server:stop()
  platform:stop()
  if not fine then error(problem, 0) end
  print(("nginx with one worker, %d requests/s, %d rounds of %d s each; the worker %s"):format(RATE, ROUNDS, SECONDS,
    alone and "has a core for itself" or "competes with all other processes"))
  show(results)
  if log ~= "" then io.stderr:write(log) end
end

if not rawget(_G, "jit") then
  print("skipped: the load generator needs LuaJIT's speed; what is measured is the same nginx")
  return
end
local directory = shell.scratch()
local fine, problem = pcall(run, directory)
shell.must("rm -r " .. directory)
if not fine then error(problem, 0) end
