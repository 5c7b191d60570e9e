-- Transports: how a request's bytes travel. `imr.new` takes one as its option `transport`.
--
-- A transport is called with an `imr.Request` and returns status, body, headers (lower-case names, optional) and the
-- seconds until the request left (optional), or nil and an error: a text, or an `imr.TransportError`. It waits through
-- the runtime, follows no redirect and repeats nothing. A request with `command` must never be sent twice, nor on a
-- reused connection.

local host = require "imr.base.host"

local transport = {}

-- lua-resty-http where it can be loaded, unless a file is named that only libcurl can be told to trust.
local function default_choice(ca_file)
  if not host.nginx() or ca_file then return "curl" end
  return require("imr.transport.resty").is_there() and "resty" or "curl"
end

---The transport for the option `choice` of imr.new.
---@param choice nil|"curl"|"resty"|imr.Transport
---@param fixed? table a runtime to wait in; else the one of the moment
---@param ca_file? string
---@return imr.Transport
function transport.choose(choice, fixed, ca_file)
  choice = choice or default_choice(ca_file)
  if choice == "curl" then return require("imr.transport.curl").new(fixed) end
  if choice == "resty" then return require("imr.transport.resty").new(fixed) end
  return choice
end

return transport
