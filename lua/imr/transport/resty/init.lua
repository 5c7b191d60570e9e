-- Requests over lua-resty-http, for nginx: nginx's own sockets, its own event loop.
--
-- What it trusts is not ours to say: lua_ssl_trusted_certificate, lua_ssl_verify_depth and lua_ssl_protocols are
-- directives, and a host name needs nginx's `resolver`. So the options of that are refused here. Nothing is asked for
-- packed, so max_body is what comes.

local address = require "imr.transport.resty.address"
local answer = require "imr.transport.resty.answer"
local copy = require "imr.base.copy"
local failure = require "imr.transport.resty.failure"
local guard = require "imr.transport.resty.guard"
local runtimes = require "imr.runtime"

local ngx = require("imr.base.host").nginx()

local transport = {}

local TIMEOUT, CONNECT_TIMEOUT, MAX_BODY = 30, 10, 64 * 2 ^ 20
local KEPT_SECONDS, KEPT_MOST = 60, 16      -- kept connections of a worker to one place, unless a request says more

local commands = 0

-- Ours alone, so that nobody else's connection, with another idea of trust or an answer left in it, is taken for one.
-- A command's name is its own: no connection is ever found under it.
local function pool_of(exchange)
  local url, proxy = exchange.url, exchange.proxy
  commands = commands + (exchange.request.command and 1 or 0)
  local via = proxy and proxy.place .. ":" .. ngx.md5(proxy.authorization or "") or ""
  return ("imr:%s:%s:%s:%s%s"):format(url.scheme, url.place, exchange.request.server_name or "", via,
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
  local socket = http.sock
  local guarded, read = guard(socket)
  http.sock = guarded
  local connected, problem = http:connect {
    scheme = url.scheme, host = url.host, port = url.port,
    pool = pool_of(exchange), proxy_opts = proxy_options(exchange.proxy),
    ssl_verify = true, ssl_server_name = exchange.request.server_name or url.host,
  }
  http.sock, exchange.before = socket, read()
  return connected, problem
end

local function headers_of(exchange)
  local request, url = exchange.request, exchange.url
  local port = url.port ~= address.PORTS[url.scheme] and ":" .. url.port or ""
  return copy({ ["User-Agent"] = request.user_agent, Connection = request.command and "close" or nil,
    Host = request.server_name and request.server_name .. port }, request.headers)
end

-- nginx looks after the connections it keeps, and closes those in which something comes, but only when it has a turn.
local function let_nginx_look() ngx.sleep(0) end

local function ask(http, exchange)
  local request = exchange.request
  return http:send_request { method = request.method or "POST", path = exchange.url.path, body = request.body or "",
    headers = headers_of(exchange) }
end

local function read_answer(exchange)
  local refused_by_proxy
  local function on_head(status)
    exchange.answered = true
    refused_by_proxy = exchange.proxy and status == 407
    return refused_by_proxy and "refused" or nil
  end
  local result, problem, refused = answer.read(exchange.http.sock, { max_body = exchange.max_body,
    pause = let_nginx_look, on_head = on_head, secure = exchange.url.scheme == "https", before = exchange.before })
  if result then return result end
  if refused_by_proxy then return nil, failure.refused_by_proxy(exchange, 407) end
  return nil, refused and failure.refused(exchange, refused) or failure.describe(exchange, problem)
end

-- What was checked before a command set out holds for a moment only. This is asked when the connection stands.
local function changed_meanwhile(exchange)
  local request = exchange.request
  if exchange.elapsed() > (request.leave_within or math.huge) then return failure.describe(exchange, "timeout") end
  if request.interrupted and request.interrupted() then return failure.taken_back() end
end

local function run(http, exchange)
  let_nginx_look()
  local connected, problem = connect(http, exchange)
  exchange.connected:set()
  if not connected then return nil, failure.describe(exchange, problem) end
  problem = changed_meanwhile(exchange)
  if problem then return nil, problem end
  exchange.sent = exchange.elapsed()
  local asked
  asked, problem = ask(http, exchange)
  if not asked then return nil, failure.describe(exchange, problem) end
  local result
  result, problem = read_answer(exchange)
  if not result then return nil, problem end
  exchange.kept = result.kept and not exchange.request.command
  return result.status, result.body, result.headers, exchange.sent
end

local function finish(http, exchange, status, ...)
  exchange.result = { status, ... }
  local request = exchange.request
  local kept = exchange.kept and http.sock:setkeepalive((request.keepalive_timeout or KEPT_SECONDS) * 1000,
    request.keepalive_pool or KEPT_MOST)
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

local DIRECTIVES = { ca_file = "lua_ssl_trusted_certificate", cert_file = "lua_ssl_certificate",
  key_file = "lua_ssl_certificate_key", tls_min = "lua_ssl_protocols" }

-- nginx looks for the name only among the names of a certificate, not among its addresses.
local function is_address(host)
  return host:find("^%[") or host:find("^%d+%.%d+%.%d+%.%d+$")
end

local function check(request, exchange)
  local url = exchange.url
  if not url then return "the url must look like http://host/path or https://host/path" end
  for name, directive in pairs(DIRECTIVES) do
    if request[name] then
      return ('over lua-resty-http the directive %s takes the place of %s; or take transport = "curl"'):format(
        directive, name)
    end
  end
  if url.scheme == "https" and not request.server_name and is_address(url.host) then
    return ("nginx cannot verify that a certificate is for the address %s: set server_name to a name that the "
      .. 'certificate has, or take transport = "curl"'):format(url.host)
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
