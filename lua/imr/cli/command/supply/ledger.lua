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
  parser:option("--ledger", help):argname "WHERE"
end

local function is_postgres(where) return where:lower():find "^%s*postgres%a*:" ~= nil end

---Where somebody says that it is: a file, or postgres://user@host/name.
---@param arguments table of the command line
---@return string|nil where nil: the default place
function ledger.named(arguments)
  local given = arguments.ledger
  if given and require("imr.cli.input.database").has_password(given) then exit.password_in_arguments "IMR_LEDGER" end
  local where = given or environment "IMR_LEDGER"
  if not where or is_postgres(where) then return where end
  local wrong = select(2, address.file(where))
  if wrong then exit.usage("the supply ledger: %s", wrong) end
  return where
end

---The same, for what only reads: opening a mistyped one would make it, and say that nothing was ever done. Raises.
---@param arguments table of the command line
---@return string|nil where
function ledger.existing(arguments)
  local where = ledger.named(arguments)
  if not where or is_postgres(where) then return where end
  if not system.file_identity(where) then -- opening a pipe would wait
    exit.usage("there is no supply ledger %s", where)
  end
  return where
end

return ledger
