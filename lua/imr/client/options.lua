-- The options of imr.new: defaults and checks. Wrong use is told at the caller's line.

local calendar = require "imr.base.calendar"
local clean_password = require("imr.client.password").clean
local header = require "imr.base.header"
local host = require "imr.base.host"
local unknown_option = require "imr.base.unknown_option"
local sorted_names = require "imr.base.names"
local is_callable = require "imr.base.callable"
local normalized_url = require("imr.base.url").normalized

---`FURTHEST`: seconds from UTC, as of any place on earth.
local options = { FURTHEST = 14 * 3600 }

---What `imr.new` takes; `username` and `password` are required. Times are in seconds.
---@class imr.Options
---@field username string the account (admin_user_name)
---@field password string kept out of every error, event and dump; a byte order mark and one line end are taken off
---@field base_url? string "http://imrapi.jrhsz.com"; may carry a path prefix
---@field encoding? "auto"|"json"|"form" of requests; "auto": JSON, and form when a login as JSON lacks parameters
---@field interval? number between two requests to one endpoint, 2.0; 0 turns pacing off
---@field timeout? number for one request, 30
---@field connect_timeout? number 10
---@field retries? integer repetitions of a failed read, 0 to 100, 4; a command is never repeated
---@field page_size? integer rows a page, 1 to 1000, 1000
---@field prefetch? integer pages asked for ahead, 0 to 16, 2
---@field decimals? "number"|"string" as Lua numbers (default), or with the platform's own digits
---@field max_rows? integer most rows of a listing, 10,000,000: one that goes on is an error
---@field max_pages? integer most pages of a listing, 100,000
---@field utc_offset? integer the platform's clock, seconds east of UTC, 28800
---@field max_body? integer most bytes of an answer, 67108864 (in nginx 2097152)
---@field ca_file? string certificates to trust instead of the system's
---@field cert_file? string our own certificate (PEM), for a platform that asks for one; libcurl
---@field key_file? string its key, where that is a file of its own; libcurl
---@field tls_min? "1.2"|"1.3" the oldest TLS that will do; libcurl, in nginx over lua-resty-http `lua_ssl_protocols`
---@field server_name? string the name that the certificate has to have and the Host header says, where the URL has
--- another one, or an address
---@field headers? table<string, string>|fun(call: { endpoint: string }): table<string, string>? of every request; the
--- function is asked for each, must not wait, and runs in nginx where the call does
---@field keepalive_timeout? number for which an idle connection is kept, 60
---@field keepalive_pool? integer idle connections that a worker keeps over lua-resty-http, 16; libcurl keeps 16
---@field proxy? string URL, or "" for none; none is taken from the environment
---@field user_agent? string "imr/VERSION"
---@field store? imr.Store default: in plain Lua the process's memory, in nginx the shared dict `imr`
---@field transport? "curl"|"resty"|imr.Transport default: in nginx lua-resty-http where it can be loaded, else libcurl
---@field on_event? fun(event: imr.Event) must not wait; without it, warnings go to the host's log
---@field breaker? boolean a platform that is away is asked by one caller at a time, the others get an error of kind
--- "unavailable" at once; default: true in nginx, else false
---@field latency_buckets? number[] upper bounds of the histograms in `client:stats()`, seconds, rising
---@field runtime? table as `imr.testing` makes it, for tests

local function is_string(value) return type(value) == "string" and value ~= "", "a non-empty string" end
local function is_function(value) return type(value) == "function", "a function" end

local function number_from(least, text)
  return function(value) return type(value) == "number" and value >= least and value < math.huge, text end
end

local MONTH = 30 * calendar.DAY -- the longest that every store keeps

-- One that is shorter or longer than clocks and stores can tell would be waited for without an end.
local function is_interval(value)
  return type(value) == "number" and (value == 0 or value >= 0.001 and value <= MONTH),
    "a number of seconds, 0 (turns pacing off) or 0.001 to 2592000"
end

local function integer_between(least, most)
  local text = most == math.huge and ("an integer, %d or more"):format(least)
    or ("an integer from %d to %d"):format(least, most)
  return function(value)
    return type(value) == "number" and value % 1 == 0 and value >= least and value <= most, text
  end
end

local function one_of(words)
  local text = '"' .. table.concat(words, '" or "') .. '"'
  return function(value)
    for _, word in ipairs(words) do
      if value == word then return true end
    end
    return false, text
  end
end

local function is_base_url(value)
  local text = 'a URL like "https://host" or "https://host/prefix", without user, query or fragment'
  if type(value) ~= "string" then return false, text end
  local authority, rest = value:match("^[Hh][Tt][Tt][Pp][Ss]?://([^/?#%s]+)(%S*)$")
  return authority ~= nil and not authority:find("@", 1, true) and not rest:find("[?#%c]"), text
end

local function without_userinfo(value)
  return type(value) == "string" and value:gsub("//.*@", "//…@") or value
end

local function is_store(value)
  return type(value) == "table" and type(value.reserve) == "function", "a store, such as imr.store.memory()"
end

local function are_buckets(value)
  local text, last = "a list of seconds that rise", 0
  if type(value) ~= "table" then return false, text end
  local count = 0
  for _ in pairs(value) do count = count + 1 end
  for index = 1, count do
    local bound = value[index]
    if type(bound) ~= "number" or not (bound > last and bound < math.huge) then return false, text end
    last = bound
  end
  return true
end

local RUNTIME = { "now", "event", "sleep", "run", "start", "join", "kill", "run_pending", "problem" }

local function is_runtime(value)
  local text = "a runtime, as imr.testing makes it"
  if type(value) ~= "table" then return false, text end
  for _, name in ipairs(RUNTIME) do
    if type(value[name]) ~= "function" then return false, text end
  end
  return true
end

local function is_host_name(value)
  local text = "a host name, such as api.example.com"
  return type(value) == "string" and value:find("^[%w_-]+[%w_.-]*$") ~= nil and not value:find("^[%d.]+$"), text
end

local function are_headers(value)
  if type(value) == "function" then return true end
  local problem = header.problem(value)
  return problem == nil, "a function or a table of headers: " .. tostring(problem)
end

local function is_transport(value)
  return value == "curl" or value == "resty" or type(value) == "function"
    or is_callable(value), '"curl", "resty" or a function'
end

local known = {
  base_url = { check = is_base_url, default = "http://imrapi.jrhsz.com", shown = without_userinfo },
  username = { check = is_string, required = true },
  password = { check = is_string, required = true, secret = true },
  encoding = { check = one_of { "auto", "json", "form" }, default = "auto" },
  interval = { check = is_interval, default = 2.0 },
  timeout = { check = number_from(0.001, "a number of seconds above 0"), default = 30 },
  connect_timeout = { check = number_from(0.001, "a number of seconds above 0"), default = 10 },
  retries = { check = integer_between(0, 100), default = 4 },
  page_size = { check = integer_between(1, 1000), default = 1000 },
  prefetch = { check = integer_between(0, 16), default = 2 },
  decimals = { check = one_of { "number", "string" }, default = "number" },
  utc_offset = { check = integer_between(-options.FURTHEST, options.FURTHEST), default = calendar.CHINA },
  max_rows = { check = integer_between(1, math.huge), default = 1e7 },
  max_pages = { check = integer_between(1, math.huge), default = 1e5 },
  max_body = { check = integer_between(1024, math.huge), default = (host.in_nginx() and 2 or 64) * 2 ^ 20 },
  ca_file = { check = is_string },
  cert_file = { check = is_string },
  key_file = { check = is_string },
  tls_min = { check = one_of { "1.2", "1.3" } },
  server_name = { check = is_host_name },
  headers = { check = are_headers, secret = true },
  keepalive_timeout = { check = number_from(1, "a number of seconds, 1 or more"), default = 60 },
  keepalive_pool = { check = integer_between(1, 1000), default = 16 },
  proxy = { check = function(value) return type(value) == "string", "a URL, or \"\" for none" end, secret = true },
  user_agent = { check = is_string },
  store = { check = is_store },
  transport = { check = is_transport },
  on_event = { check = is_function },
  breaker = { check = function(value) return type(value) == "boolean", "true or false" end,
    default = host.in_nginx() },
  latency_buckets = { check = are_buckets, default = { 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30 } },
  runtime = { check = is_runtime },
}

---What holds where nothing is given.
---@type table<string, any>
options.defaults = {}
for name, entry in pairs(known) do options.defaults[name] = entry.default end

-- A secret's wrong value is not shown.
local function shown(value, entry)
  if entry.secret then return "a " .. type(value) end
  if entry.shown then value = entry.shown(value) end
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

---What is wrong with the value of one option.
---@param name string
---@param value any
---@return string|nil
function options.problem(name, value)
  local entry = known[name]
  if not entry then return unknown_option(tostring(name), sorted_names(known)) end
  local fine, wanted = entry.check(value)
  if fine then return nil end
  return ("option '%s' must be %s, not %s"):format(name, wanted, shown(value, entry))
end

-- Who is meant has to be sent as it is meant.
local function clean_account(result)
  for _, name in ipairs { "username", "password" } do
    local text, problem = clean_password(result[name])
    if not text then return ("option '%s' %s"):format(name, problem) end
    result[name] = text
  end
end

---The given options, checked, with the defaults filled in.
---@return table|nil options
---@return string|nil problem
function options.check(given)
  if type(given) ~= "table" then return nil, "imr.new takes a table of options" end
  local result = {}
  for name, value in pairs(given) do
    local problem = options.problem(name, value)
    if problem then return nil, problem end
    result[name] = value
  end
  for _, name in ipairs(sorted_names(known)) do
    local entry = known[name]
    if entry.required and result[name] == nil then return nil, ("option '%s' is required"):format(name) end
    if result[name] == nil then result[name] = entry.default end
  end
  local problem = clean_account(result)
  if problem then return nil, problem end
  result.base_url = normalized_url(result.base_url)
  return result
end

return options
