--- `imr bill --statements`: a sheet a tenant, beside what the command writes anyway.

local interrupt = require "imr.cli.interrupt"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local target = require "imr.cli.output.target"

local statements = {}

function statements.configure(parser)
  parser:group("Statements",
    parser:option("--statements", "Also write a sheet a tenant to this page, to print: FILE.html."):argname "FILE",
    parser:option("--paper", "Of the sheets: A5 or A4."):choices { "A5", "A4" }:default "A5",
    parser:option("--title", "Title of each sheet."):argname "TEXT")
end

---Opens the file before anything is made, so that a bill is not on record when its sheets cannot be written.
---@param arguments table
---@return imr.cli.Target|nil
function statements.open(arguments)
  local path = arguments.statements
  if not path then return nil end
  target.expect_page("--statements", path)
  return target.file(path)
end

---@param arguments table
---@param db imr.Database
---@param what integer|imr.StatementDraft
---@param options table of the command: meters, where
---@param file imr.cli.Target
function statements.write(arguments, db, what, options, file)
  local count, err = require("imr.workflow.statement").html(db, what, { language = language.chosen,
    paper = arguments.paper, title = arguments.title, meters = options.meters, where = options.where,
    write = function(text)
      interrupt.check()
      file.write(text)
    end })
  if not count then error(err, 0) end
  file.commit(true)
  messages.say("%s: %d sheets", arguments.statements, count)
end

return statements
