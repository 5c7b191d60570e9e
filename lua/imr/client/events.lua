-- Events: to the client's on_event, or, for what must not go unheard, to the host's log.

local core = require "imr.core"
local host = require "imr.base.host"

---What happens inside a client. One with a `message` is a warning.
---@class imr.Event
---@field type "request"|"retry"|"throttled"|"token"|"incomplete"|"store"|"breaker"
---@field endpoint? string
---@field code? integer|string the platform's return code
---@field message? string
---@field error? imr.Error of a request, a retry, or a breaker that opened
---@field elapsed? number of a request: seconds until its answer
---@field rows? integer of a request
---@field bytes? integer of a request: of its answer
---@field encoding? "json"|"form" of a request
---@field date? string of a request: the answer's Date header
---@field attempt? integer of a retry, from 1
---@field pause? number of a retry: seconds before it
---@field open? boolean of the breaker: the platform went away, or is back
---@field report? imr.Report of an incomplete listing

-- Not through 5.4's warn(): a standalone interpreter has it turned off, and then nobody would hear of missing rows.
local function warn_host(message)
  message = core.clean(message)
  local ngx = host.nginx()
  if ngx and ngx.log then
    ngx.log(ngx.WARN, "imr: ", message)
  else
    io.stderr:write("imr: ", message, "\n")
  end
end

---@param on_event? fun(event: table)
---@param lifetime table
---@return fun(event: table) emit  an event with a `message` is a warning
return function(on_event, lifetime)
  if not on_event then
    return function(event)
      if event.message then warn_host(event.message) end
    end
  end
  return function(event)
    event.message = event.message and core.clean(event.message)
    local fine, problem = lifetime:call_out(on_event, event)
    if not fine then warn_host("on_event raised: " .. tostring(problem)) end
  end
end
