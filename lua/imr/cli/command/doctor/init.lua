--- `imr doctor`: a line for everything that has to be right, and what to do where it is not.

local checks = require "imr.cli.command.doctor.checks"
local connect = require "imr.cli.input.connect"
local exit = require "imr.cli.exit"
local language = require "imr.language"
local pad = require("imr.cli.output.width").pad
local settings = require "imr.cli.input.settings"
local terminal = require "imr.cli.output.terminal"
local write = require "imr.cli.output.write"

local doctor = { summary = "Check everything from the configuration to one page of each endpoint." }

local COLOURS, RESET = { ok = "\27[32m", warning = "\27[33m", failed = "\27[31m" }, "\27[0m"
local WORDS = { ok = "ok", warning = "look", failed = "FAIL" }
local WORD_WIDTH, NAME_WIDTH = 5, 16

function doctor.configure(parser)
  connect.configure(parser)
end

-- One line, and below it what to do.
local function report(name, result)
  local colour = terminal.colour_output() and COLOURS[result.state] or ""
  local word = colour .. pad(language.text(WORDS[result.state]), WORD_WIDTH) .. (colour ~= "" and RESET or "")
  local margin = pad("", WORD_WIDTH + NAME_WIDTH)
  local advice = result.advice and margin .. "-> " .. language.text(result.advice) .. "\n" or ""
  write(word .. pad(language.text(name), NAME_WIDTH) .. terminal.safe(language.text(result.text)) .. "\n" .. advice)
end

local function run_check(check, state)
  local ok, result = pcall(check.run, state)
  if ok then return result end
  if type(result) == "table" and result.kind == "interrupted" then error(result, 0) end
  local status = exit.status_of(result)
  local text = type(result) == "table" and not getmetatable(result) and result.message or tostring(result)
  return { state = "failed", text = text, advice = check.advice, status = status }
end

---@return integer exit status
function doctor.run(arguments)
  local state = { arguments = arguments, settings = function() return settings.read(arguments) end }
  local status = 0
  for _, check in ipairs(checks) do
    local results = run_check(check, state)
    if results and results.state then results = { { check.name, results } } end
    for _, entry in ipairs(results or {}) do
      report(entry[1], entry[2])
      if entry[2].state == "failed" and status == 0 then status = entry[2].status or 1 end
    end
    if state.stop then break end
  end
  return status
end

return doctor
