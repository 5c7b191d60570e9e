-- An nginx of a spec's own: on a free port, in a directory of its own, ended by its id.
local http = require "socket.http"
local port = require "support.port"
local process = require "support.process"
local shell = require "support.shell"
local socket = require "socket"

local nginx = {}
nginx.__index = nginx

local ROOT = shell.lines("pwd")[1]
local BUILD = os.getenv "IMR_BUILD" or ROOT .. "/build"

-- A distribution's nginx loads Lua as a module; OpenResty has it built in.
local MODULES = "/usr/lib/nginx/modules/"
local has_modules = shell.run("test -e " .. MODULES .. "ngx_http_lua_module.so")
-- Debian leaves /usr/sbin out of users' PATH.
nginx.program = has_modules and shell.lines("command -v nginx || echo /usr/sbin/nginx")[1] or "openresty"
local LOAD = ("load_module %sndk_http_module.so;\nload_module %sngx_http_lua_module.so;"):format(MODULES, MODULES)

-- Workers have the rights of whoever runs the spec, so that they share files with the spec's other processes.
local FRAME = [[
$modules
daemon off;
worker_processes $workers;
$shutdown
pid nginx.pid;
error_log error.log $log_level;
$user
$env
$main
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  lua_package_path "$root/lua/?.lua;$root/lua/?/init.lua;$root/spec/?.lua;$path;;";
  lua_package_cpath "$build/lua5.1/?.so;;";
  $http
  server {
    listen 127.0.0.1:$port $listen;
    $locations
  }
}
]]

local function env_lines(env)
  local lines = {}
  for name, value in pairs(env or {}) do lines[#lines + 1] = ('env "%s=%s";'):format(name, value) end
  return table.concat(lines, "\n")
end

local function user_line(options)
  local user = options.user or shell.lines("id -un")[1]
  return shell.lines("id -u")[1] == "0" and "user " .. user .. ";" or ""
end

local function write_configuration(self, options)
  local parts = {
    modules = has_modules and LOAD or "", user = user_line(options),
    workers = options.workers or 2, log_level = options.log_level or "warn",
    env = env_lines(options.env), main = options.main or "", root = ROOT, build = BUILD, path = options.path or "",
    shutdown = options.shutdown or "worker_shutdown_timeout 30s;",
    http = options.http or "", port = self.port, listen = options.listen or "", locations = options.locations or "",
  }
  local file = assert(io.open(self.directory .. "/nginx.conf", "w"))
  file:write((FRAME:gsub("%$(%a[%a_]*)", function(name) return parts[name] and tostring(parts[name]) end)))
  file:close()
end

--- Starts one and waits until it listens.
---@param options { http: string?, locations: string?, main: string?, workers: integer?, env: table?, path: string?,
---  listen: string?, log_level: string?, user: string?, shutdown: string? } parts of nginx.conf; path: more of
---  lua_package_path
---@return table server with url, port, directory
function nginx.start(options)
  local self = setmetatable({ directory = shell.scratch(), port = port.free() }, nginx)
  self.url = "http://127.0.0.1:" .. self.port
  self.options = options
  write_configuration(self, options)
  shell.must("chmod 711 " .. self.directory)
  -- A spec that dies cannot stop its children: they end by themselves.
  local command = ("timeout 900 %s -p %s -c nginx.conf -e error.log"):format(nginx.program, self.directory)
  self.child = process.start("sh -c " .. shell.quote("echo begun; exec " .. command), "^begun$")
  if not port.wait(self.port) or not self:await_pid() then
    local log = self:error_log()
    self:stop()
    error("nginx does not listen:\n" .. log, 2)
  end
  return self
end

--- What it has logged so far.
---@return string
function nginx:error_log()
  local file = io.open(self.directory .. "/error.log")
  if not file then return "" end
  local text = file:read("*a")
  file:close()
  return text
end

local function read(path)
  local file = io.open(path)
  local text = file and file:read("*a")
  if file then file:close() end
  return text
end

--- A reload leaves the master as it is, but for a moment its file may be empty.
---@return integer|nil pid of the master
function nginx:pid()
  self.master = tonumber(read(self.directory .. "/nginx.pid") or "") or self.master
  return self.master
end

-- It listens a moment before its file is there.
function nginx:await_pid()
  local limit = socket.gettime() + 60
  while not self:pid() and socket.gettime() < limit do socket.sleep(0.01) end
  return self:pid()
end

---@return integer[] the workers' ids
function nginx:workers()
  local pids = {}
  local _, output = shell.run("ps -o pid=,args= --ppid " .. self:pid())
  for line in output:gmatch("[^\n]+") do
    if line:find("worker process", 1, true) then pids[#pids + 1] = tonumber(line:match("%d+")) end
  end
  return pids
end

--- Reads the configuration again, with other options if there are any; old workers finish what they do.
function nginx:reload(options)
  if options then write_configuration(self, options) end
  shell.must("kill -HUP " .. self:pid())
end

---@param path string
---@param body? string makes it a POST
---@return string|nil body
---@return integer|string status
function nginx:get(path, body)
  local text, status = http.request(self.url .. path, body)
  return text, status
end

--- Ends it and removes its directory; twice is fine.
function nginx:stop()
  self.child:stop()
  shell.must("rm -rf " .. self.directory)
end

return nginx
