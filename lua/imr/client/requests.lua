-- Requests as transports get them: what the call says, and what every request of the client takes along.

local copy = require "imr.base.copy"
local errors = require "imr.errors"
local header = require "imr.base.header"
local version = require "imr.version"

---@class imr.Requests
local Requests = {}
Requests.__index = Requests

-- Of a connection, as a transport names them.
local OF_CONNECTION = { "max_body", "ca_file", "cert_file", "key_file", "tls_min", "server_name", "proxy",
  "keepalive_timeout", "keepalive_pool" }

---@param settings imr.Options
---@param lifetime imr.Lifetime
---@param redact fun(text: string): string
---@return imr.Requests
function Requests.new(settings, lifetime, redact)
  local connection = { user_agent = settings.user_agent or "imr/" .. version }
  for _, name in ipairs(OF_CONNECTION) do connection[name] = settings[name] end
  return setmetatable({ settings = settings, lifetime = lifetime, redact = redact, connection = connection }, Requests)
end

-- The caller's own headers; a function of his is asked for each request.
local function headers_of(self, endpoint)
  local given = self.settings.headers
  if type(given) ~= "function" then return given or {} end
  local fine, headers = self.lifetime:call_out(given, { endpoint = endpoint.name })
  local problem
  if not fine then
    problem = "it raised: " .. tostring(headers)
  elseif headers ~= nil then
    problem = header.problem(headers)
  end
  if not problem then return headers or {} end
  return nil, errors.new { kind = "request", endpoint = endpoint.name, retryable = false, executed = "no",
    message = self.redact("the function in option 'headers': " .. problem) }
end

---@param endpoint table an entry of the schema
---@param body string
---@param content_type string
---@param left number seconds until the call's deadline
---@return imr.Request|nil
---@return imr.Error|nil err
function Requests:of(endpoint, body, content_type, left)
  local timeout, own = math.min(self.settings.timeout, left), { ["Content-Type"] = content_type,
    Accept = "application/json" }
  local headers, err = headers_of(self, endpoint)
  if not headers then return nil, err end
  return copy(self.connection, {
    url = self.settings.base_url .. endpoint.path, method = "POST", body = body, headers = copy(headers, own),
    timeout = timeout, connect_timeout = math.min(self.settings.connect_timeout, timeout),
    command = endpoint.command or nil,
  })
end

return Requests
