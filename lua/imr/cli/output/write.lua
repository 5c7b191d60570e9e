--- Writes a text, at once and to its last byte: what does not arrive is an error.

local exit = require "imr.cli.exit"
local language = require "imr.language"

local EPIPE = 32

local function check(ok, message, code, name)
  if ok then return end
  require("imr.cli.interrupt").check()
  if code == EPIPE then error({ kind = "closed_pipe", message = "closed pipe" }, 0) end
  exit.fail("output", "%s can't be written: %s", name, tostring(message))
end

---@param text string
---@param file? file* standard output without it
---@param name? string of the file, for messages
return function(text, file, name)
  file, name = file or io.stdout, name or language.text "standard output"
  local ok, message, code = file:write(text)
  check(ok, message, code, name)
  ok, message, code = file:flush()
  check(ok, message, code, name)
end
