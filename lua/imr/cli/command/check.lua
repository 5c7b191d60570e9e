--- `imr check`: what is wrong with the data in the database, as flags. Nothing is edited.

local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local output = require "imr.cli.output"
local quality_flags = require "imr.cli.input.quality"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local interrupt = require "imr.cli.interrupt"
local with_place = require("imr.cli.output.columns").with_place

local check = { summary = "Look for what is wrong with the data in the database." }

local COLUMNS = {
  { name = "rule", type = "str" }, { name = "meter_no", type = "str" }, { name = "time", type = "time" },
  { name = "source", type = "str" }, { name = "field", type = "str" }, { name = "value", type = "dec" },
  { name = "since", type = "time" }, { name = "reference", type = "dec" }, { name = "detail", type = "str" },
}

local RULE_COLUMNS = {
  { name = "rule", type = "str" }, { name = "tuning", type = "str" }, { name = "value", type = "str" },
  { name = "help", type = "str" },
}

function check.configure(parser)
  database.configure(parser)
  dates.configure(parser)
  selection.configure(parser, "place")
  quality_flags.configure(parser)
  parser:flag("--list", "List the rules with what can be tuned, and check nothing.")
  parser:flag("--fail", "End with 1 when there is a flag.")
  output.configure(parser)
  settings.configure_clock(parser)
end

local function rule_rows()
  local rows = {}
  for _, rule in ipairs(require("imr.workflow.quality").rules) do
    rows[#rows + 1] = { rule = rule.name, help = rule.help }
    for _, entry in ipairs(rule.tuning) do
      rows[#rows + 1] = { rule = rule.name, tuning = entry.name, value = tostring(entry.default), help = entry.help }
    end
  end
  return rows
end

local function list_rules(arguments)
  local out = output.open(arguments, { columns = RULE_COLUMNS })
  out:write(rule_rows())
  out:finish(true)
  return 0
end

local function say_summary(summary)
  local parts = {}
  for _, rule in ipairs(require("imr.workflow.quality").rules) do
    local count = summary.by_rule[rule.name]
    if count then parts[#parts + 1] = ("%s %d"):format(language.word("rule", rule.name), count) end
  end
  messages.say("%d meters, %d flags%s", summary.meters, summary.flags,
    #parts > 0 and language.text(": %s", language.list(parts)) or "")
end

local function options_of(arguments, offset)
  local options = quality_flags.options(arguments)
  options.meters, options.where = selection.numbers(arguments), selection.where(arguments)
  if arguments.from or arguments.to then options.from, options.to = dates.period(arguments, offset) end
  return options
end

---@return integer exit status
function check.run(arguments)
  if arguments.list then return list_rules(arguments) end
  require("imr.os").catch_signals()
  local offset = settings.read(arguments).utc_offset
  local options = options_of(arguments, offset)
  local out = output.open(arguments, { columns = COLUMNS, all = with_place(COLUMNS), utc_offset = offset })
  options.on_flags = function(flags)
    interrupt.check(not arguments.output)
    out:write(flags)
  end
  local summary = out:during(database.run, arguments, require("imr.workflow.quality").check, options)
  out:finish(true)
  say_summary(summary)
  return arguments.fail and summary.flags > 0 and 1 or 0
end

return check
