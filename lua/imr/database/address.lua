--- Where a database is, from the text that names it.

local address = {}

local decoded = require("imr.base.percent").decode
local scheme_of = require "imr.base.scheme"

-- A word of a libpq connection string.
local function word(name, value)
  return ("%s='%s'"):format(name, (value:gsub("[\\']", "\\%0")))
end

local function parameters_of(query)
  local found = {}
  for name, value in query:gmatch("([%w_]+)=([^&]*)") do found[name] = decoded(value) end
  return found
end

local function given(text)
  return text and text ~= "" and decoded(text) or nil
end

-- "host:port", "[::1]:port", or nothing.
local function place_of(text)
  local host, port = text:match("^%[(.-)%]:?(%d*)$")
  if not host then host, port = text:match("^([^:]*):?(%d*)$") end
  return host, port
end

-- What the server shall know of us. Notices ("already exists, skipping") would go to stderr. Where our host is gone or
-- has stopped in mid-transaction, the session ends, and with it its locks.
local OPTIONS = "-c client_min_messages=warning -c statement_timeout=%ds -c lock_timeout=30s "
  .. "-c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=30 -c tcp_keepalives_interval=10 "
  .. "-c tcp_keepalives_count=3"

-- The same for our side. A server that takes the connection and then says nothing is imr.database.limited's.
local DEFAULTS = { connect_timeout = "10", keepalives_idle = "30", keepalives_interval = "10", keepalives_count = "3",
  fallback_application_name = "imr" }

local STATEMENT_TIMEOUT = 60 -- seconds

local function conninfo(name, parameters, statement_timeout)
  local words = { word("dbname", name) }
  parameters.options = OPTIONS:format(statement_timeout) .. (parameters.options and " " .. parameters.options or "")
  for parameter, value in pairs(DEFAULTS) do parameters[parameter] = parameters[parameter] or value end
  for parameter, value in pairs(parameters) do words[#words + 1] = word(parameter, value) end
  table.sort(words)
  return table.concat(words, " ")
end

-- What libpq takes from the environment fills in what the address does not say, as with psql. It changes neither which
-- server the address names nor how texts are read.
local function fixed(host, port, more)
  more.hostaddr, more.client_encoding = more.hostaddr or "", "UTF8"
  return host ~= "" and (port or 5432) or port
end

-- What is left of "user:password@host" when the password has a / or a ? as it is: digits before them pass for a port.
local function has_stray_at(name, query)
  return (name .. query):find("@", 1, true) ~= nil
end

local function postgres(rest)
  local before, query = rest:match("^([^?]*)%??(.*)$")
  local authority, name = before:match("^([^/]*)/?(.*)$")
  local account, place = authority:match("^(.*)@([^@]*)$")
  local user, password = (account or ""):match("^([^:]*):?(.*)$")
  local host, port = place_of(place or authority)
  if not host or has_stray_at(name, query) then return nil end
  local more = parameters_of(query)
  local statement_timeout = tonumber((more.statement_timeout or tostring(STATEMENT_TIMEOUT)):match("^%d%d?%d?%d?%d?$"))
  if not statement_timeout or statement_timeout == 0 then
    return nil, "statement_timeout is a whole number of seconds, from 1 to 99999"
  end
  host, port = more.host or host, tonumber(more.port or port)
  more.host, more.port, more.statement_timeout = nil, nil, nil
  port = fixed(host, port, more)
  return {
    dialect = "postgres", user = given(user), password = given(password), host = given(host), port = port,
    conninfo = conninfo(given(name) or given(user) or "postgres", more, statement_timeout),
    statement_timeout = statement_timeout,
    shown = ("postgres://%s%s/%s"):format(user ~= "" and user .. "@" or "", place or authority, name),
  }
end

---@class imr.database.Address
---@field dialect "sqlite"|"postgres"
---@field shown string for people, without the password
---@field path? string of SQLite
---@field conninfo? string of PostgreSQL, without account and place
---@field statement_timeout? integer seconds
---@field user? string
---@field password? string
---@field host? string also a directory of a Unix socket
---@field port? integer

-- Why SQLite would open something else than the file of this name, or nil. Whoever checks a file and makes it private
-- has to open the same one.
local function path_problem(path)
  if path == "" then return "an empty name is no file to SQLite" end
  if path:find("\0", 1, true) then return "a file's name has no zero byte in it" end
  if path:find("^:") then return "a name that begins with a colon is no file to SQLite (:memory:); ./:name is one" end
  local scheme = scheme_of(path)
  if scheme == "file" then return "a name that begins with file: is a URI to SQLite; ./file:name is none" end
  if scheme then return "an address is no file's name; ./NAME is one, whatever stands in it" end
end

---A file of SQLite.
---@param path string
---@return imr.database.Address|nil
---@return string|nil problem with its name
function address.file(path)
  local problem = path_problem(path)
  if problem then return nil, problem end
  return { dialect = "sqlite", path = path, shown = path }
end

---@param where string "imr.db", "sqlite:PATH", "postgres://user:password@host:port/name?sslmode=require"
---@return imr.database.Address|nil nil where it makes no sense; it may hold a password, so it is not for messages
---@return string|nil problem with a file's name or a parameter
function address.parse(where)
  local rest = where:match "^postgres://(.*)$" or where:match "^postgresql://(.*)$"
  -- Behind a zero byte libpq would see nothing more, not even that TLS is wanted.
  if rest then
    if decoded(rest):find("\0", 1, true) then return nil end
    return postgres(rest)
  end
  local path = where:match "^sqlite:(.*)$" or where
  local scheme = scheme_of(path)
  if scheme and scheme ~= "file" then return nil end
  return address.file(path)
end

return address
