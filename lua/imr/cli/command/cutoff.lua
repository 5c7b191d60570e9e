--- `imr cutoff`: one reading a meter at or before a moment, to bill with; and the meters that have none.

local core = require "imr.core"
local database = require "imr.cli.input.database"
local DAY = require("imr.base.calendar").DAY
local exit = require "imr.cli.exit"
local language = require "imr.language"
local listings = require "imr.workflow.sync.listings"
local messages = require "imr.cli.output.messages"
local number = require "imr.cli.input.number"
local takes_names = require "imr.cli.input.names"
local output = require "imr.cli.output"
local quality_flags = require "imr.cli.input.quality"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local system = require "imr.os"
local unpack = require "imr.base.unpack"
local interrupt = require "imr.cli.interrupt"
local with_place = require("imr.cli.output.columns").with_place

local cutoff = { summary = "For each meter the reading at a moment, to bill with." }

local INCOMPLETE = 5

local COLUMNS = {
  { name = "meter_no", type = "str" }, { name = "resolved", type = "enum" }, { name = "reading", type = "dec" },
  { name = "read_time", type = "time" }, { name = "age_hours", type = "dec" }, { name = "source", type = "str" },
  { name = "flags", type = "str" }, { name = "why", type = "str" }, { name = "device_id", type = "str" },
  { name = "kind", type = "str" }, { name = "energy_sharp", type = "dec" }, { name = "energy_peak", type = "dec" },
  { name = "energy_flat", type = "dec" }, { name = "energy_valley", type = "dec" },
}
local ALL = with_place(COLUMNS)
local IN_TABLE = 8 -- of them; a terminal is not wider

function cutoff.configure(parser)
  parser:argument("cutoff", "Moment on the platform's clock, such as 2025-07-31T24:00.")
  database.configure(parser)
  selection.configure(parser, "place")
  number.flag(parser, "--max-age DAYS", "Days before it that a reading may be old (default: 3).", number.of "days")
  local sources = {}
  for _, entry in ipairs(listings) do
    if entry.moment then sources[#sources + 1] = entry.name end
  end
  takes_names(parser:option("--source", language.text("Only readings of this listing: %s (repeatable).",
    table.concat(sources, ", ")))
    :argname "NAME":count "*", sources)
  parser:flag("--unresolved", "Only the meters that have none.")
  quality_flags.configure(parser)
  output.configure(parser)
  settings.configure_clock(parser)
end

local function moment(text, offset)
  local seconds, problem = core.parse_time(text, offset)
  if not seconds then exit.usage("the cutoff: %s", language.again(problem)) end
  if #text == 10 then exit.usage("the cutoff: say the time as well, such as %sT24:00", text) end
  if seconds > os.time() then exit.usage("the cutoff lies ahead: nobody knows its readings yet") end
  return seconds
end

local function columns_of(arguments)
  if output.format(arguments) ~= "table" then return COLUMNS end
  return { unpack(COLUMNS, 1, IN_TABLE) }
end

local function options_of(arguments, offset)
  local options = quality_flags.options(arguments)
  options.cutoff, options.utc_offset = moment(arguments.cutoff, offset), offset
  options.meters, options.where = selection.numbers(arguments), selection.where(arguments)
  options.max_age = arguments.max_age and arguments.max_age * DAY
  options.sources = #arguments.source > 0 and arguments.source or nil
  options.on_row = function() interrupt.check() end
  return options
end

local function write(arguments, bill, offset)
  local rows = {}
  for _, row in ipairs(bill.rows) do
    row.age_hours = row.age and ("%.1f"):format(row.age / 3600)
    if not (arguments.unresolved and row.resolved) then rows[#rows + 1] = row end
  end
  local out = output.open(arguments, { columns = columns_of(arguments), all = ALL, utc_offset = offset })
  out:write(rows)
  out:finish(true)
end

---@return integer exit status
function cutoff.run(arguments)
  system.catch_signals()
  local offset = settings.read(arguments).utc_offset
  local bill = database.run(arguments, require("imr.workflow.cutoff").at, options_of(arguments, offset))
  write(arguments, bill, offset)
  messages.say("%d of %d meters have a reading at %s", bill.resolved, #bill.rows, arguments.cutoff)
  return bill.unresolved > 0 and INCOMPLETE or 0
end

return cutoff
