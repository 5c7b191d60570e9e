--- `imr report`: the database as one page, to read, print or send.

local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local DAY = require("imr.base.calendar").DAY
local exit = require "imr.cli.exit"
local ledger = require "imr.cli.command.supply.ledger"
local messages = require "imr.cli.output.messages"
local number = require "imr.cli.input.number"
local quality_flags = require "imr.cli.input.quality"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local system = require "imr.os"
local target = require "imr.cli.output.target"
local interrupt = require "imr.cli.interrupt"

local report = { summary = "Write the database as one HTML page: consumption, coverage, flags." }

function report.configure(parser)
  parser:option("--out --output",
    "Write the page to this file, which is replaced only as a whole (default: standard output)."):argname "FILE"
  database.configure(parser)
  dates.configure(parser)
  selection.configure(parser, "place")
  ledger.configure(parser, "Also the commands of this supply ledger (environment: IMR_LEDGER).")
  parser:option("--title", "Title of the page."):argname "TEXT"
  number.flag(parser, "--top N", "So many consumers of each kind (default: 15).", number.whole(1))
  quality_flags.configure(parser)
  settings.configure_clock(parser)
end

-- The thirty days up to yesterday, unless somebody says otherwise.
local function period(arguments, offset)
  if arguments.from or arguments.to then return dates.period(arguments, offset) end
  return dates.period({ from = "-30d", to = "yesterday" }, offset)
end

local function options_of(arguments)
  local options = quality_flags.options(arguments)
  options.utc_offset = settings.read(arguments).utc_offset
  options.from, options.to = period(arguments, options.utc_offset)
  if options.to - options.from > 400 * DAY then exit.usage("a report is of 400 days at the most") end
  options.meters, options.where = selection.numbers(arguments), selection.where(arguments)
  options.title, options.top, options.ledger = arguments.title, arguments.top, ledger.existing(arguments)
  options.language = require("imr.language").chosen
  local seen = 0
  options.on_meter = function()
    interrupt.check()
    seen = seen + 1
    messages.progress("%d meters", seen)
  end
  return options
end

---@return integer exit status
function report.run(arguments)
  system.catch_signals()
  if arguments.out then target.expect_page("--out", arguments.out) end
  local page = database.run(arguments, require("imr.workflow.report").html, options_of(arguments))
  messages.clear()
  local out = arguments.out and target.file(arguments.out) or target.stdout()
  out.write(page)
  out.commit(true)
  return 0
end

return report
