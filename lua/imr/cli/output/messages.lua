--- Everything but data: notes and progress, on stderr. The progress line is for a terminal and gone before anything
--- else is written.

local language = require "imr.language"
local terminal = require "imr.cli.output.terminal"

local messages = {}

local CLEAR = "\r\27[K"
local line = nil -- what the progress line shows

---Takes the progress line away.
function messages.clear()
  if not line then return end
  io.stderr:write(CLEAR)
  line = nil
end

---Shows a line that the next one replaces; only on a terminal.
---@param message string a format
function messages.progress(message, ...)
  if not terminal.is_error() then return end
  local text = terminal.safe(language.text(message, ...))
  local shown = require("imr.cli.output.width").cut(text, terminal.error_columns() - 1)
  if shown == line then return end
  io.stderr:write(CLEAR, shown)
  line = shown
end

---Says something that stays, in one line: what the platform sends may be in it.
---@param message string a format
function messages.say(message, ...)
  messages.clear()
  io.stderr:write("imr: ", terminal.safe(language.text(message, ...)), "\n")
end

return messages
