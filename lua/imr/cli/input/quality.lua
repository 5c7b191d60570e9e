--- Which quality rules apply, and how they are tuned: flags, over the table `quality` of the configuration file.
---
---   quality = { without = { "zeros" }, spike = { factor = 10 } }

local exit = require "imr.cli.exit"
local rules = require "imr.workflow.quality.settings"

local quality_flags = {}

function quality_flags.configure(parser)
  parser:option("--rules", "Only these rules, joined by commas (`imr check --list` names them)."):argname "A,B"
  parser:option("--without", "Not these rules."):argname "A,B"
  parser:option("--set", "Tune a rule, such as spike.factor=10 (repeatable)."):argname "RULE.NAME=VALUE":count "*"
end

local function names(text)
  local list = {}
  for name in text:gmatch("[^,%s]+") do list[#list + 1] = name end
  return list
end

local function tune(tuning, text)
  local rule, name, value = text:match("^([%w_]+)%.([%w_]+)=(.+)$")
  if not rule then exit.usage("--set '%s' is not like spike.factor=10", text) end
  tuning[rule] = tuning[rule] or {}
  tuning[rule][name] = value
end

-- A copy, so that the flags do not change the configuration's own tables.
local function from_file()
  local options = { tuning = {} }
  for name, value in pairs(require("imr.cli.input.config").load().quality or {}) do
    if type(value) ~= "table" then exit.usage("configuration: quality.%s must be a table", tostring(name)) end
    if name == "rules" or name == "without" then
      options[name] = value
    else
      options.tuning[name] = {}
      for key, tuned in pairs(value) do options.tuning[name][key] = tuned end
    end
  end
  return options
end

---The options of imr.workflow.quality that the command line and the configuration ask for.
---@param arguments table of the command line
---@return imr.QualityOptions
function quality_flags.options(arguments)
  local options = from_file()
  if arguments.rules then options.rules = names(arguments.rules) end
  if arguments.without then options.without = names(arguments.without) end
  for _, text in ipairs(arguments.set) do tune(options.tuning, text) end
  exit.wrong_use(rules.new, options, 1)
  return options
end

return quality_flags
