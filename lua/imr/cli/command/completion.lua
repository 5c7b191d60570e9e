--- `imr completion`: a script for the shell, made of the flags themselves.

local write = require "imr.cli.output.write"

local completion = { summary = "Print a completion script for bash, zsh or fish." }

local HINTS = [[To use it now:
  bash  source <(imr completion bash)
  zsh   source <(imr completion zsh)
  fish  imr completion fish | source]]

local SHELLS = { "bash", "zsh", "fish" }

function completion.configure(parser)
  parser:argument("shell", "bash, zsh or fish."):choices(SHELLS)
  parser:epilog(HINTS)
end

-- ---------------------------------------------------------------- what a value may be

local DATES = { "today", "yesterday", "this-week", "last-week", "this-month", "last-month", "this-year", "-7d", "now" }

local function rules()
  local names = {}
  for index, rule in ipairs(require("imr.workflow.quality").rules) do names[index] = rule.name end
  return names
end

local function fields_of(command)
  local names = {}
  for _, endpoint in ipairs(require("imr.schema").listings) do
    for _, field in ipairs(endpoint.program == command and endpoint.fields or {}) do names[#names + 1] = field.name end
  end
  return names
end

local VALUES = {
  ["--from"] = function() return DATES end, ["--to"] = function() return DATES end,
  ["--certificate"] = function() return DATES end, ["--rules"] = rules, ["--without"] = rules, ["--fields"] = fields_of,
  ["--store"] = function() return { "file", "memory", "redis://" } end,
  ["--encoding"] = function() return { "auto", "json", "form" } end,
}

-- What takes a file's name is completed as one; of what else nothing is known, files are nothing either.
local FILES = { FILE = true, WHERE = true, DIR = true, DIRECTORY = true }

local function takes_file(option)
  local argname = option._argname
  return FILES[type(argname) == "table" and argname[1] or argname] == true
end

local function add_values(parser)
  for _, option in ipairs(parser._options) do
    local values = VALUES[option._name]
    if not option._choices and option._minargs > 0 and not takes_file(option) then
      option._choices = values and values(parser._name) or {}
    end
  end
  for _, command in ipairs(parser._commands) do add_values(command) end
end

-- ---------------------------------------------------------------- bash

-- The words of a command's arguments, which the parser's own script leaves out.
local function words_of(command)
  local words = {}
  for _, argument in ipairs(command._arguments) do
    for _, choice in ipairs(argument._choices or {}) do words[#words + 1] = choice end
  end
  return words
end

local function arguments_of(parser)
  local lines = {}
  for _, command in ipairs(parser._commands) do
    local words = words_of(command)
    if #words > 0 then
      lines[#lines + 1] = ('        %s) COMPREPLY=($(compgen -W "%s" -- "$cur")) ;;\n'):format(command._name,
        table.concat(words, " "))
    end
  end
  return table.concat(lines)
end

-- Under `set -u` too; and a file's name only where one belongs.
local function improved(script, parser)
  local set = 'local args cur prev cmd="" opts="" arg=""\n    COMPREPLY=()\n'
  script = script:gsub("local args cur prev cmd opts arg\n", set)
  script = script:gsub("\n    if %[%[ \"%$cur\" = %-%* %]%]", function(found)
    return '\n    case "$cmd" in\n' .. arguments_of(parser) .. "    esac\n" .. found
  end)
  return (script:gsub("complete %-F _imr %-o bashdefault %-o default imr", "complete -F _imr -o filenames imr"))
end

---@return integer exit status
function completion.run(arguments)
  require("imr.os").catch_signals() -- a reader who has had enough is no failure
  local parser = require("imr.cli").parser()
  add_values(parser)
  for _, command in ipairs(parser._commands) do
    if command._name == "help" then command._is_help_command = true end
  end
  local script = parser["get_" .. arguments.shell .. "_complete"](parser)
  write(arguments.shell == "bash" and improved(script, parser) or script)
  return 0
end

return completion
