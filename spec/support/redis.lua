-- A Redis of a spec's own: on a free port of 127.0.0.1, nothing kept, ended by its id.
local copy = require "imr.base.copy"
local port = require "support.port"
local process = require "support.process"
local shell = require "support.shell"
local socket = require "socket"

-- Debian has redis-lua for 5.1 to 5.3 only; the one for 5.3 runs under 5.4 too.
if _VERSION == "Lua 5.4" and not package.path:find("/usr/share/lua/5.3/?.lua", 1, true) then
  package.path = package.path .. ";/usr/share/lua/5.3/?.lua"
end

local redis = {}
redis.__index = redis

local function flags_of(settings)
  local flags = { "--save", "''", "--appendonly no --bind 127.0.0.1" }
  for name, value in pairs(settings) do
    flags[#flags + 1] = ("--%s %s"):format(name:gsub("_", "-"), shell.quote(tostring(value)))
  end
  return table.concat(flags, " ")
end

--- Where nginx finds lua-resty-redis, for lua_package_path. It comes with OpenResty, LuaRocks or OPM, not from Debian;
-- RESTY_PATH names another place.
---@return string|nil path
function redis.resty_path()
  local places = { os.getenv "RESTY_PATH" or "?", "/usr/local/openresty/lualib/?.lua", "/usr/local/share/lua/5.1/?.lua",
    "/usr/share/lua/5.1/?.lua" }
  for _, path in ipairs(places) do
    local file = io.open((path:gsub("%?", "resty/redis")))
    if file then
      file:close()
      return path
    end
  end
end

--- Starts one.
---@param settings? table<string, string|number> of redis.conf, with _ for -
---@return table server with host, port, cli(arguments), stop(), again(), close()
function redis.start(settings)
  local directory = shell.scratch()
  local given = copy({ dir = directory, port = port.free() }, settings)
  local self = setmetatable({ host = "127.0.0.1", settings = given, directory = directory }, redis)
  self.port = given.port ~= 0 and given.port or given.tls_port
  return self:again()
end

--- Starts it again after stop(), on the same port and without anything it held.
function redis:again()
  -- A spec that dies cannot stop its children: they end by themselves.
  local command = "timeout 600 redis-server " .. flags_of(self.settings)
  self:release()
  self.child = process.start(command, "Ready to accept connections")
  return self
end

--- Runs redis-cli and returns what it printed.
---@param arguments string shell words
function redis:cli(arguments)
  local password = self.settings.requirepass and "REDISCLI_AUTH=" .. shell.quote(self.settings.requirepass) .. " " or ""
  local output = shell.must(("%sredis-cli --raw -p %d %s"):format(password, self.port, arguments))
  return (output:gsub("\n$", ""))
end

--- Ends it; twice is fine. Its port refuses connections until it is started again: nobody else may have it meanwhile.
function redis:stop()
  self.child:stop()
  if self.kept then return end
  self.kept = assert(socket.tcp4())
  assert(self.kept:setoption("reuseaddr", true))
  assert(self.kept:bind("127.0.0.1", self.port)) -- also where its old connections linger
  assert(self.kept:setoption("reuseaddr", false)) -- and nobody else beside it
end

function redis:release()
  if self.kept then self.kept:close() end
  self.kept = nil
end

--- Ends it for good.
function redis:close()
  self:stop()
  self:release()
  shell.must("rm -rf " .. self.directory)
end

return redis
