--- The supply ledger of a command: --ledger.

local address = require "imr.database.address"
local environment = require "imr.cli.input.environment"
local exit = require "imr.cli.exit"
local system = require "imr.os"

local ledger = {}

---Adds the flag.
---@param parser table
---@param help string
function ledger.configure(parser, help)
  parser:option("--ledger", help):argname "FILE"
end

---Where somebody says that it is.
---@param arguments table of the command line
---@return string|nil path nil: the default place
function ledger.named(arguments)
  local path = arguments.ledger or environment "IMR_LEDGER"
  local wrong = path and select(2, address.file(path))
  if wrong then exit.usage("the supply ledger: %s", wrong) end
  return path
end

---The same, for what only reads: opening a mistyped one would make it, and say that nothing was ever done. Raises.
---@param arguments table of the command line
---@return string|nil path
function ledger.existing(arguments)
  local path = ledger.named(arguments)
  if not path then return nil end
  if not system.file_identity(path) then -- opening a pipe would wait
    exit.usage("there is no supply ledger %s", path)
  end
  return path
end

return ledger
