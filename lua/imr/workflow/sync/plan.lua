--- What a run asks for: one listing of the whole project for what is new, and lists of meters for those that are
--- further behind. Where the one begins is chosen so that both together take the fewest requests.

local DAY = require("imr.base.calendar").DAY
local plan = require "imr.workflow.plan"

local LONGEST = 31 -- days of one listing of which nobody knows how many rows it will have
local PAGES = 30   -- of one listing: a run that is killed begins the listing again that it was in

local sync_plan = { LONGEST = LONGEST }

---@class imr.sync.Job
---@field endpoint string
---@field granularity? string
---@field project integer|nil meters of the project, where it is known
---@field to integer
---@field page_size integer

local function per_day(job)
  return job.granularity == "realtime" and 4 or 1
end

local function longest(job)
  if not job.project or job.project == 0 then return LONGEST end
  local days = math.floor(PAGES * job.page_size / (job.project * per_day(job)))
  return math.max(1, math.min(LONGEST, days))
end

-- Meters that are behind are asked for by number, never as the whole project: its listing is another step.
local function ask(job, from, meters, max_days)
  return plan.new { endpoint = job.endpoint, granularity = job.granularity, meters = meters,
    project = not meters and job.project or nil, from = from, to = job.to, page_size = job.page_size,
    max_days = max_days }
end

---The steps of the whole project since a moment, oldest first.
---@param job imr.sync.Job
---@param from integer
---@return { parameters: { from: integer, to: integer }, requests: integer }[]
function sync_plan.project(job, from)
  return ask(job, from, nil, longest(job)).steps
end

---The steps for meters that are behind, each from its oldest on.
---@param job imr.sync.Job
---@param behind { meter_no: string, since: integer }[] oldest first
---@return { parameters: table, requests: integer }[]
function sync_plan.behind(job, behind)
  if #behind == 0 then return {} end
  local numbers = {}
  for index, entry in ipairs(behind) do numbers[index] = entry.meter_no end
  return ask(job, behind[1].since, numbers).steps
end

-- Requests for the project since `from`, and for so many meters that are behind it since `oldest`.
local function cost(job, from, behind, oldest)
  local requests = ask(job, from, nil, longest(job)).requests
  if behind > 0 then requests = requests + ask(job, oldest, behind).requests end
  return requests
end

---Since when the project is read as a whole.
---@param job imr.sync.Job
---@param meters fun(): { since: integer }|nil since when each has to be read again, oldest first
---@return integer|nil from nil where there is no meter
function sync_plan.choose(job, meters)
  local days, oldest = {}, nil
  for entry in meters do
    oldest = oldest or entry.since
    local last = days[#days]
    if last and entry.since < last.from + DAY then
      last.count = last.count + 1
    else
      days[#days + 1] = { from = entry.since, count = 1 }
    end
  end
  local best, least, behind = nil, math.huge, 0
  for _, day in ipairs(days) do
    local requests = cost(job, day.from, behind, oldest)
    if requests < least then best, least = day.from, requests end
    behind = behind + day.count
  end
  return best
end

return sync_plan
