-- A PostgreSQL cluster of a spec's own: on a free port of 127.0.0.1, nothing kept, ended by its id.
local port = require "support.port"
local process = require "support.process"
local shell = require "support.shell"

local postgres = {}
postgres.__index = postgres

local PASSWORD = "p w@1%" -- has to be escaped in an address

local function programs()
  local found = shell.lines("dirname $(command -v initdb || ls -d /usr/lib/postgresql/*/bin/initdb | tail -n 1)")
  return found[1]
end

-- The server refuses to be root's; its package brings a user.
local function as_user()
  if shell.lines("id -u")[1] ~= "0" then return "" end
  return "setpriv --reuid postgres --regid postgres --clear-groups "
end

local function initialise(self)
  local secret = self.directory .. "/password"
  local file = assert(io.open(secret, "w"))
  file:write(PASSWORD, "\n")
  file:close()
  if self.user ~= "" then shell.must(("chown -R postgres %s"):format(self.directory)) end
  shell.must(("cd %s; %s%s/initdb -D data -U imr -A scram-sha-256 --pwfile=%s -E UTF8 --locale=C --no-sync"):format(
    self.directory, self.user, self.programs, secret))
end

--- Starts one.
---@return table server with url(name), sql(text), stop()
function postgres.start()
  local self = setmetatable({ directory = shell.scratch(), port = port.free(), user = as_user(),
    programs = programs(), made = 0 }, postgres)
  initialise(self)
  -- A spec that dies cannot stop its children: they end by themselves.
  self.child = process.start(("sh -c 'cd %s; exec %stimeout -s INT 900 %s/postgres -D data -p %d -k %s "
    .. "-c listen_addresses=127.0.0.1 -c fsync=off -c log_min_messages=warning'"):format(self.directory, self.user,
    self.programs, self.port, self.directory), "ready to accept connections")
  return self
end

--- Runs SQL as the owner and returns what it gives, without decoration.
function postgres:sql(text, name)
  return shell.must(("PGPASSWORD=%s psql -qAtX -h 127.0.0.1 -p %d -U imr %s -c %s"):format(shell.quote(PASSWORD),
    self.port, name or "postgres", shell.quote(text)))
end

--- The address of a database of this cluster; a new and empty one unless it is named.
---@param name? string
---@return string
---@return string name
function postgres:url(name)
  if not name then
    self.made = self.made + 1
    name = "test_" .. self.made
    self:sql("CREATE DATABASE " .. name)
  end
  local escaped = PASSWORD:gsub("%W", function(letter) return ("%%%02X"):format(letter:byte()) end)
  return ("postgres://imr:%s@127.0.0.1:%d/%s"):format(escaped, self.port, name), name
end

postgres.password = PASSWORD

--- Ends it without waiting for its clients, and removes all of it; twice is fine.
function postgres:stop()
  if not self.child then return end
  os.execute(("kill -INT %d 2>/dev/null"):format(self.child.pid))
  self.child:stop()
  self.child = nil
  shell.must("rm -rf " .. shell.quote(self.directory))
end

return postgres
