-- A PostgreSQL cluster on a free port of 127.0.0.1: nothing is kept, and it ends by its id. Making one takes longer
-- than most specs need it for: those of one `make test` share theirs; see postgres_keeper.lua.
local core = require "imr.core"
local port = require "support.port"
local process = require "support.process"
local shell = require "support.shell"
local socket = require "socket"

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

-- The cluster that this run's keeper has, as soon as it is there.
local function kept()
  local place, waited_until = os.getenv "IMR_TEST_POSTGRES", socket.gettime() + 120
  while place and socket.gettime() < waited_until do
    local file = io.open(place)
    if file then
      local directory, number = file:read("*l", "*n")
      file:close()
      return number and { directory = directory, port = number, shared = true, made = {} }
    end
    socket.sleep(0.05)
  end
end

--- Starts one, or takes a share in this run's.
---@param options? { own: boolean?, seconds: number? } own: for who looks at all that the cluster does; seconds: it ends
---by itself after so many
---@return table server with url(name), sql(text), stop()
function postgres.start(options)
  options = options or {}
  local shared = not options.own and kept()
  if shared then return setmetatable(shared, postgres) end
  local self = setmetatable({ directory = shell.scratch(), port = port.free(), user = as_user(),
    programs = programs(), made = {} }, postgres)
  initialise(self)
  -- A spec that dies cannot stop its children: they end by themselves. Of what the server says after its start nobody
  -- reads anything, and a pipe that is full would stop it.
  self.child = process.start(("bash -c 'cd %s; exec %stimeout -s INT %d %s/postgres -D data -p %d -k %s "
    .. "-c listen_addresses=127.0.0.1 -c fsync=off > >(sed -un \"1,/ready to accept/p\") 2>&1'"):format(
    self.directory, self.user, options.seconds or 1800, self.programs, self.port, self.directory),
    "ready to accept connections")
  return self
end

local function command(self, name, arguments)
  return ("PGPASSWORD=%s psql -qAtX -h 127.0.0.1 -p %d -U imr %s %s"):format(shell.quote(PASSWORD), self.port, name,
    arguments)
end

--- Runs SQL as the owner and returns what it gives, without decoration.
function postgres:sql(text, name)
  return shell.must(command(self, name or "postgres", "-c " .. shell.quote(text)))
end

--- The address of a database of this cluster; a new and empty one unless it is named.
---@param name? string
---@return string
---@return string name
function postgres:url(name)
  if not name then
    name = ("test_%d_%d"):format(core.process_id(), #self.made + 1)
    table.insert(self.made, name)
    self:sql("CREATE DATABASE " .. name)
  end
  local escaped = PASSWORD:gsub("%W", function(letter) return ("%%%02X"):format(letter:byte()) end)
  return ("postgres://imr:%s@127.0.0.1:%d/%s"):format(escaped, self.port, name), name
end

postgres.password = PASSWORD

-- What a spec has made of a cluster that others use. Twice is fine.
local function drop(self)
  local commands = {}
  for index, name in ipairs(self.made) do commands[index] = ("-c 'DROP DATABASE %s WITH (FORCE)'"):format(name) end
  self.made = {}
  if #commands > 0 then shell.must(command(self, "postgres", table.concat(commands, " "))) end
end

--- Ends it without waiting for its clients, and removes all of it; twice is fine.
function postgres:stop()
  if self.shared then return drop(self) end
  if not self.child then return end
  os.execute(("kill -INT %d 2>/dev/null"):format(self.child.pid))
  self.child:stop()
  self.child = nil
  shell.must("rm -rf " .. shell.quote(self.directory))
end

return postgres
