--- `imr plan`: what a listing, or all of them, will cost before it runs. With --meters and --days it asks nobody.

local DAY = require("imr.base.calendar").DAY
local Pace = require "imr.client.pace"
local connect = require "imr.cli.input.connect"
local exit = require "imr.cli.exit"
local number = require "imr.cli.input.number"
local takes_names = require "imr.cli.input.names"
local output = require "imr.cli.output"
local schema = require "imr.schema"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local workflow = require "imr.workflow.plan"

local plan = { summary = "Requests, time and logins that a listing will take." }

local COLUMNS = {
  { name = "listing", type = "str" }, { name = "way", type = "str" }, { name = "list_size", type = "int" },
  { name = "requests", type = "int" }, { name = "rows", type = "int" }, { name = "seconds", type = "int" },
  { name = "time", type = "str" }, { name = "logins", type = "int" }, { name = "chosen", type = "enum" },
}

local MOST_DAYS = require("imr.workflow.sync.options").MOST_DAYS

function plan.configure(parser)
  local names = {}
  for index, entry in ipairs(schema.listings) do names[index] = entry.program end
  names[#names + 1] = "sync"
  local help = "What to plan (default: all of them, side by side); sync: what a first `imr sync` costs, of 90 days "
    .. "unless you say otherwise."
  takes_names(parser:argument("listing", help):args "*":argname("{" .. table.concat(names, ",") .. "}"), names)
  number.flag(parser, "--meters N", "The project has so many meters (default: asks the platform).", number.whole(0))
  number.flag(parser, "--days D", "A period of so many days, up to yesterday.", number.whole(1, MOST_DAYS))
  parser:flag("--sync", "What `imr sync` costs from day to day: each run, the first of a day, and one a week.")
  require("imr.cli.input.reread").configure(parser)
  require("imr.cli.input.dates").configure(parser)
  selection.configure(parser)
  parser:option("--with", "Also what the listing's own --with costs: meters."):argname "LISTING":choices { "meters" }
  number.flag(parser, "--rows-per-day N", "Rows of a meter in a day (default: 1; real-time consumption 4).",
    number.of "rows")
  parser:option("--granularity", "Of consumption: daily (default) or realtime."):argname("HOW"):default("daily")
  number.flag(parser, "--list-size N", "Most meter numbers in one request (default: 100).", number.whole(1))
  number.flag(parser, "--max-days D", "Longest period of one listing.", number.whole(1))
  output.configure(parser)
  connect.configure(parser)
end

-- A first sync reads all listings, in parts as long as it takes them.
local function prepare_sync(arguments)
  local names = selection.set(arguments.listing)
  if not names.sync then return end
  if #arguments.listing > 1 or selection.numbers(arguments) then
    exit.usage("a first sync reads all listings of all meters: imr plan sync goes alone")
  end
  local sync = require "imr.workflow.sync"
  arguments.listing, arguments.max_days = {}, arguments.max_days or sync.LONGEST
  if not arguments.from and not arguments.to then arguments.days = arguments.days or sync.FIRST_DAYS end
end

local function period(arguments, offset)
  if not arguments.days then return require("imr.cli.input.dates").period(arguments, offset) end
  if arguments.from or arguments.to then exit.usage("say --days, or --from and --to, not both") end
  local now = os.time()
  local to = now - (now + offset) % DAY - 1
  return to + 1 - arguments.days * DAY, to
end

local function ask_meters(arguments)
  local client = connect.client(arguments, { on_event = require("imr.cli.command.listing.reader").on_event })
  local rows, err
  require("imr.cli.interrupt").run(function() rows, err = client:meters():collect() end)
  client:close()
  if not rows then error(err, 0) end
  return #rows
end

local function chosen_listings(arguments)
  local wanted = selection.set(#arguments.listing > 0 and arguments.listing or nil)
  local list, dated = {}, false
  for _, entry in ipairs(schema.listings) do
    if not wanted or wanted[entry.program] then
      list[#list + 1] = entry
      dated = dated or entry.dated
    end
  end
  return list, dated
end

-- Of each strategy the best, the chosen one first.
local function add_rows(rows, name, made)
  local seen = {}
  for index, way in ipairs(made.ways) do
    if not seen[way.strategy] then
      seen[way.strategy] = true
      rows[#rows + 1] = {
        listing = name, way = way.strategy, list_size = way.list_size, requests = way.requests, rows = way.rows,
        seconds = math.ceil(way.seconds), time = require("imr.cli.output.progress").time_text(way.seconds),
        logins = way.logins, chosen = index == 1,
      }
    end
  end
end

-- Endpoints are paced one by one, so listings side by side take as long as the longest, and share the logins. One that
-- waits for the meter list takes as long as both.
local function add_total(rows, in_turn)
  local total = {
    listing = "all", way = in_turn and "one after the other" or "side by side", requests = 0, rows = 0, seconds = 0,
    logins = 1, chosen = true,
  }
  for _, row in ipairs(rows) do
    if row.chosen then
      total.requests, total.rows = total.requests + row.requests, total.rows + row.rows
      total.seconds = in_turn and total.seconds + row.seconds or math.max(total.seconds, row.seconds)
      total.logins = math.max(total.logins, row.logins)
    end
  end
  total.time = require("imr.cli.output.progress").time_text(total.seconds)
  rows[#rows + 1] = total
end

local function options_of(entry, arguments, chosen)
  return {
    endpoint = entry.name, meters = selection.numbers(arguments), project = arguments.meters,
    rows_per_day = arguments.rows_per_day, granularity = arguments.granularity, list_size = arguments.list_size,
    max_days = arguments.max_days, spacing = Pace.least_spacing(chosen.interval),
  }
end

local function write(arguments, rows, offset)
  local out = output.open(arguments, { columns = COLUMNS, utc_offset = offset })
  out:write(rows)
  out:finish(true)
  return 0
end

-- What is read again is of all meters, and of days that end now.
local function plan_syncs(arguments)
  if #arguments.listing > 0 or arguments.days or arguments.from or arguments.to or selection.numbers(arguments) then
    exit.usage("--sync is of all listings, all meters and the days that a sync reads: only --meters, "
      .. "--granularity, --daily-reread and --weekly-reread go with it")
  end
  local chosen = settings.read(arguments)
  arguments.meters = arguments.meters or ask_meters(arguments)
  return write(arguments, require("imr.cli.command.plan.sync").rows(arguments, chosen), chosen.utc_offset)
end

-- The meter list is read first.
local function add_meter_list(list)
  if #list ~= 1 or list[1].name == "meters" then
    exit.usage("--with is of one listing: imr plan readings --with meters")
  end
  table.insert(list, 1, schema.by_name.meters)
end

---@return integer exit status
function plan.run(arguments)
  if arguments.sync then return plan_syncs(arguments) end
  prepare_sync(arguments)
  local list, dated = chosen_listings(arguments)
  if arguments.with then add_meter_list(list) end
  local chosen = settings.read(arguments)
  local offset, from, to = chosen.utc_offset, nil, nil
  if dated then from, to = period(arguments, offset) end
  arguments.meters = arguments.meters or ask_meters(arguments)
  local rows = {}
  for _, entry in ipairs(list) do
    local options = options_of(entry, arguments, chosen)
    options.from, options.to = from, to
    add_rows(rows, entry.program, exit.wrong_use(workflow.new, options))
  end
  if #list > 1 then add_total(rows, arguments.with) end
  return write(arguments, rows, offset)
end

return plan
