-- Why a request over lua-resty-http failed, in words for the reader of a log, and whether the platform may have seen
-- it.

local failure = {}

local CURL = 'or take transport = "curl"'

-- What nginx says until the connection stands: nothing of the request has left then. The first that fits counts.
local connecting = {
  { "tunnel through a proxy: (%d+)", "the proxy %s refused (HTTP %s)", proxy = true },
  { "no resolver defined", "could not find the address of %s: nginx has no resolver; add `resolver ADDRESS;` to its "
    .. "configuration, " .. CURL },
  { "could not be resolved", "could not find the address of %s" },
  { "host not found", "could not find the address of %s" },
  { "certificate", "no trust in the TLS certificate of %s: %s; trusted is what lua_ssl_trusted_certificate names, to "
    .. "the depth of lua_ssl_verify_depth", explained = true },
  { "handshake", "no TLS connection to %s: %s", explained = true },
  { "SSL", "no TLS connection to %s: %s", explained = true },
}

-- Afterwards.
local answering = {
  { "couldn't parse", "the answer is not valid HTTP from %s", kind = "protocol" },
  { "chunksize", "the answer is not valid HTTP from %s", kind = "protocol" },
  { "closed", "the connection was closed before the end of the answer from %s" },
}

-- nginx's text may hold an address, never a part of the request; a line of the answer is cut off.
local function explanation(problem)
  return (problem:gsub("^failed to connect to: [^ ]*: ", ""):gsub(": HTTP.*", ""))
end

local function build(entry, place, detail, executed)
  return { kind = entry.kind or "network", message = entry[2]:format(place, detail), executed = executed }
end

local function find(list, problem)
  for _, entry in ipairs(list) do
    local first, _, detail = problem:find(entry[1])
    if first then return entry, detail end
  end
end

local function timed_out(exchange)
  local what = "the whole answer did not come from"
  if not exchange.answered then what = "no answer from" end
  if not exchange.sent then what = "no connection to" end
  return { kind = "timeout", executed = exchange.sent and "maybe" or "no",
    message = ("%s %s within %.4g s"):format(what, exchange.url.place, exchange.elapsed()) }
end

local function not_connected(exchange, problem)
  local entry, detail = find(connecting, problem)
  local peer = exchange.proxy and exchange.proxy.place or exchange.url.place
  if not entry then entry, detail = { nil, "could not connect to %s: %s" }, explanation(problem) end
  if entry.explained then detail = explanation(problem) end
  return build(entry, (entry.proxy or not entry[1]) and peer or exchange.url.place, detail, "no")
end

---@param exchange table url, proxy, sent, answered, elapsed()
---@param problem string nginx's or lua-resty-http's
---@return imr.TransportError
function failure.describe(exchange, problem)
  if problem == "timeout" then return timed_out(exchange) end
  if not exchange.sent then return not_connected(exchange, problem) end
  local entry = find(answering, problem) or { nil, "the connection broke before the end of the answer from %s" }
  return build(entry, exchange.url.place, nil, "maybe")
end

---An answer that is there, and cannot be used.
---@return imr.TransportError
function failure.refused(exchange, why)
  return { kind = "protocol", executed = "maybe", message = ("the answer from %s %s"):format(exchange.url.place, why) }
end

---The proxy's own answer to a request that it should have passed on.
---@return imr.TransportError
function failure.refused_by_proxy(exchange, status)
  return { kind = "network", executed = "maybe",
    message = ("the proxy %s refused (HTTP %d): give its user name and password in the proxy's URL"):format(
      exchange.proxy.place, status) }
end

---A request that somebody wanted back before it left.
---@return imr.TransportError
function failure.taken_back()
  return { kind = "vetoed", message = "it was taken back before it left", executed = "no" }
end

---A request that cannot even be tried.
---@return imr.TransportError
function failure.unsent(message)
  return { kind = "network", message = message, executed = "no" }
end

return failure
