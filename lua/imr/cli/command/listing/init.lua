--- The commands that list the rows of an endpoint: imr.schema says which there are, and what each takes.

local connect = require "imr.cli.input.connect"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local joined = require "imr.cli.command.listing.joined"
local number = require "imr.cli.input.number"
local output = require "imr.cli.output"
local schema = require "imr.schema"
local selection = require "imr.cli.input.selection"

local listing = {}

-- The parameters of an endpoint that are one of some words.
local function choices_of(endpoint)
  local list = {}
  for _, param in ipairs(endpoint.params) do
    if param.choices then list[#list + 1] = param end
  end
  return list
end

local function configure(endpoint, parser)
  if endpoint.dated then require("imr.cli.input.dates").configure(parser) end
  selection.configure(parser, "state")
  joined.configure(parser, endpoint)
  for _, param in ipairs(choices_of(endpoint)) do
    parser:option("--" .. param.name:gsub("_", "-"), param.help):argname("HOW"):default(param.default)
  end
  number.flag(parser, "--limit N", "Stop after so many rows.", number.whole(1))
  if endpoint.takes == "meters" then
    number.flag(parser, "--list-size N", "Most meter numbers in one request (default: 100).", number.whole(1))
  end
  number.flag(parser, "--deadline SECONDS", "Give up after so many seconds.", number.of "seconds")
  output.configure(parser)
  connect.configure(parser)
end

-- ---------------------------------------------------------------- the meters that are wanted

-- Read once, whatever they are for.
local function meters_of(run)
  if run.meters then return run.meters end
  local meters = {}
  local limit, written = run.reader.limit, run.reader.written
  run.reader.limit = math.huge
  run.reader:read(run.client:meters(run.reader:parameters {}), {
    write = function(rows)
      for _, row in ipairs(rows) do meters[#meters + 1] = row end
    end,
  })
  run.reader.limit, run.reader.written, run.meters = limit, written, meters
  return meters
end

local function numbers_of(meters, keep)
  local numbers = {}
  for _, meter in ipairs(meters) do
    if meter.meter_no and keep(meter) then numbers[#numbers + 1] = meter.meter_no end
  end
  return numbers
end

local function new_plan(run, wanted, project)
  return exit.wrong_use(require("imr.workflow.plan").new, {
    endpoint = run.endpoint.name, meters = wanted, project = project, from = run.from, to = run.to,
    granularity = run.arguments.granularity, list_size = run.arguments.list_size, page_size = run.reader.page_size,
    spacing = run.reader.spacing,
  })
end

local WORTH_A_LOOK = 2 -- requests; more than that may cost less as the whole project, whose size has to be asked for

-- The plan, and the numbers that it is for.
local function plan_of(run)
  local numbers = run.numbers
  if selection.by_state(run.arguments) then
    local meters = meters_of(run)
    local wanted = numbers_of(meters, selection.test(run.arguments, selection.set(numbers)))
    return new_plan(run, wanted, #meters), wanted
  end
  local plan = new_plan(run, numbers, run.meters and #run.meters)
  if not numbers or run.meters or plan.requests <= WORTH_A_LOOK then return plan, numbers end
  return new_plan(run, numbers, #meters_of(run)), numbers
end

-- ---------------------------------------------------------------- reading

local function is_one_of(numbers)
  local set = selection.set(numbers)
  return function(row) return set[row.meter_no] == true end
end

local function keep_meter(run)
  if not run.numbers and not selection.by_state(run.arguments) then return nil end
  return selection.test(run.arguments, selection.set(run.numbers))
end

local function note_seen(run, rows)
  for _, row in ipairs(rows) do run.unseen[row.meter_no or ""] = nil end
end

local function open(run, step)
  local own = step.parameters
  for _, param in ipairs(choices_of(run.endpoint)) do own[param.name] = run.arguments[param.name] end
  return exit.wrong_use(run.client[run.endpoint.name], run.client, run.reader:parameters(own))
end

local function read_steps(run, plan, keep)
  local later = plan.requests
  local join = run.arguments.with and joined.new(run.endpoint, meters_of(run))
  local function write(rows)
    run.out:write(join and join(rows) or rows)
    note_seen(run, rows)
  end
  for _, step in ipairs(plan.steps) do
    later = later - step.requests
    if not run.reader:read(open(run, step), { keep = keep, later = later, write = write }) then
      run.unseen = {} -- cut short: nothing can be said of the others
      return
    end
  end
end

local function work(run)
  if run.endpoint.takes == "nothing" and not run.endpoint.dated then
    return read_steps(run, { steps = { { parameters = {}, requests = 1 } }, requests = 1 }, keep_meter(run))
  end
  if run.arguments.with then meters_of(run) end
  local plan, wanted = plan_of(run)
  read_steps(run, plan, plan.filter and is_one_of(wanted) or nil)
end

-- A number that was asked for and has no row: misspelt, or nothing in that period. Nobody should have to count.
local function say_unseen(run)
  local missing = {}
  for _, meter_no in ipairs(run.numbers or {}) do
    if run.unseen[meter_no] then missing[#missing + 1] = meter_no end
  end
  if #missing == 0 then return end
  local shown = table.concat(missing, ", ", 1, math.min(#missing, 5)) .. (#missing > 5 and ", …" or "")
  if run.reader.complete and not run.endpoint.dated and not selection.by_state(run.arguments) then
    error({ kind = "unknown_meter", message = language.text("the platform lists no meter %s", shown),
      advice = language.text "`imr meters` shows those that it lists" }, 0)
  end
  require("imr.cli.output.messages").say("no rows of %d of %d meters: %s", #missing, #run.numbers, shown)
end

-- ---------------------------------------------------------------- the command

-- A short listing asks for no more rows than it wants, when every row that comes is wanted.
local function page_size_of(arguments)
  local filters = selection.by_state(arguments) or (arguments.meter and #arguments.meter > 0)
  if filters or arguments.with or not arguments.limit then return nil end
  return math.min(arguments.limit, 1000)
end

local function prepare(endpoint, arguments)
  local run = { endpoint = endpoint, arguments = arguments, numbers = selection.numbers(arguments) }
  run.unseen = selection.set(run.numbers) or {}
  local Reader = require "imr.cli.command.listing.reader"
  local chosen
  run.client, chosen = connect.client(arguments, { on_event = Reader.on_event })
  local offset = chosen.utc_offset
  if endpoint.dated then run.from, run.to = require("imr.cli.input.dates").period(arguments, offset) end
  run.reader = Reader.new {
    title = endpoint.title or endpoint.name, interval = chosen.interval, limit = arguments.limit,
    deadline = arguments.deadline, page_size = page_size_of(arguments),
  }
  run.out = output.open(arguments, { endpoint = endpoint.name, utc_offset = offset,
    more = arguments.with and joined.columns(endpoint.name) })
  return run
end

local function finish(run)
  require("imr.cli.output.messages").clear()
  run.out:finish(run.reader.complete)
  run.client:close()
  say_unseen(run)
  return run.reader.complete and 0 or 5
end

local function execute(endpoint, arguments)
  local run = prepare(endpoint, arguments)
  local ok, problem = pcall(require("imr.cli.interrupt").run, function() work(run) end, {
    output = not arguments.output, on_tick = function() run.reader.progress:show() end,
  })
  if ok then return finish(run) end
  run.out:abort()
  run.client:close()
  error(problem, 0)
end

---The names of the commands, in order.
---@return string[]
function listing.names()
  local names = {}
  for index, endpoint in ipairs(schema.listings) do names[index] = endpoint.program end
  return names
end

---@param name string of the command
---@return table|nil command
function listing.command(name)
  for _, endpoint in ipairs(schema.listings) do
    if endpoint.program == name then
      return {
        summary = endpoint.summary,
        configure = function(parser) configure(endpoint, parser) end,
        run = function(arguments) return execute(endpoint, arguments) end,
      }
    end
  end
end

return listing
