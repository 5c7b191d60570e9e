--- What `imr sync` costs from day to day, for `imr plan --sync`: each run, the first of a day, and one a week.

local cursors = require "imr.workflow.sync.cursors"
local DAY = require("imr.base.calendar").DAY
local Pace = require "imr.client.pace"
local options = require "imr.workflow.sync.options"
local reread = require "imr.workflow.sync.reread"
local schema = require "imr.schema"
local sync_plan = require "imr.workflow.sync.plan"
local time_text = require("imr.cli.output.progress").time_text

local sync_cost = {}

local PAGE_SIZE = 1000

-- Today is read too, and reckoned as a whole day.
local function requests_of(listing, arguments, days)
  local project = arguments.meters
  if not listing.moment then return math.floor(project / PAGE_SIZE) + 1, project end
  local requests = 0
  for _, step in ipairs(sync_plan.project({ endpoint = listing.endpoint, granularity = listing.granularity,
    project = project, to = (days + 1) * DAY - 1, page_size = PAGE_SIZE }, 0)) do
    requests = requests + step.requests
  end
  local per_day = schema.by_name[listing.endpoint].per_day
  return requests, project * (days + 1) * (per_day and per_day[listing.granularity] or 1)
end

local function row_of(name, way, requests, rows, seconds)
  return { listing = name, way = way, requests = requests, rows = rows, seconds = math.ceil(seconds),
    time = time_text(seconds), logins = 1, chosen = true }
end

-- Endpoints are paced one by one, side by side.
local function add_way(made, arguments, chosen, way, days)
  local spacing, all = Pace.least_spacing(chosen.interval), { requests = 0, rows = 0, seconds = 0 }
  for _, listing in ipairs(options.listings(arguments)) do
    local requests, rows = requests_of(listing, arguments, days)
    local seconds = (requests - 1) * spacing
    made[#made + 1] = row_of(listing.name, way, requests, rows, seconds)
    all.requests, all.rows = all.requests + requests, all.rows + rows
    all.seconds = math.max(all.seconds, seconds)
  end
  made[#made + 1] = row_of("all", way, all.requests, all.rows, all.seconds)
end

---The rows of the plan.
---@param arguments { meters: integer, granularity: string, daily_reread: integer?, weekly_reread: integer? }
---@param chosen { interval: number }
---@return table[]
function sync_cost.rows(arguments, chosen)
  local made = {}
  local daily, weekly = arguments.daily_reread or reread.DAILY, arguments.weekly_reread or reread.WEEKLY
  local given = { meters = arguments.meters, granularity = arguments.granularity }
  local least = cursors.LEAST / DAY
  add_way(made, given, chosen, "each run", least)
  if daily > 0 then add_way(made, given, chosen, "once a day", math.max(daily, least)) end
  if weekly > 0 then add_way(made, given, chosen, "once a week", math.max(weekly, daily, least)) end
  return made
end

return sync_cost
