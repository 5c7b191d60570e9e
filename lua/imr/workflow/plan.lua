--- The cheapest way to ask for the rows of some meters: by their numbers, in lists where the endpoint takes one, or
--- the whole project, of which the rest is left out. Pure arithmetic: it asks the platform nothing.
---
---   local plan = require("imr.workflow.plan").new {
---     endpoint = "readings", meters = { "000100000001", ... }, project = 500,
---     from = 1748707200, to = 1751299199,
---   }
---   for _, step in ipairs(plan.steps) do client:readings(step.parameters) ... end
---
--- A listing of R rows takes floor(R / page_size) + 1 requests: it ends with a page that is not full. So joining two
--- lists never costs more, and only the length of the lists is to be chosen.

local copy = require "imr.base.copy"
local DAY = require("imr.base.calendar").DAY
local schema = require "imr.schema"

local plan = {}

local PAGE_SIZE, LIST_SIZE = 1000, 100
local MOST_PAGES = 100        -- of one listing; a longer period is split: rows move less while a shorter one is read
local SPACING = 2.05          -- seconds between two requests to one endpoint
local TOKEN_LIFE = 7200 - 120 -- seconds, renewed before its end

---What a plan is made of.
---@class imr.PlanOptions
---@field endpoint string a listing's name
---@field meters? string[]|integer the meters that are wanted, or only how many; nil: the whole project
---@field project? integer how many meters the project has; without it the whole project is no choice for some meters
---@field from? integer Unix seconds, for what has a period
---@field to? integer
---@field granularity? string of consumption
---@field rows_per_day? number rows that a meter has in a day
---@field page_size? integer 1000
---@field list_size? integer most meter numbers in a request, 100
---@field max_days? integer longest period of one listing
---@field spacing? number seconds between two requests to one endpoint

---One way to ask, and what it costs.
---@class imr.PlanWay
---@field strategy "list"|"single"|"project"
---@field list_size? integer meter numbers in a request
---@field requests integer
---@field rows integer that will come, those that are left out included
---@field seconds number that the pace makes of the requests
---@field logins integer at most

---One listing of a plan.
---@class imr.PlanStep
---@field parameters { meters: string[]?, meter: string?, from: integer?, to: integer? } for the client's method
---@field requests integer

---The cheapest way, and the listings that it takes.
---@class imr.Plan: imr.PlanWay
---@field steps imr.PlanStep[] none where meters is only a number
---@field ways imr.PlanWay[] all that were compared, the chosen one first
---@field filter boolean the caller has to leave out meters that it did not want

-- ---------------------------------------------------------------- what a listing costs

local function pages_of(rows, page_size)
  return math.floor(rows / page_size) + 1
end

local function days_of(job)
  return job.from and (job.to - job.from + 1) / DAY or 1
end

local function rows_of(job, meters, days)
  return math.floor(meters * job.per_day * days + 0.5)
end

-- How many parts a listing's period is read in.
local function parts_of(job, meters)
  if not job.from then return 1 end
  local days = days_of(job)
  local by_rows = math.ceil(rows_of(job, meters, days) / (MOST_PAGES * job.page_size))
  local by_days = job.max_days and math.ceil(days / job.max_days) or 1
  return math.max(1, math.min(math.max(by_rows, by_days), math.ceil(days)))
end

-- Parts begin at the same second of a day, so that a day's rows stay together.
local function part(job, parts, index)
  local whole = math.ceil(days_of(job))
  local first, after = math.floor(whole * (index - 1) / parts), math.floor(whole * index / parts)
  return job.from + first * DAY, index == parts and job.to or job.from + after * DAY - 1
end

local function cost_of(job, meters)
  local parts = parts_of(job, meters)
  local requests, rows = 0, 0
  for index = 1, parts do
    local days = 1
    if job.from then
      local from, to = part(job, parts, index)
      days = (to - from + 1) / DAY
    end
    local here = rows_of(job, meters, days)
    requests, rows = requests + pages_of(here, job.page_size), rows + here
  end
  return requests, rows
end

-- ---------------------------------------------------------------- the ways

local function way_of(job, strategy, list_size, requests, rows)
  local seconds = (requests - 1) * job.spacing
  return {
    strategy = strategy, list_size = list_size, requests = requests, rows = rows, seconds = seconds,
    logins = 1 + math.floor(seconds / TOKEN_LIFE),
  }
end

local function in_lists(job, size)
  local full, rest = math.floor(job.count / size), job.count % size
  local requests, rows = cost_of(job, size)
  requests, rows = requests * full, rows * full
  if rest > 0 then
    local more, more_rows = cost_of(job, rest)
    requests, rows = requests + more, rows + more_rows
  end
  return way_of(job, job.takes == "meters" and "list" or "single", size, requests, rows)
end

local function whole_project(job, meters)
  return way_of(job, "project", nil, cost_of(job, meters))
end

-- Fewer requests; with as many, fewer rows; then longer lists.
local function cheaper(a, b)
  if a.requests ~= b.requests then return a.requests < b.requests end
  if a.rows ~= b.rows then return a.rows < b.rows end
  return (a.list_size or 0) > (b.list_size or 0)
end

-- No meter wanted at all costs nothing.
local function ways_of(job)
  if not job.count then return { whole_project(job, job.project or 0) } end
  if job.count == 0 then return { way_of(job, "list", nil, 0, 0) } end
  local ways = {}
  local longest = job.takes == "meters" and math.min(job.list_size, job.count) or 1
  for size = 1, job.takes == "nothing" and 0 or longest do ways[size] = in_lists(job, size) end
  if job.project or job.takes == "nothing" then
    ways[#ways + 1] = whole_project(job, math.max(job.project or 0, job.count))
  end
  table.sort(ways, cheaper)
  return ways
end

-- ---------------------------------------------------------------- the steps

local function add_parts(steps, job, meters, parameters)
  local parts = parts_of(job, meters)
  for index = 1, parts do
    local own, days = copy(parameters), 1
    if job.from then
      own.from, own.to = part(job, parts, index)
      days = (own.to - own.from + 1) / DAY
    end
    steps[#steps + 1] = { parameters = own, requests = pages_of(rows_of(job, meters, days), job.page_size) }
  end
end

local function slice(list, first, last)
  local part_of = {}
  for index = first, math.min(last, #list) do part_of[#part_of + 1] = list[index] end
  return part_of
end

local function steps_of(job, way)
  local steps = {}
  if way.strategy == "project" then
    add_parts(steps, job, job.project or job.count or 0, {})
  elseif job.numbers then
    for first = 1, job.count, way.list_size or 1 do
      local numbers = slice(job.numbers, first, first + (way.list_size or 1) - 1)
      local parameters = way.strategy == "list" and { meters = numbers } or { meter = numbers[1] }
      add_parts(steps, job, #numbers, parameters)
    end
  end
  return steps
end

-- ---------------------------------------------------------------- in and out

local NUMBERS = { "project", "from", "to", "rows_per_day", "page_size", "list_size", "max_days", "spacing" }
local MOST = 1e12
local LEAST = { from = -MOST, to = -MOST, page_size = 1, list_size = 1, max_days = 1 }

local function check_numbers(options)
  for _, name in ipairs(NUMBERS) do
    local value = options[name]
    local least = LEAST[name] or 0
    if value ~= nil and not (type(value) == "number" and value >= least and value <= MOST) then
      error(("option '%s' must be a number%s"):format(name, least >= 0 and (", %d or more"):format(least) or ""), 4)
    end
  end
end

local function check(options, entry)
  if not (entry and entry.listing) then
    error(("there is no listing '%s' to plan"):format(tostring(options.endpoint)), 3)
  end
  check_numbers(options)
  if entry.dated and not (options.from and options.to) then
    error(("a plan for %s needs from and to, Unix seconds"):format(options.endpoint), 3)
  end
  if entry.dated and options.to < options.from then error("the period ends before it begins", 3) end
  local numbers = options.meters
  if numbers ~= nil and type(numbers) ~= "table" and type(numbers) ~= "number" then
    error("meters is a list of meter numbers, or how many", 3)
  end
  if type(numbers) == "number" and not (numbers % 1 == 0 and numbers >= 0 and numbers <= MOST) then
    error("meters is a list of meter numbers, or how many", 3)
  end
end

local function job_of(options, entry)
  local meters = options.meters
  local numbers = type(meters) == "table" and meters or nil
  local guess = entry.per_day and entry.per_day[options.granularity] or 1 -- which the caller can better
  return {
    takes = entry.takes, numbers = numbers, count = numbers and #numbers or meters, project = options.project,
    from = entry.dated and options.from, to = options.to,
    per_day = entry.dated and options.rows_per_day or guess,
    page_size = options.page_size or PAGE_SIZE, list_size = options.list_size or LIST_SIZE,
    max_days = options.max_days, spacing = options.spacing or SPACING,
  }
end

---Plans a listing. Wrong options raise at the caller's line.
---@param options imr.PlanOptions
---@return imr.Plan
function plan.new(options)
  if type(options) ~= "table" then error("plan.new takes a table of options, not a " .. type(options), 2) end
  local entry = options.endpoint ~= nil and schema.by_name[options.endpoint]
  check(options, entry)
  local job = job_of(options, entry)
  local ways = ways_of(job)
  local best = copy({ ways = ways, steps = steps_of(job, ways[1]) }, ways[1])
  best.filter = best.strategy == "project" and job.count ~= nil
  return best
end

return plan
