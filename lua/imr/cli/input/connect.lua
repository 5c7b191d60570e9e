--- A client from the settings of the command line.
---
---   connect.configure(parser)
---   local client, chosen = connect.client(arguments [, options])   raises; `options` go to imr.new on top
---
--- The file store is the default: runs side by side, cron jobs included, share one pace and one login. Decimals are
--- strings, the platform's own digits.

local copy = require "imr.base.copy"
local exit = require "imr.cli.exit"
local settings = require "imr.cli.input.settings"
local store = require "imr.cli.input.store"

local connect = {}

---The platform that is meant where nobody names one.
connect.DEFAULT_URL = require("imr.client.options").defaults.base_url

local OPTIONS = {
  "base_url", "username", "password", "encoding", "interval", "timeout", "retries", "max_rows",
  "max_pages", "ca_file", "proxy", "utc_offset",
}

connect.configure = settings.configure

local function require_credentials(chosen)
  if not chosen.username then
    exit.fail("credentials", "which account? `imr login` asks and keeps it; or set IMR_USERNAME and IMR_PASSWORD_FILE")
  end
  if not chosen.password then
    exit.fail("credentials", "there is no password for %s: `imr login` asks and keeps it; or set IMR_PASSWORD_FILE",
      chosen.username)
  end
end

local function options_of(chosen, more)
  local options = { decimals = "string", store = store.open(chosen.store) }
  for _, name in ipairs(OPTIONS) do options[name] = chosen[name] end
  return copy(options, more)
end

---A client of settings that are complete.
---@param chosen table
---@param more? table options of imr.new
---@return imr.Client
function connect.open(chosen, more)
  chosen.base_url = chosen.base_url or connect.DEFAULT_URL
  local client, err = exit.wrong_use(require("imr").new, options_of(chosen, more))
  if not client then error(err, 0) end
  return client
end

---@param arguments table of the command line
---@param more? table options of imr.new
---@return imr.Client
---@return table settings
function connect.client(arguments, more)
  local chosen = settings.read(arguments)
  require_credentials(chosen)
  return connect.open(chosen, more), chosen
end

return connect
