-- Processes and nginx workers that all use one account as fast as they may, while processes are killed.
--
-- What counts is the platform's log. A slot is interval + guard margin long: that is how far apart the client sets
-- them. All wait for one all the time, so a process that is killed holds one, and others have to take it over: 95 % of
-- all slots have to be used.
local core = require "imr.core"
local files = require "support.files"
local nginx = require "support.nginx"
local process = require "support.process"
local redis = require "support.redis"
local shell = require "support.shell"
local simulator = require "support.simulator"
local socket = require "socket"

local endurance = {}

local MARGIN, MARGIN_SHARE = 0.05, 0.05 -- as the client keeps them

-- In a process and in a worker alike. The last calls end at their deadline, without a slot.
local LOOP = [[
local imr, core = require "imr", require "imr.core"
local stop = %.6f
local client = assert(imr.new { base_url = "%s", username = "demo", password = "demo-secret", interval = %g,
  prefetch = 0, retries = 0, store = imr.store.%s { %s }, on_event = function(event)
    if event.message or event.type == "throttled" then io.stderr:write(tostring(event.message or event.code), "\n") end
  end })
while core.now() < stop do
  local rows, err = client:meters({ deadline = math.max(0, stop - core.now()) }):collect()
  if not rows then
    if err.kind ~= "timeout" then io.stderr:write(tostring(err), "\n") end
    core.sleep(0.1)
  end
end
]]

local function start_nginx(loop, count, path)
  if count == 0 then return nil end
  return nginx.start { workers = count, path = path, http = ([[init_worker_by_lua_block {
    assert(ngx.timer.at(0, function() %s end)) }]]):format((loop:gsub("core%.sleep", "ngx.sleep"))) }
end

-- ---------------------------------------------------------------- the crowd

local function spawn(run, number)
  local env = { HOME = ("%s/host%d"):format(run.directory, number % 2) }
  local output = ("%s/out.%d.%d"):format(run.directory, number, #run.outputs + 1)
  run.outputs[#run.outputs + 1] = output
  run.pids[number] = process.spawn(run.program, output, env)
end

-- Kills one process after the other, and starts another in its place. After the last there is time for more slots.
local function kill_some(run, options)
  local kills = 0
  local at = core.now() + (options.kill_every or math.huge)
  while math.max(at, core.now()) < run.stop - 3 * options.interval do
    core.sleep(math.max(0, at - core.now()))
    local number = kills % options.processes + 1
    shell.must("kill -KILL " .. run.pids[number])
    spawn(run, number)
    run.last_kill = socket.gettime()
    kills, at = kills + 1, at + options.kill_every
  end
  core.sleep(math.max(0, run.stop + 0.5 - core.now()))
  return kills
end

local function end_all(run)
  for _, pid in pairs(run.pids) do shell.run("kill -KILL " .. pid) end
end

-- ---------------------------------------------------------------- figures

local function times_of(entries)
  local times, refused = {}, 0
  for index, entry in ipairs(entries) do
    times[index] = entry.time
    if entry.code ~= 200 then refused = refused + 1 end
  end
  table.sort(times)
  return times, refused
end

local function measure(platform, run, options, kills)
  local slot = options.interval + math.min(MARGIN, MARGIN_SHARE * options.interval)
  local times, refused = times_of(platform:entries("meters"))
  local smallest = math.huge
  for index = 2, #times do smallest = math.min(smallest, times[index] - times[index - 1]) end
  local slots = math.floor((run.ended - times[1]) / slot) + 1
  return {
    interval = options.least or options.interval, arrivals = #times, refused = refused,
    logins = #platform:entries("login"), last = times[#times], last_kill = run.last_kill,
    kills = kills, smallest = smallest, slots = slots, share = #times / slots,
  }
end

local function complaints(run)
  local texts = {}
  for _, output in ipairs(run.outputs) do texts[#texts + 1] = files.read(output) end
  return table.concat(texts)
end

--- The figures as text.
function endurance.show(figures)
  local format = "%d requests in %d slots (%.1f %%), %d processes killed; smallest gap %.4f s; %d refused; logins: %d"
  return format:format(figures.arrivals, figures.slots, figures.share * 100, figures.kills, figures.smallest,
    figures.refused, figures.logins)
end

---@param options { kind: "file"|"redis", seconds: number, interval: number, least: number?, kill_every: number?,
---  processes: integer, workers: integer, path: string? } least: the interval that the platform asks for, if it is
---  another; path: where nginx finds lua-resty-redis
---@return table figures with `complaints`: what the processes wrote, empty when all is well
function endurance.run(options)
  local run = { directory = shell.scratch(), pids = {}, outputs = {} }
  local platform = simulator.start { interval = options.least or options.interval, latency = 0, jitter = 0.03,
    meters = 5, days = 1 }
  local server = options.kind == "redis" and redis.start()
  run.stop = core.now() + options.seconds
  run.ended = socket.gettime() + options.seconds
  run.program = run.directory .. "/program.lua"
  local settings = server and "port = " .. server.port or ("path = '%s/state'"):format(run.directory)
  local loop = LOOP:format(run.stop, platform.url, options.interval, options.kind, settings)
  files.write(run.program, loop)
  local workers, kills, figures
  local fine, problem = pcall(function()
    workers = start_nginx(loop, options.workers, options.path)
    for number = 1, options.processes do spawn(run, number) end
    kills = kill_some(run, options)
    figures = measure(platform, run, options, kills)
    figures.complaints = complaints(run) .. (workers and workers:error_log() or "")
  end)
  end_all(run)
  if workers then workers:stop() end
  platform:stop()
  if server then server:close() end
  shell.must("rm -r " .. run.directory)
  if not fine then error(problem, 0) end
  return figures
end

--- Raises unless nobody was too fast.
function endurance.check_pace(figures)
  assert(figures.complaints == "", figures.complaints)
  local text = endurance.show(figures)
  assert(figures.refused == 0 and figures.smallest >= figures.interval, text)
  assert(figures.logins == 1, text)
end

--- Raises unless the figures are as they have to be.
function endurance.check(figures)
  endurance.check_pace(figures)
  assert(figures.share >= 0.95, endurance.show(figures))
end

return endurance
