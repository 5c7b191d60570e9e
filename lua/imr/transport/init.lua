-- Transports: how a request's bytes travel. `imr.new` takes one as its option `transport`.
--
-- A transport is called with an `imr.Request` and returns status, body, headers (lower-case names, optional) and the
-- seconds until the request left (optional), or nil and an error: a text, or an `imr.TransportError`. It waits through
-- the runtime, follows no redirect and repeats nothing. A request with `command` must never be sent twice, nor on a
-- reused connection.

local host = require "imr.base.host"

local transport = {}

-- lua-resty-http where it can be loaded, unless something is asked for that only libcurl can be told.
local function default_choice(settings)
  local wants_curl = settings.ca_file or settings.cert_file or settings.tls_min
  if not host.nginx() or wants_curl then return "curl" end
  return require("imr.transport.resty").is_there() and "resty" or "curl"
end

---The transport that options of imr.new ask for. It waits in their `runtime`, else in that of the moment.
---@param settings imr.Options
---@return imr.Transport
function transport.choose(settings)
  local choice = settings.transport or default_choice(settings)
  if choice == "curl" then return require("imr.transport.curl").new(settings.runtime) end
  if choice == "resty" then return require("imr.transport.resty").new(settings.runtime) end
  return choice
end

return transport
