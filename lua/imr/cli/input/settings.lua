--- The settings of a connection: flags over environment over configuration file over what `imr login` has saved.
---
---   settings.configure(parser)                 adds the flags to a command that talks to the platform
---   settings.configure_clock(parser)           those for one that uses the database alone
---   local chosen = settings.read(arguments)    raises when something is wrong with them
---
--- What comes back holds options of imr.new under their names, `store` still as text, and `from`: where each value
--- came from. imr.cli.input.connect makes a client of it.

local config = require "imr.cli.input.config"
local exit = require "imr.cli.exit"
local environment = require "imr.cli.input.environment"
local language = require "imr.language"
local normalized_url = require("imr.base.url").normalized
local options = require "imr.client.options"
local passwords = require "imr.client.password"
local sorted_names = require "imr.base.names"
local stores = require "imr.cli.input.store"
local unpack = require "imr.base.unpack"

local settings = {}

local function text(value)
  if type(value) == "string" and value ~= "" then return value end
  return nil, "a text"
end

local function url(value)
  if text(value) then return normalized_url(value) end
  return nil, "a URL"
end

local function number(value)
  local found = tonumber(value)
  if found and found >= 0 then return found end
  return nil, "a number, 0 or more"
end

local function encoding(value)
  if value == "auto" or value == "json" or value == "form" then return value end
  return nil, "auto, json or form"
end

-- "+08:00", or seconds. No zone is off by less than quarters of an hour: 8 means hours, and is not taken for seconds.
local function utc_offset(value)
  local sign, hours, minutes = tostring(value):match("^([+-]?)(%d%d?):(%d%d)$")
  local seconds = hours and (hours * 3600 + minutes * 60) * (sign == "-" and -1 or 1) or tonumber(value)
  if seconds and seconds % 900 == 0 and math.abs(seconds) <= options.FURTHEST then return math.floor(seconds) end
  return nil, "like +08:00, or seconds such as 28800"
end

---@class imr.cli.Setting
---@field [1] string name, also in the configuration file; the flag is made of it
---@field [2] fun(value: any): any, string? check
---@field [3] string argument's name in --help
---@field [4] string help
---@field env? string

---@type imr.cli.Setting[]
local LIST = {
  { "base_url", url, "URL", "Address of the platform.", env = "IMR_BASE_URL" },
  { "username", text, "NAME", "Account.", env = "IMR_USERNAME" },
  { "password_file", text, "FILE", "File whose first line is the password.", env = "IMR_PASSWORD_FILE" },
  { "store", text, "STORE",
    "Where pace and token are shared: file (default), a directory, memory or a Redis (`imr help config`).",
    env = "IMR_STORE" },
  { "encoding", encoding, "HOW", "auto (default), json or form." },
  { "interval", number, "SECONDS", "Between two requests to one endpoint (default: 2)." },
  { "timeout", number, "SECONDS", "For one request (default: 30)." },
  { "retries", number, "N", "Repetitions of a failed read (default: 4)." },
  { "max_rows", number, "N", "A listing that goes on after so many rows is an error (default: 10,000,000)." },
  { "max_pages", number, "N", "The same for pages (default: 100,000)." },
  { "ca_file", text, "FILE", "Certificates to trust instead of the system's." },
  { "proxy", text, "URL", "Proxy; none is taken from the environment." },
  { "utc_offset", utc_offset, "OFFSET", "The platform's clock (default: +08:00)." },
}

local function table_of(value)
  if type(value) == "table" then return value end
  return nil, "a table"
end

-- A profile is about a connection. `quality` is read by imr.cli.input.quality.
local in_profile = { password = text }
local in_file = { password = text, profile = text, profiles = table_of, quality = table_of, supply = table_of,
  language = require("imr.cli.input.language").check }
for _, entry in ipairs(LIST) do in_profile[entry[1]], in_file[entry[1]] = entry[2], entry[2] end

local function add_option(parser, entry)
  local help = language.text(entry[4])
  if entry.env then
    help = language.text("%s (environment: %s).", help:gsub("%.$", ""):gsub("。$", ""), entry.env)
  end
  return parser:option("--" .. entry[1]:gsub("_", "-"), help):target(entry[1]):argname(entry[3])
end

-- What is not wanted is taken all the same, and not shown: a script gives all its commands the same options.
local function add_group(parser, title, wanted)
  local group = {}
  group[1] = parser:option("--profile", "Profile of the configuration file (environment: IMR_PROFILE)."):argname "NAME"
  for _, entry in ipairs(LIST) do
    local option = add_option(parser, entry)
    if wanted and not wanted[entry[1]] then option:hidden(true) else group[#group + 1] = option end
  end
  parser:group(title, unpack(group))
end

---Adds the flags of a connection to a command.
function settings.configure(parser) add_group(parser, "Connection") end

---Adds those that a command needs which only uses the database.
function settings.configure_clock(parser) add_group(parser, "Configuration", { utc_offset = true }) end

-- ---------------------------------------------------------------- layers

local function checked(check, name, value, where)
  local found, wanted = check(value)
  if found == nil then exit.usage("%s: %s must be %s", language.text(where), name, language.text(wanted)) end
  return found
end

local function flags_layer(arguments)
  local layer = { where = "flag" }
  for _, entry in ipairs(LIST) do
    local name, value = entry[1], arguments[entry[1]]
    if value then layer[name] = checked(entry[2], "--" .. name:gsub("_", "-"), value, "command line") end
  end
  if layer.store and stores.has_password(layer.store) then
    exit.password_in_arguments "IMR_STORE"
  end
  if layer.proxy and layer.proxy:match("://.*:.*@") then
    exit.password_in_arguments(language.text "proxy in the configuration")
  end
  return layer
end

local function environment_layer()
  local layer = { where = "environment" }
  for _, entry in ipairs(LIST) do
    local value = entry.env and environment(entry.env)
    if value then layer[entry[1]] = checked(entry[2], entry.env, value, "environment") end
  end
  layer.password = environment "IMR_PASSWORD"
  return layer
end

local function table_layer(values, known, where)
  local layer = { where = where }
  for name, value in pairs(values) do
    if not known[name] then
      if in_file[name] then exit.usage("%s: '%s' has its place outside of the profiles", where, name) end
      exit.usage("%s: %s", where, require("imr.base.unknown_option")(tostring(name), sorted_names(known)))
    end
    layer[name] = checked(known[name], name, value, where)
  end
  return layer
end

local function profile_layer(file, wanted, path)
  if not wanted then return nil end
  local profile = (file.profiles or {})[wanted]
  if type(profile) ~= "table" then
    local profiles = table.concat(sorted_names(file.profiles or {}), ", ")
    exit.usage("%s has no profile '%s'; it has: %s", path, wanted, profiles)
  end
  return table_layer(profile, in_profile, path .. ", profile " .. wanted)
end

---An account's name or password as it is sent. Raises where it cannot be meant: nothing has been sent then.
---@param what string "the password of FILE"
---@param value string
---@return string
function settings.credential(what, value)
  local cleaned, problem = passwords.clean(value)
  if not cleaned then exit.fail("credentials", "%s %s", what, language.again(problem)) end
  return cleaned
end

local function layers_of(arguments)
  local values, path = config.load()
  local file = table_layer(values, in_file, path)
  local wanted = arguments.profile or environment "IMR_PROFILE" or file.profile
  local layers = { flags_layer(arguments), environment_layer() }
  layers[#layers + 1] = profile_layer(file, wanted, path)
  layers[#layers + 1] = file
  for _, layer in ipairs(layers) do
    local name = layer.username
    local what = language.text("the account's name (%s)", language.text(layer.where))
    layer.username = name and settings.credential(what, name)
  end
  return layers
end

-- ---------------------------------------------------------------- the password

local function first_line(path)
  local file, message = io.open(path)
  if not file then exit.fail("credentials", "the password file can't be read: %s", message) end
  local line, problem = passwords.first_line(file)
  file:close()
  if not line then exit.fail("credentials", "the password file %s can't be read: %s", path, problem) end
  return line
end

-- A layer's password belongs to the layer's account: with another one it would be a wrong password, and those lock.
local function password_in(layer, username)
  if layer.username and layer.username ~= username then return nil end
  if layer.password then return layer.password end
  return layer.password_file and first_line(layer.password_file)
end

local function find_password(chosen, layers)
  for _, layer in ipairs(layers) do
    local password = chosen.username and password_in(layer, chosen.username)
    if password then
      local file = not layer.password and layer.password_file or nil
      local what = file and language.text("the password file %s", file)
        or language.text("the password (%s)", language.text(layer.where))
      chosen.password, chosen.from.password = settings.credential(what, password), layer.where
      chosen.password_file = file
      return
    end
  end
end

-- What `imr login` has saved fills in what nobody else has said.
local function add_saved(chosen)
  if chosen.password then return end
  local saved, path = require("imr.cli.input.credentials").find(chosen.base_url, chosen.username)
  if not saved then return end
  for _, name in ipairs { "base_url", "username", "password" } do
    if not chosen[name] then chosen[name], chosen.from[name] = saved[name], path end
  end
end

local function choose(layers)
  local chosen = { from = {} }
  for _, entry in ipairs(LIST) do
    local name = entry[1]
    for _, layer in ipairs(layers) do
      if chosen[name] == nil and layer[name] ~= nil then chosen[name], chosen.from[name] = layer[name], layer.where end
    end
  end
  chosen.password_file = nil
  find_password(chosen, layers)
  return chosen
end

-- What commands count with themselves. The rest is the library's to fill in: no base URL, say, means whichever account
-- was saved last.
local FILLED = { "interval", "utc_offset" }

---@param arguments table of the command line
---@return table settings
function settings.read(arguments)
  local chosen = choose(layers_of(arguments))
  add_saved(chosen)
  for _, name in ipairs(FILLED) do chosen[name] = chosen[name] or options.defaults[name] end
  return chosen
end

return settings
