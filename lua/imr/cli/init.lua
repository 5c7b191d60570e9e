--- The command line. A command has `summary`, `configure(parser)` and `run(arguments)`. Those that list rows come from
--- imr.schema (imr.cli.command.listing); each other one is a module below imr.cli.command, and its name in this list.
--- A command that talks to the platform configures its flags with imr.cli.input.settings, gets its client from
--- imr.cli.input.connect, writes rows with imr.cli.output and raises what goes wrong (imr.cli.exit).

local language = require "imr.cli.input.language"
local needs = require "imr.base.needs"
local said = require "imr.language"
local translated = require "imr.cli.translated"

local cli = {}

-- In the order in which --help shows them; the listings come behind the first.
local COMMANDS = {
  "login", "plan", "sync", "export", "check", "usage", "bill", "cutoff", "report", "supply", "doctor", "simulate",
  "completion", "help", "version",
}

local EPILOG = "Try it without a meter: `imr simulate` runs a simulated platform. Exit codes: `imr help exit-codes`. "
  .. "Configuration: `imr help config`."

local known = {}
for _, name in ipairs(COMMANDS) do known[name] = true end

local function names()
  local list = { COMMANDS[1] }
  for _, name in ipairs(require("imr.cli.command.listing").names()) do list[#list + 1] = name end
  for index = 2, #COMMANDS do list[#list + 1] = COMMANDS[index] end
  return list
end

local function command_named(name)
  if known[name] then return require("imr.cli.command." .. name) end
  return require("imr.cli.command.listing").command(name)
end

-- The parser's own --help would print and end the program, whatever becomes of what it prints. Ours ends the parsing.
local asked_for_help

local function add_help(parser)
  parser:add_help { action = function()
    asked_for_help = parser
    error("help", 0)
  end }
end

local function new_parser()
  local argparse = needs("the command line", "argparse", "argparse", "lua-argparse", "0.7")
  local parser = argparse("imr", "Intelligent meter reading: a client of the metering platform.")
  parser:command_target("command")
  parser:require_command(false)
  parser:help_max_width(100)
  parser:epilog(EPILOG)
  add_help(parser)
  language.configure(parser)
  return parser
end

-- What is a command's own comes first in its help, then the groups that many commands have, and last what all have.
local function put_own_first(parser)
  local grouped, own = {}, { name = "Options" }
  for _, group in ipairs(parser._groups) do
    for _, element in ipairs(group) do grouped[element] = true end
  end
  parser:add_help(false)
  for _, option in ipairs(parser._options) do
    if not grouped[option] then own[#own + 1] = option end
  end
  if #own > 0 and #parser._groups > 0 then table.insert(parser._groups, 1, own) end
  add_help(parser)
  for _, command in ipairs(parser._commands) do put_own_first(command) end
end

local function add(parser, name)
  local command = command_named(name)
  local own = parser:command(name, command.summary)
  command.configure(own)
  put_own_first(own)
  own:flag("--json-errors", "Print an error as one JSON object on stderr.")
  language.configure(own)
end

-- A blank before a line keeps the parser from filling it up.
local function add_examples(own, list)
  local parts = { own._epilog, said.text("Examples:") .. "\n  " .. table.concat(list, "\n  ") }
  own:epilog(table.concat(parts, "\n\n", own._epilog and 1 or 2, 2))
end

local function finished(parser)
  translated(parser)
  local examples = require "imr.cli.examples"
  for _, command in ipairs(parser._commands) do
    if examples[command._name] then add_examples(command, examples[command._name]) end
  end
  return parser
end

---The parser with all commands, for help and completion.
function cli.parser()
  local parser = new_parser()
  for _, name in ipairs(names()) do add(parser, name) end
  return finished(parser)
end

-- Building flags takes longer than most commands need to start, so only the one that is asked for gets them.
local function parser_for(arguments)
  local first = arguments[1]
  if not first or not command_named(first) then return cli.parser() end
  local parser = new_parser()
  add(parser, first)
  return finished(parser)
end

-- "--from -7d" and "--limit -1" look like two flags to the parser; "--from=-7d" does not. No flag of ours has a digit.
local function join_values(arguments)
  local joined, index = {}, 1
  while arguments[index] do
    local word, after = arguments[index], arguments[index + 1]
    if word:find "^%-%-%l[%l-]*$" and after and after:find "^%-%d" then
      word, index = word .. "=" .. after, index + 1
    end
    joined[#joined + 1], index = word, index + 1
  end
  return joined
end

local function wants_json(arguments)
  for _, word in ipairs(arguments) do
    if word == "--json-errors" then return true end
  end
  return false
end

local function command_of(parser, name)
  for _, command in ipairs(parser._commands) do
    if command._name == name then return command end
  end
end

---The command that words name, such as "supply disconnect".
---@param parser table
---@param words string[]
---@return table parser of the command, or what was given
---@return integer count of the words that name it
function cli.named(parser, words)
  for index, word in ipairs(words) do
    local command = command_of(parser, word)
    if not command then return parser, index - 1 end
    parser = command
  end
  return parser, #words
end

local function refuse(parser, arguments, problem)
  if problem:find("unknown option '--password'", 1, true) then
    require("imr.cli.exit").password_in_arguments(said.text "IMR_PASSWORD_FILE, or let `imr login` ask")
  end
  local _, count = cli.named(parser, arguments)
  local name = table.concat(arguments, " ", 1, count) .. (count > 0 and " " or "")
  error({ kind = "usage", message = said.again(problem),
    advice = said.text("`imr %s--help` shows what there is", name) }, 0)
end

local function show_help(parser)
  require("imr.os").catch_signals() -- a reader who has had enough is no failure
  require "imr.cli.output.write"(parser:get_help() .. "\n")
end

---@return table|nil parsed nil where help was asked for, and shown
local function parse(arguments)
  local parser = parser_for(arguments)
  local fine, ok, parsed = pcall(parser.pparse, parser, join_values(arguments))
  if asked_for_help then return show_help(asked_for_help) end
  if not fine then error(ok, 0) end
  if not ok then refuse(parser, arguments, parsed) end
  if not parsed.command then
    error({ kind = "usage", message = said.text("say which command:") .. "\n\n" .. parser:get_help() }, 0)
  end
  return parsed
end

local function run(arguments)
  -- As one tries first with any program.
  if arguments[1] == "--version" or arguments[1] == "-V" then arguments[1] = "version" end
  local parsed = parse(arguments)
  return parsed and command_named(parsed.command).run(parsed) or 0
end

-- Errors that are tables are meant; a text is a mistake of ours and needs its traceback.
local function explain(problem)
  if type(problem) == "table" or tostring(problem):find("interrupted!", 1, true) then return problem end
  return debug.traceback(tostring(problem), 2)
end

---@param arguments string[]
---@return integer exit status
function cli.main(arguments)
  require("imr.core").keep_standard_descriptors()
  local json = wants_json(arguments)
  local ok, status = xpcall(function() -- 5.1 passes no arguments on
    said.speak(language.of(arguments), json)
    return run(arguments)
  end, explain)
  if ok then return status end
  return require("imr.cli.exit").report(status, json)
end

return cli
