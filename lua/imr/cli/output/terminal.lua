--- The terminal behind our three streams.

local core = require "imr.core"
local environment = require "imr.cli.input.environment"
local system = require "imr.os"

local terminal = {}

local STDOUT, STDERR = 1, 2

function terminal.is_output() return system.is_terminal(STDOUT) end

function terminal.is_error() return system.is_terminal(STDERR) end

local function wants_colour()
  return not environment "NO_COLOR" and os.getenv("TERM") ~= "dumb"
end

---Colour is for a terminal whose owner has not said no (https://no-color.org).
---@return boolean
function terminal.colour_output()
  return terminal.is_output() and wants_colour()
end

---Columns of the terminal that our output is; nil where it is none.
---@return integer|nil
function terminal.output_columns()
  return terminal.is_output() and system.terminal_columns(STDOUT) or nil
end

---Columns of the terminal that stderr is.
---@return integer
function terminal.error_columns()
  return system.terminal_columns(STDERR) or 80
end

---Whether whoever read our output has gone.
function terminal.output_closed()
  return system.is_hung_up(STDOUT)
end

---A text for a terminal: a control character could move its cursor or worse.
---@type fun(value: string): string
terminal.safe = core.clean

---Asks for a line.
---@param prompt string
---@return string|nil
---@return string|nil problem
function terminal.ask(prompt)
  return system.ask_line(prompt)
end

---@param prompt string
---@return string|nil
---@return string|nil problem
function terminal.ask_secret(prompt)
  return system.ask_secret(prompt)
end

return terminal
