--- The store that a text names: `file`, a directory, `memory`, or a Redis.
---
---   redis://[[USER]:PASSWORD@]HOST[:PORT][/DB]      rediss:// with TLS       redis+unix://[…@]/PATH/OF/SOCKET
---
--- Behind ? stand the other options of imr.store.redis; the rest of a path that is no number is the keys' prefix. A
--- text with a scheme is an address and never the name of a directory, which would hold its password.

local decoded = require("imr.base.percent").decode
local exit = require "imr.cli.exit"
local language = require "imr.language"
local scheme_of = require "imr.base.scheme"
local sorted_names = require "imr.base.names"

local store = {}

local WANTED = "file, memory, a directory with a slash in it, redis://, rediss:// or redis+unix://"

---The text of a store as people may see it: without an account and without parameters.
---@param text string
---@return string
function store.shown(text)
  if not scheme_of(text) then return text end
  return (text:gsub("[?#][^@]*$", ""):gsub("^(.-:/*).*@", "%1…@"))
end

---Does the text hold a password, or what may be one?
---@param text string
---@return boolean
function store.has_password(text)
  return scheme_of(text) ~= nil and text:find("@", 1, true) ~= nil
end

-- What cannot be read may hold a password anywhere.
local function refuse(text, problem, ...)
  local scheme = scheme_of(text) or ""
  exit.usage("the store%s: %s", scheme ~= "" and " " .. scheme .. ":…" or "", language.text(problem):format(...))
end

-- ---------------------------------------------------------------- Redis

local function whole(most)
  return function(value)
    local found = value:find "^%d+$" and tonumber(value)
    if found and found <= most then return found end
    return nil, language.text("a whole number up to %d", most)
  end
end

local function seconds(value)
  local found = value:find "^[%d.]+$" and tonumber(value)
  if found and found > 0 then return found end
  return nil, language.text "a number of seconds"
end

local function name(value)
  if value ~= "" then return value end
  return nil, language.text "a text"
end

local function fallback(value)
  if value == "memory" then return value end
  return nil, "memory"
end

local MOST_DB = 2 ^ 31 - 1

local PARAMETERS = { db = whole(MOST_DB), prefix = name, timeout = seconds, fallback = fallback, ca_file = name }

-- What other programs call TLS. Taken for a parameter that nobody knows, it would be left out.
local function advice_on(parameter)
  local name_of = parameter:lower()
  if name_of:find "ssl" or name_of:find "tls" then return language.text "; rediss:// is with TLS" end
  if name_of:find "^pass" then return language.text "; a password stands before the @" end
  return ""
end

local function read_parameters(text, query, options)
  for pair in query:gmatch "[^&]+" do
    local parameter, value = pair:match "^([%w_-]+)=(.*)$"
    parameter = parameter or "…"
    local check = PARAMETERS[parameter]
    if not check then
      refuse(text, "there is no parameter '%s', only %s%s", parameter, table.concat(sorted_names(PARAMETERS), ", "),
        advice_on(parameter))
    end
    if options[parameter] ~= nil then refuse(text, "%s is said twice", parameter) end
    local found, wanted = check(decoded(value))
    if found == nil then refuse(text, "%s must be %s", parameter, wanted) end
    options[parameter] = found
  end
  if options.ca_file and not options.tls then refuse(text, "ca_file is for rediss://, which is with TLS") end
end

-- "user:password", ":password". Redis knows no account without one.
local function read_account(text, account, options)
  if not account then return end
  local user, password = account:match "^([^:]*):(.+)$"
  if not password then refuse(text, "before the @ stands :PASSWORD or USER:PASSWORD, as in redis://:PASSWORD@HOST") end
  options.user, options.password = user ~= "" and decoded(user) or nil, decoded(password)
end

-- "host:port", "[::1]:port", each without the port too.
local function read_place(text, place, options)
  local host, port = place:match "^%[([%x:.]+)%]:?(%d*)$"
  if not host then host, port = place:match "^([%w._-]+):?(%d*)$" end
  port = port ~= "" and port or nil
  if not host or place:find ":$" or port and not (tonumber(port) >= 1 and tonumber(port) <= 65535) then
    refuse(text, "it is not like redis://HOST:PORT, redis://:PASSWORD@HOST:PORT/0 or redis://[::1]:6379")
  end
  options.host, options.port = host, tonumber(port)
end

-- "/0" is a database; another name is what the keys begin with.
local function read_path(text, path, options)
  if path == "" then return end
  if not path:find "^%d+$" then
    options.prefix = decoded(path)
    return
  end
  local db, wanted = PARAMETERS.db(path)
  if not db then refuse(text, "the database behind the / is %s", wanted) end
  options.db = db
end

-- Whatever stands in the password, the last @ ends it.
local function redis_options(text, rest, tls)
  local account, place = rest:match "^(.*)@([^@]*)$"
  local authority, query = (place or rest):match "^([^?]*)%??(.*)$"
  local options = { tls = tls or nil }
  local host, path = authority:match "^([^/]*)/?(.*)$"
  read_account(text, account, options)
  read_place(text, host, options)
  read_path(text, path, options)
  read_parameters(text, query, options)
  return options
end

local function unix_options(text, rest)
  local account, place = rest:match "^(.*)@([^@]*)$"
  local path, query = (place or rest):match "^([^?]*)%??(.*)$"
  local options = { path = decoded(path) }
  if not path:find "^/[^/]" then refuse(text, "it is not like redis+unix:///run/redis/redis.sock") end
  read_account(text, account, options)
  read_parameters(text, query, options)
  return options
end

local function rest_of(text)
  local rest = text:match "^%a[%w+.-]*://(.+)$"
  if not rest or rest:find "[%c%s#]" or decoded(rest):find("\0", 1, true) then
    refuse(text, "behind the scheme stands //HOST, without blanks or #; in a password they are written %%20 %%23")
  end
  return rest
end

-- ---------------------------------------------------------------- all of them

local function directory(text)
  local path = text:match "^[Ff][Ii][Ll][Ee]:(.*)$" or text
  path = path:match "^//(/.*)$" or path
  if path:find "^//" or not path:find("/", 1, true) then refuse(text, "it is no directory: file:/DIRECTORY is one") end
  return { path = path }
end

local by_scheme = {
  redis = function(text) return "redis", redis_options(text, rest_of(text)) end,
  rediss = function(text) return "redis", redis_options(text, rest_of(text), true) end,
  ["redis+unix"] = function(text) return "redis", unix_options(text, rest_of(text)) end,
  file = function(text) return "file", directory(text) end,
}

-- The kind of a store and its options. Raises.
local function parse(text)
  if not text or text == "file" then return "file" end
  if text == "memory" then return "memory" end
  local scheme = scheme_of(text)
  if not scheme and text:find("/", 1, true) then return "file", directory(text) end
  if by_scheme[scheme] then return by_scheme[scheme](text) end
  if scheme then refuse(text, "there is no such store; there are %s", language.text(WANTED)) end
  exit.usage("the store '%s' is none of %s", text, language.text(WANTED))
end

---Raises where there is no such store.
---@param text? string
---@return imr.Store
function store.open(text)
  local kind, options = parse(text)
  return exit.wrong_use(require("imr").store[kind], options)
end

return store
