--- `imr simulate`: the simulated platform over HTTP, until a signal ends it. Its flags are the platform's options.

local exit = require "imr.cli.exit"
local language = require "imr.language"
local needs = require "imr.base.needs"
local number = require "imr.cli.input.number"
local options = require "imr.simulator.options"
local write = require "imr.cli.output.write"

local simulate = { summary = "Run a simulated metering platform over HTTP." }

-- Only code can set these.
local NOT_FLAGS = { accounts = true, on_request = true, keep_log = true }
local NUMERIC = { count = true, number = true, integer = true, rate = true }

local function flag_name(option)
  local name = "--" .. option.name:gsub("_", "-")
  return option.name == "faults" and "--fault " .. name or name
end

local function to_number(text)
  local found = tonumber(text)
  if not found then
    return nil, language.text("'%s' is not a number", text)
  end
  return found % 1 == 0 and math.floor(found) or found
end

local function to_total(text)
  return to_number(text) or text
end

local function to_boolean(text)
  if text ~= "yes" and text ~= "no" then
    return nil, language.text "say yes or no"
  end
  return text == "yes"
end

-- "502=0.1:meters,readings" is { name = "502", rate = 0.1, endpoints = {...} }.
local function to_fault(text)
  local name, rate, rest = text:match("^([%w_]+)=([%d.]+)(.*)$")
  if not name or not tonumber(rate) or rest ~= "" and not rest:match("^:[%w_,]+$") then
    return nil, language.text("'%s' is not NAME=RATE or NAME=RATE:endpoint,endpoint", text)
  end
  local fault = { name = name, rate = tonumber(rate) }
  for endpoint in rest:gmatch("[%w_]+") do
    fault.endpoints = fault.endpoints or {}
    fault.endpoints[#fault.endpoints + 1] = endpoint
  end
  return fault
end

local function help_of(option)
  local help = language.text(option.help)
  help = help:sub(1, 1):upper() .. help:sub(2)
  local default = option.default
  if type(default) == "boolean" then
    default = default and "yes" or "no"
  end
  if default == nil or default == "" or option.kind == "flag" then
    return language.text("%s.", help)
  end
  return language.text("%s (default: %s).", help, type(default) == "number" and ("%.14g"):format(default) or default)
end

local function add_flag(parser, option)
  if option.kind == "flag" then
    parser:flag(flag_name(option), help_of(option)):target(option.name)
    return
  end
  local flag = parser:option(flag_name(option), help_of(option)):target(option.name)
  if NUMERIC[option.kind] then
    flag:argname("N"):convert(to_number)
  elseif option.kind == "totals" then
    flag:argname("HOW"):convert(to_total)
  elseif option.kind == "choice" then
    flag:choices(option.choices)
  elseif option.kind == "boolean" then
    flag:argname("YES|NO"):convert(to_boolean)
  elseif option.kind == "faults" then
    flag:argname("FAULT"):convert(to_fault):count("*")
  elseif option.kind == "endpoints" then
    flag:argname("ENDPOINT"):count("*")
  else
    flag:argname(option.kind == "day" and "DATE" or "TEXT")
  end
end

function simulate.configure(parser)
  parser:option("--host", "Address to listen on (default: 127.0.0.1)."):argname("HOST")
  number.flag(parser, "--port N", "Port; 0 takes a free one (default: 0).", number.whole(0, 65535))
  parser:option("--log", "File that gets one JSON object for every request."):argname("FILE")
  number.flag(parser, "--exit-after N", "End by itself after so many seconds.", number.of "seconds")
  for _, option in ipairs(options.list) do
    if not NOT_FLAGS[option.name] then
      add_flag(parser, option)
    end
  end
end

local function faults_of(list)
  local faults = {}
  for _, fault in ipairs(list) do
    faults[fault.name] = { rate = fault.rate, endpoints = fault.endpoints }
  end
  return faults
end

local function settings_of(arguments)
  local settings = { keep_log = false }
  for _, option in ipairs(options.list) do
    settings[option.name] = settings[option.name] == nil and arguments[option.name] or settings[option.name]
  end
  if arguments.duplicate_orders == false then
    settings.duplicate_orders = false
  end
  settings.faults = arguments.faults and faults_of(arguments.faults)
  return settings
end

local function start(arguments)
  needs("imr simulate", "socket", "luasocket", "lua-socket")
  local Platform, Server = require "imr.simulator.platform", require "imr.simulator.server"
  local platform = exit.wrong_use(Platform.new, settings_of(arguments))
  local log, message
  if arguments.log then
    log, message = io.open(arguments.log, "a")
    if not log then
      exit.usage("--log %s", message)
    end
  end
  local server
  server, message = Server.new { platform = platform, host = arguments.host, port = arguments.port, log = log }
  if not server then
    exit.usage("nothing can listen at %s:%d: %s", arguments.host or "127.0.0.1", arguments.port or 0, message)
  end
  return server
end

-- A password that somebody chose is theirs to know; the built-in one is printed.
local function announce(server, chosen)
  local settings = server.platform.settings
  write(("listening on %s\n"):format(server.url) .. language.text( -- scripts read the first line
    "account %s, password %s; %d meters, %d days of history\nCtrl-C ends it\n", settings.account,
    chosen and language.text "as given" or settings.password, settings.meters, settings.days))
end

-- Short rounds let Ctrl-C through, which Lua notices only between them.
local function serve(server, seconds)
  local stop = seconds and server.now() + seconds
  while not stop or server.now() < stop do
    server:turn(stop and math.max(0, math.min(0.25, stop - server.now())) or 0.25)
  end
end

---@return integer exit status
function simulate.run(arguments)
  local server = start(arguments)
  announce(server, arguments.password)
  local ok, problem = pcall(serve, server, arguments.exit_after)
  server:close()
  if not ok and not tostring(problem):find("interrupted!", 1, true) then
    error(problem, 0)
  end
  return 0
end

return simulate
