-- A connection to Redis: redis-lua in plain Lua, lua-resty-redis in nginx. One face: command(name, ...) -> reply |
-- nil, message, broken.
--
-- A connection that was kept may have died meanwhile (Redis was restarted): then `broken` is true, and the next command
-- goes over another.
--
-- In plain Lua the connection belongs to one process: a fork's child, which has it too, makes one of its own, else the
-- two would read each other's answers.

local core = require "imr.core"
local Redactor = require "imr.client.redactor"
local ngx = require("imr.base.host").nginx
local lower = require "imr.base.ascii"
local limit = require "imr.store.redis.limits"

local client = {}

local function load(module, rock)
  local found, result = pcall(require, module)
  if found then return result end
  return nil, ("the redis store needs %s: luarocks install %s"):format(module, rock)
end

-- A server that says this is not the one to talk to (any more), though its name may lead to another by now.
local ELSEWHERE = { "READONLY", "LOADING", "MASTERDOWN", "CLUSTERDOWN" }

-- Older servers wrap what a script's command met with into a message of their own.
local function is_elsewhere(message)
  for _, word in ipairs(ELSEWHERE) do
    if message:find("^" .. word) or message:find("-" .. word, 1, true) then return true end
  end
  return false
end

-- ---------------------------------------------------------------- plain Lua

-- Does a name of the certificate, perhaps "*.example.com", cover the host?
local function covers(name, host)
  name, host = lower(name), lower(host)
  if name == host then return true end
  return name:sub(1, 2) == "*." and host:match("^[^.]+(%..+)$") == name:sub(2)
end

-- LuaSec checks the chain, not the name.
local function check_name(connection, host)
  local certificate = connection:getpeercertificate()
  local extension = certificate and certificate:extensions()["2.5.29.17"]
  for _, kind in ipairs { "dNSName", "iPAddress" } do
    for _, name in ipairs(extension and extension[kind] or {}) do
      if covers(name, host) then return true end
    end
  end
  error("the certificate of " .. host .. " is for another name", 0)
end

-- Where the server is, for messages and names of pools.
local function place_of(options)
  return options.path or ("%s:%d"):format(options.host, options.port)
end

local function unix_socket()
  local unix = assert(load("socket.unix", "luasocket"))
  return (type(unix) == "table" and unix.stream or unix)()
end

local function open_socket(options)
  core.keep_standard_descriptors()
  local socket = assert(options.path and unix_socket() or require("socket").tcp())
  socket:settimeout(options.timeout)
  socket:settimeout(options.timeout, "t") -- else each byte of a reply would have that long
  local ok, message = socket:connect(options.path or options.host, options.port)
  if not ok then error(("could not connect to %s: %s"):format(place_of(options), message), 0) end
  if not options.path then socket:setoption("tcp-nodelay", true) end
  return socket
end

-- What AUTH takes: a password, before Redis 6 nothing else.
local function authenticate(connection, options)
  if options.user then return connection:auth(options.user, options.password) end
  return connection:auth(options.password)
end

local function wrap_tls(socket, options)
  local ssl = assert(load("ssl", "luasec"))
  local connection = assert(ssl.wrap(socket, {
    mode = "client", protocol = "any", verify = "peer", options = { "all", "no_sslv2", "no_sslv3" },
    cafile = options.ca_file, capath = not options.ca_file and "/etc/ssl/certs" or nil,
  }))
  connection:settimeout(options.timeout)
  connection:settimeout(options.timeout, "t")
  connection:sni(options.host)
  local ok, message = connection:dohandshake()
  if not ok then error(("no TLS with %s: %s"):format(place_of(options), message), 0) end
  check_name(connection, options.host)
  return connection
end

local function connect_plain(options)
  local redis = assert(load("redis", "redis-lua"))
  local socket = open_socket(options)
  if options.tls then socket = wrap_tls(socket, options) end
  local connection = redis.connect { socket = socket }
  limit(connection, options.timeout)
  if options.password then authenticate(connection, options) end
  if options.db then connection:select(options.db) end
  return connection
end

-- Closes what a fork's child has of its parent's connection, without a byte on it: LuaSec says goodbye when it closes,
-- so the descriptor goes first.
local function forget(socket)
  if socket.dohandshake then
    local raw = require("socket").tcp()
    raw:setfd(socket:getfd())
    raw:close()
  end
  socket:close()
end

local Plain = {}
Plain.__index = Plain

local function without_position(message)
  return (tostring(message):gsub("^[^:]*%.lua:%d+: ", ""))
end

-- The library raises for everything; most of what Redis itself said leaves the connection usable.
---@return any reply
---@return string|nil message
---@return boolean|nil broken
function Plain:attempt(name, ...)
  if not self.connection then
    local fine, result = pcall(connect_plain, self.options)
    if not fine then return nil, without_position(result), true end
    self.connection, self.process = result, core.process_id()
  end
  local fine, reply = pcall(self.connection[name], self.connection, ...)
  if fine then return reply end
  local said = tostring(reply):match("redis error: (.*)$")
  local broken = not said or is_elsewhere(said)
  if broken then self:drop() end
  return nil, said or without_position(reply), broken
end

function Plain:drop()
  pcall(function() self.connection.network.socket:close() end)
  self.connection = nil
end

function Plain:check_process()
  if not self.connection or self.process == core.process_id() then return end
  pcall(forget, self.connection.network.socket)
  self.connection = nil
end

function Plain:command(name, ...)
  self:check_process()
  local kept = self.connection ~= nil
  local reply, message, broken = self:attempt(name, ...)
  return reply, message, broken and kept
end

-- ---------------------------------------------------------------- nginx

local Nginx = {}
Nginx.__index = Nginx

local IDLE, POOL = 10000, 16 -- a kept connection's life in milliseconds, and how many a worker keeps

-- Pools are the worker's: connections to another server or with other settings must not be in the same one.
local function pool_of(options)
  return ("imr:%s:%d:%s:%s"):format(place_of(options), options.db or 0, options.tls and "tls" or "",
    core.fingerprint((options.user or "") .. "\0" .. (options.password or "")))
end

local function introduce(connection, options)
  if options.password then
    local ok, message = authenticate(connection, options)
    if not ok then return nil, message end
  end
  if options.db then return connection:select(options.db) end
  return true
end

-- nginx has its own spelling of a socket's path and of an address with colons.
local function connect_to(connection, options, settings)
  if options.path then return connection:connect("unix:" .. options.path, settings) end
  local host = options.host:find(":", 1, true) and "[" .. options.host .. "]" or options.host
  return connection:connect(host, options.port, settings)
end

---@return table|nil connection
---@return string|boolean kept_or_message was it used before, or what is wrong
local function connect_nginx(options)
  local redis = assert(load("resty.redis", "lua-resty-redis"))
  local connection = assert(redis:new())
  local milliseconds = options.timeout * 1000
  connection:set_timeouts(milliseconds, milliseconds, milliseconds)
  local ok, message = connect_to(connection, options, {
    ssl = options.tls, ssl_verify = options.tls, server_name = options.tls and options.host or nil,
    pool = pool_of(options),
  })
  if not ok then return nil, ("could not connect to %s: %s"):format(place_of(options), message) end
  if connection:get_reused_times() > 0 then return connection, true end
  ok, message = introduce(connection, options)
  if ok then return connection, false end
  connection:close()
  return nil, message
end

local function reply_of(connection, name, ...)
  local reply, message = connection[name](connection, ...)
  if reply == nil or (reply == false and is_elsewhere(message)) then
    connection:close()
    return nil, message or "no answer", true
  end
  connection:set_keepalive(IDLE, POOL)
  if reply == false then return nil, message end
  if reply == ngx().null then return nil end
  return reply
end

-- No connection is kept between two commands but in the worker's pool.
function Nginx.drop() end

-- Sockets belong to a request, so each command takes one from the worker's pool and gives it back. The pool may hold
-- several dead ones.
function Nginx:command(name, ...)
  local fine, connection, kept = pcall(connect_nginx, self.options)
  if not fine then return nil, tostring(connection) end
  if not connection then return nil, kept end
  local reply, message, broken = reply_of(connection, name, ...)
  return reply, message, broken and kept
end

-- ---------------------------------------------------------------- both

---@param options imr.RedisOptions with the defaults filled in
---@return fun(name: string, ...): any, string|nil, boolean|nil command -> reply | nil, message, broken
---@return fun() drop gives the connection up, for whoever was answered what was not asked for
function client.new(options)
  local in_nginx = ngx()
  if in_nginx then load("resty.redis", "lua-resty-redis") end -- perhaps in the master: see imr.new
  local connection = setmetatable({ options = options }, in_nginx and Nginx or Plain)
  local redactor = Redactor.new { options.password }
  return function(name, ...)
    local reply, message, broken = connection:command(name, ...)
    -- Some servers repeat a command that they do not know, and a password is part of one.
    return reply, message and core.clean(redactor:redact(message)), broken
  end, function() connection:drop() end
end

return client
