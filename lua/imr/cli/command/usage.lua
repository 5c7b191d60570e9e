--- `imr usage`: what each meter used in a period, out of the registers in the database, and how sure that is.

local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local interrupt = require "imr.cli.interrupt"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local output = require "imr.cli.output"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local typed = require("imr.cli.output.columns").typed

local usage = { summary = "What each meter used in a period, and how sure that is." }

local INCOMPLETE = 5

local METER = "meter_no:str device_id:str kind:str user_code:str user_name:str address:str opening:dec "
  .. "opening_time:time closing:dec closing_time:time usage:dec sharp:dec peak:dec flat:dec valley:dec status:str "
  .. "reasons:str"
local MORE = " house_number:str project_code:str source:str"
local SUMS = " kind:str meters:int usage:dec measured:dec doubtful:dec incomplete:dec status:str reasons:str"
local BRIEF = "meter_no:str usage:dec status:str reasons:str opening:dec opening_time:time closing:dec "
  .. "closing_time:time user_name:str" -- a terminal is not wider

local COLUMNS = { meter = METER, day = "day:str " .. METER,
  tenant = "user_code:str user_name:str address:str house_number:str" .. SUMS, building = "building:str" .. SUMS,
  project = "project_code:str" .. SUMS }
local IN_TABLE = { meter = BRIEF, day = "day:str " .. BRIEF }
local ALL = { meter = METER .. MORE, day = "day:str " .. METER .. MORE,
  tenant = COLUMNS.tenant .. " project_code:str" }

function usage.configure(parser)
  database.configure(parser)
  dates.configure(parser)
  selection.configure(parser, "place")
  parser:option("--by", "A row a meter (default), a day of it, or sums by tenant, building or project.")
    :choices { "meter", "day", "tenant", "building", "project" }:default "meter"
  output.configure(parser)
  settings.configure_clock(parser)
end

local STATUSES = { "measured", "doubtful", "incomplete" }

local function say_sums(result)
  local parts = {}
  for _, kind in ipairs { "electricity", "water", "other" } do
    for _, status in ipairs(STATUSES) do
      local sum = (result.sums[kind] or {})[status]
      if sum then parts[#parts + 1] = ("%s %s %s (%d)"):format(language.word("kind", kind),
        sum.usage, language.word("status", status), sum.rows) end
    end
  end
  messages.say("%d meters%s", result.meters, #parts > 0 and language.text(": %s", language.list(parts)) or "")
end

local function open_output(arguments, offset)
  local by = arguments.by
  local shown = output.format(arguments) == "table" and IN_TABLE[by] or COLUMNS[by]
  return output.open(arguments, { columns = typed(shown), all = typed(ALL[by] or COLUMNS[by]), utc_offset = offset })
end

local function run(arguments, options, out)
  options.on_rows = function(rows)
    interrupt.check(not arguments.output)
    out:write(rows)
  end
  local result = out:during(database.run, arguments, require("imr.workflow.metering").usage, options)
  out:write(result.rows)
  out:finish(true)
  return result
end

---@return integer exit status
function usage.run(arguments)
  require("imr.os").catch_signals()
  local offset = settings.read(arguments).utc_offset
  local options = { by = arguments.by, utc_offset = offset, meters = selection.numbers(arguments),
    where = selection.where(arguments) }
  options.from, options.to = dates.period(arguments, offset)
  local result = run(arguments, options, open_output(arguments, offset))
  say_sums(result)
  return result.measured and 0 or INCOMPLETE
end

return usage
