-- Requests over lua-resty-http, for nginx: nginx's own sockets, its own event loop.
--
-- What it trusts is not ours to say: lua_ssl_trusted_certificate and lua_ssl_verify_depth are directives, and a host
-- name needs nginx's `resolver`. So `ca_file` is refused here. Nothing is asked for packed, so max_body is what comes.

local address = require "imr.transport.resty.address"
local failure = require "imr.transport.resty.failure"
local runtimes = require "imr.runtime"

local ngx = rawget(_G, "ngx")

local transport = {}

local TIMEOUT, CONNECT_TIMEOUT, MAX_BODY = 30, 10, 64 * 2 ^ 20
local PIECE = 64 * 1024                     -- bytes read at once
local KEPT_SECONDS, KEPT_MOST = 60, 16      -- kept connections of a worker to one place
local INTERIM_MOST = 8                      -- answers like "100 Continue" before the answer

local commands = 0

-- Ours alone, so that nobody else's connection, with another idea of trust or an answer left in it, is taken for one.
-- A command's name is its own: no connection is ever found under it.
local function pool_of(exchange)
  local url, proxy = exchange.url, exchange.proxy
  commands = commands + (exchange.request.command and 1 or 0)
  local via = proxy and proxy.place .. ":" .. ngx.md5(proxy.authorization or "") or ""
  return ("imr:%s:%s:%s%s"):format(url.scheme, url.place, via,
    exchange.request.command and (":command:%d"):format(commands) or "")
end

local function proxy_options(proxy)
  if not proxy then return nil end
  return { http_proxy = proxy.url, http_proxy_authorization = proxy.authorization,
    https_proxy = proxy.url, https_proxy_authorization = proxy.authorization }
end

-- Without a server name nginx would take a trusted certificate of any host.
local function connect(http, exchange)
  local url = exchange.url
  return http:connect {
    scheme = url.scheme, host = url.host, port = url.port,
    pool = pool_of(exchange), proxy_opts = proxy_options(exchange.proxy),
    ssl_verify = true, ssl_server_name = url.host:match("^%[(.*)%]$") or url.host,
  }
end

local function headers_of(request)
  local headers = { ["User-Agent"] = request.user_agent, Connection = request.command and "close" or nil }
  for name, value in pairs(request.headers or {}) do headers[name] = value end
  return headers
end

local function lower_case(headers)
  local result = {}
  for name, value in pairs(headers) do
    result[name:lower()] = type(value) == "table" and value[#value] or value
  end
  return result
end

local function ask(http, exchange)
  local request, url = exchange.request, exchange.url
  local parameters = { method = request.method or "POST", path = url.path, body = request.body or "",
    headers = headers_of(request) }
  local response, problem = http:request(parameters)
  for _ = 1, INTERIM_MOST do
    if not response or response.status >= 200 then break end
    response, problem = http:read_response(parameters)
  end
  return response, problem
end

-- An answer without a length ends when the other side closes; lua-resty-http tells another end of it only by silence.
local function ended_well(response, problem)
  local headers = response.headers
  local framed = headers["Content-Length"] or headers["Transfer-Encoding"]
  return problem == (not framed and "closed" or nil)
end

local function read_body(response, max_body)
  local pieces, size = {}, 0
  while true do
    local piece, problem = response.body_reader(math.min(PIECE, max_body - size + 1))
    size = size + #(piece or "")
    if size > max_body then return nil, nil, "is larger than max_body" end
    pieces[#pieces + 1] = piece
    if not piece or problem then
      if not ended_well(response, problem) then return nil, problem or "broken" end
      return table.concat(pieces)
    end
  end
end

local function unusable(headers, max_body)
  if (tonumber(headers["content-length"]) or 0) > max_body then return "is larger than max_body" end
  local encoding = headers["content-encoding"]
  if encoding and encoding:lower() ~= "identity" then return "is packed, which nobody asked for" end
end

-- What was checked before a command set out holds for a moment only. This is asked when the connection stands.
local function changed_meanwhile(exchange)
  local request = exchange.request
  if exchange.elapsed() > (request.leave_within or math.huge) then return failure.describe(exchange, "timeout") end
  if request.interrupted and request.interrupted() then return failure.taken_back() end
end

local function run(http, exchange)
  local connected, problem = connect(http, exchange)
  exchange.connected:set()
  if not connected then return nil, failure.describe(exchange, problem) end
  problem = changed_meanwhile(exchange)
  if problem then return nil, problem end
  exchange.sent = exchange.elapsed()
  local response
  response, problem = ask(http, exchange)
  if not response then return nil, failure.describe(exchange, problem) end
  exchange.answered = true
  if exchange.proxy and response.status == 407 then return nil, failure.refused_by_proxy(exchange, 407) end
  local headers, body = lower_case(response.headers), nil
  local refused = unusable(headers, exchange.max_body)
  if not refused and response.has_body then body, problem, refused = read_body(response, exchange.max_body) end
  if refused then return nil, failure.refused(exchange, refused) end
  if problem then return nil, failure.describe(exchange, problem) end
  return response.status, body or "", headers, exchange.sent
end

local function finish(http, exchange, status, ...)
  exchange.result = { status, ... }
  local kept = status and not exchange.request.command and http:set_keepalive(KEPT_SECONDS * 1000, KEPT_MOST)
  if not kept then http:close() end
end

-- In a light thread of its own: a step of nginx's starts its time anew with every byte that comes, and nobody but a
-- thread's parent can end it.
local function work(exchange)
  local http = exchange.http
  local milliseconds = math.ceil(exchange.timeout * 1000) + 1000 -- ours come first
  http:set_timeouts(milliseconds, milliseconds, milliseconds)
  local fine, problem = pcall(function() finish(http, exchange, run(http, exchange)) end)
  if not fine then exchange.result = { nil, failure.describe(exchange, tostring(problem)) } end
  exchange.connected:set()
  exchange.ended:set()
end

local function wait(exchange)
  if not exchange.connected:wait(math.min(exchange.connect_timeout, exchange.timeout)) then return end
  exchange.ended:wait(math.max(0, exchange.timeout - exchange.elapsed()))
end

local function give_up(exchange, thread)
  ngx.thread.kill(thread)
  exchange.http:close()
end

local function start(exchange, runtime)
  local began = runtime:now()
  exchange.elapsed = function() return runtime:now() - began end
  exchange.connected, exchange.ended = runtime:event(), runtime:event()
  return assert(ngx.thread.spawn(work, exchange))
end

local function check(request, exchange)
  if not exchange.url then return "the url must look like http://host/path or https://host/path" end
  if request.ca_file then
    return 'over lua-resty-http the directive lua_ssl_trusted_certificate takes the place of ca_file; '
      .. 'or take transport = "curl"'
  end
  if request.proxy and request.proxy ~= "" and not exchange.proxy then
    return "over lua-resty-http a proxy must look like http://host:port"
  end
end

local library, load_problem

-- LuaJIT tells why a module cannot be loaded only at the first try.
local function load_library()
  if library or load_problem then return library end
  local loaded, result = pcall(require, "resty.http")
  if loaded then
    library = result
  else
    load_problem = "lua-resty-http cannot be loaded: " .. tostring(result):match("^[^\n]*")
  end
  return library
end

-- The request, taken apart, or what is wrong with it.
local function prepare(request)
  if not load_library() then return nil, load_problem end
  local exchange = {
    request = request, url = address.of_url(request.url), timeout = request.timeout or TIMEOUT,
    connect_timeout = math.min(request.connect_timeout or CONNECT_TIMEOUT, request.leave_within or math.huge),
    max_body = request.max_body or MAX_BODY,
  }
  exchange.proxy = request.proxy and address.of_proxy(request.proxy)
  local problem = check(request, exchange)
  if problem then return nil, problem end
  exchange.http, problem = library.new()
  if not exchange.http then return nil, problem end
  return exchange
end

local function send(runtime, request)
  local exchange, problem = prepare(request)
  if not exchange then return nil, failure.unsent(problem) end
  local thread = start(exchange, runtime)
  local fine, why = pcall(wait, exchange)
  if not exchange.result then give_up(exchange, thread) end
  if not fine then error(why, 0) end
  local result = exchange.result or { nil, failure.describe(exchange, "timeout") }
  if not result[1] then result[2].sent_after = exchange.sent end
  return result[1], result[2], result[3], result[4]
end

---A transport that waits in `runtime`, or in the one that is current when a request is made.
---@param runtime? table
---@return imr.Transport
function transport.new(runtime)
  if not ngx then error("the resty transport works only inside nginx; take \"curl\"", 0) end
  return function(request) return send(runtime or runtimes.current(), request) end
end

---Whether lua-resty-http can be loaded.
---@return boolean
function transport.is_there()
  return ngx ~= nil and load_library() ~= nil
end

return transport
