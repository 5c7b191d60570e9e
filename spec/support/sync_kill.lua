-- Syncs that a real SIGKILL ends at random moments, while the platform gets late rows and corrects values.
local copy = require "imr.base.copy"
local core = require "imr.core"
local database = require "imr.database"
local DAY = require("imr.base.calendar").DAY
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local truth = require "support.sync_truth"

local kill = {}

local NOW = 1752028200 -- 2025-07-09 10:30 on the platform's clock
local STEP = 2         -- days between two states of the platform

local CHILD = shell.quote(debug.getinfo(1, "S").source:match("^@(.*)sync_kill%.lua$") .. "sync_child.lua")

local function random(seed)
  local state = seed
  return function()
    state = (state * 16807) % 2147483647
    return state / 2147483647
  end
end

local function options_of(case, today)
  return { seed = case.seed, meters = case.meters, days = case.days + STEP * today, offline = 0, interval = 0,
    late = 0.08, late_days = 3, restated = 0.2, keep_log = false, page_cap = case.page_cap,
    today = os.date("!%Y-%m-%d", NOW + 8 * 3600 + STEP * DAY * today) }
end

-- Runs a sync, and ends it after so many seconds. Did it come to its end?
local function child(case, url, clock, limit)
  local command = "env -u LUA_PATH_5_4 -u LUA_CPATH_5_4 LUA_PATH=%s LUA_CPATH=%s %s%s %s %s %s %d %d"
  local before = limit and ("timeout -s KILL %.3f "):format(limit) or ""
  local ok, output = shell.run(command:format(shell.quote(package.path), shell.quote(package.cpath), before,
    process.interpreter, CHILD, url, shell.quote(case.where), clock, case.days + 10))
  assert(ok or output == "" or output:find("[Kk]illed"), output)
  return output:find("done complete", 1, true) ~= nil
end

-- How long a sync into an empty database takes here; kills come anywhere within that.
local function measure(case, url)
  local whole = copy(case)
  whole.where = case.spare
  local began = core.now()
  assert(child(whole, url, NOW), "the sync that nobody kills does not end")
  return core.now() - began
end

local function lives(case, url, clock, kills, draw)
  local deaths = 0
  for _ = 1, kills do
    -- Mostly soon, so that the whole is not done after the first few lives.
    if not child(case, url, clock, 0.02 + draw() ^ 3 * 0.6 * case.seconds) then deaths = deaths + 1 end
  end
  assert(child(case, url, clock), "the last sync does not end")
  return deaths
end

local function phase(case, today, kills, draw)
  local platform = simulator.start(options_of(case, today))
  local fine, deaths = pcall(function()
    case.seconds = case.seconds or measure(case, platform.url)
    return lives(case, platform.url, NOW + STEP * DAY * today, kills, draw)
  end)
  platform:stop()
  if not fine then error(deaths, 0) end
  return deaths
end

local function state_of(case, today)
  local options = options_of(case, today)
  options.keep_log, options.page_cap = nil, nil
  return truth.read(options, NOW - 400 * DAY, NOW + 10 * DAY)
end

local function check(case, before, after)
  local db = assert(database.open(case.where))
  local problems, rows = {}, 0
  for _, name in ipairs(truth.listings) do
    for _, problem in ipairs(truth.compare(db, name, after[name])) do problems[#problems + 1] = problem end
    for _ in pairs(after[name]) do rows = rows + 1 end
  end
  local expected, stored, count = truth.restatements(before, after), truth.stored_restatements(db)
  local wanted = 0
  for text in pairs(expected) do
    wanted = wanted + 1
    if not stored[text] then problems[#problems + 1] = "no restatement " .. text end
  end
  if count ~= wanted then problems[#problems + 1] = ("%d restatements instead of %d"):format(count, wanted) end
  db:close()
  return { problems = problems, rows = rows, restatements = wanted }
end

--- Kills syncs of a platform in two states.
---@param case { where: string, spare: string, seed: integer, meters: integer, days: integer, kills: integer,
---  page_cap: integer? }
---  where and spare name empty databases
---@return { problems: string[], rows: integer, restatements: integer, deaths: integer }
function kill.run(case)
  local draw = random(case.seed)
  local half = math.floor(case.kills / 2)
  local deaths = phase(case, 0, case.kills - half, draw) + phase(case, 1, half, draw)
  local result = check(case, state_of(case, 0), state_of(case, 1))
  result.deaths = deaths
  return result
end

return kill
