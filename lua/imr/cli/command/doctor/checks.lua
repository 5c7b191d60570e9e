--- The checks of `imr doctor`, in order. Each gives one result, a list of { name, result }, or nil where there is
--- nothing to say; `state.stop` ends it where the rest would only fail for the same reason.

local connect = require "imr.cli.input.connect"
local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local exit = require "imr.cli.exit"
local http_date = require "imr.base.http_date"
local imr = require "imr"
local language = require "imr.language"
local schema = require "imr.schema"
local interrupt = require "imr.cli.interrupt"
local stores = require "imr.cli.input.store"
local system = require "imr.os"

local MOST_ADDRESSES = 4 -- that are named
local SKEW = 30 -- seconds between our clock and the platform's that nobody has to care about

local function ok(...) return { state = "ok", text = language.text(...) } end
local function warning(text, advice) return { state = "warning", text = text, advice = advice } end

local function failed(err, advice)
  return { state = "failed", text = tostring(err), advice = advice, status = exit.status_of(err) }
end

local function versions()
  return ok("imr %s, %s, lua-cjson %s", imr._VERSION, require("imr.base.host").lua(), require("cjson")._VERSION)
end

-- Whatever is wrong with the configuration is raised here, and told.
local function configuration(state)
  state.stop = true
  local config = require "imr.cli.input.config"
  local _, path = config.load()
  state.chosen = state.settings()
  state.stop = false
  local is_there = config.directory() and system.private_read(path)
  return ok(is_there and "%s" or "no %s (none is needed)", path)
end

local function account(state)
  local chosen = state.chosen
  chosen.base_url = chosen.base_url or connect.DEFAULT_URL
  if chosen.username and chosen.password then
    return ok("%s (%s), password from %s", chosen.username, language.text(chosen.from.username),
      chosen.password_file or language.text(chosen.from.password))
  end
  state.stop = true
  return { state = "failed", status = 3, text = chosen.username and "no password" or "no account",
    advice = "`imr login`, or set IMR_USERNAME and IMR_PASSWORD_FILE" }
end

local function store(state)
  local opened = stores.open(state.chosen.store)
  local _, message = opened:get_token("imr doctor", core.now())
  local place = opened.path or stores.shown(state.chosen.store)
  if not message and opened.path then
    local fine, problem = system.private_directory(opened.path)
    message = not fine and problem or nil
  end
  if not message then return ok("%s", place) end
  state.stop = true
  return { state = "failed", status = 1, text = message, advice = "make it right, or choose another with --store" }
end

local function host_of(url)
  local authority = url:match("^%a+://([^/]+)")
  return authority:match("^%[(.-)%]") or authority:match("^([^:]+)")
end

-- As libcurl finds them: of either family, and below localhost without asking anybody.
local function addresses_of(host)
  if ("." .. host:lower()):find "%.localhost%.?$" then return "127.0.0.1" end
  local list, message = require("socket").dns.getaddrinfo(host)
  local texts, seen = {}, {}
  for _, entry in ipairs(list or {}) do
    if not seen[entry.addr] then texts[#texts + 1], seen[entry.addr] = entry.addr, true end
  end
  if #texts == 0 then return nil, message or "" end
  return table.concat(texts, ", ", 1, math.min(#texts, MOST_ADDRESSES))
end

local function name_resolution(state)
  local host = host_of(state.chosen.base_url)
  if host:find("^[%d.]+$") or host:find(":", 1, true) then return ok("%s is an address", host) end
  if state.chosen.proxy then return ok("%s is for the proxy to find", host) end
  local found, message = addresses_of(host)
  if found then return ok("%s is %s", host, found) end
  state.stop = true
  return { state = "failed", status = 4, text = ("%s: %s"):format(host, message),
    advice = "is the name right (--base-url), and does this machine resolve others?" }
end

local function remember(state)
  return function(event)
    if event.type ~= "request" then return end
    state.date, state.arrived = event.date or state.date, os.time()
    if event.code == 200 then state.encoding = event.encoding end
    if event.endpoint == "login" then state.asked = true end
  end
end

local login_advice = {
  auth = "`imr login` asks anew; accounts get locked after a few wrong passwords",
  network = "is the address right (--base-url)? does a proxy stand in between (--proxy)?",
  timeout = "is the address right (--base-url)? does a firewall drop what we send?",
  protocol = "what answers there is not the platform: is the path in --base-url right?",
  http = "what answers there is not the platform: is the path in --base-url right?",
}

local function login(state)
  state.client = connect.open(state.chosen, { on_event = remember(state), retries = 0 })
  local fine, err
  interrupt.run(function() fine, err = state.client:login() end)
  if fine then
    local age = state.client:stats().token_age or 0
    return state.asked and ok "the platform gave a token" or ok("the store has a token, %.0f min old", age / 60)
  end
  state.stop = true
  return failed(err, login_advice[err.kind])
end

local function encryption(state)
  if state.chosen.base_url:lower():find("^https:") then return ok "the certificate is verified" end
  return warning("plain HTTP: password and readings can be read on the way",
    "ask the platform's operator for an https:// address")
end

-- ---------------------------------------------------------------- one page of each endpoint

local function parameters_of(endpoint)
  local parameters = { page_size = 1 }
  if endpoint.dated then
    local now = os.time()
    parameters.from, parameters.to = now - 2 * DAY, now
  end
  for _, param in ipairs(endpoint.params) do parameters[param.name] = param.default or parameters[param.name] end
  return parameters
end

local page_advice = {
  forbidden = "ask the platform's operator for the right, if you need it",
  throttled = "something else uses this account: let both share one store",
}

local function look(state, endpoint)
  local cursor = state.client[endpoint.name](state.client, parameters_of(endpoint))
  local row, err = cursor:next()
  cursor:close()
  if err then return failed(err, page_advice[err.kind]) end
  local total = cursor.report.claimed_total
  if not row then return ok "no rows in the last two days" end
  return total and ok("a row came (%d in all)", total) or ok "a row came"
end

local function pages(state)
  local results, work = {}, {}
  for index, endpoint in ipairs(schema.listings) do
    work[index] = function() results[index] = { endpoint.name, look(state, endpoint) } end
  end
  interrupt.run(function() imr.all(work) end)
  return results
end

-- ---------------------------------------------------------------- what the answers told

local function clock(state)
  local theirs = http_date(state.date)
  if not theirs then return ok "the platform's answers carry no date to compare with" end
  local difference = state.arrived - theirs
  if math.abs(difference) <= SKEW then return ok("%+d s to the platform's", difference) end
  return warning(language.text("this machine is %+d s from the platform", difference),
    "set the clock (NTP): words like yesterday and the end of a period go by it")
end

local function encoding(state)
  if not state.encoding then return nil end
  return ok("the platform understands requests as %s", state.encoding)
end

local function done(state)
  state.client:close()
end

return {
  { name = "versions", run = versions },
  { name = "configuration", run = configuration, advice = "`imr help config` shows how it is written" },
  { name = "account", run = account },
  { name = "store", run = store },
  { name = "name", run = name_resolution },
  { name = "encryption", run = encryption },
  { name = "login", run = login },
  { name = "pages", run = pages },
  { name = "encoding", run = encoding },
  { name = "clock", run = clock },
  { name = "end", run = done },
}
