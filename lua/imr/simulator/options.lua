--- What can be set on a simulated platform. One list serves `platform.new`, which checks against it,
--- and the command line, which makes its flags from it.

local unknown_option = require "imr.base.unknown_option"
local calendar = require "imr.simulator.calendar"
local endpoints = require "imr.simulator.endpoints"
local faults = require "imr.simulator.faults"

local options = {}

---@class imr.simulator.Option
---@field name string
---@field kind string what a value has to be, see `kinds`
---@field default any
---@field choices? string[]
---@field help string

---@type imr.simulator.Option[]
options.list = {
  { name = "seed", kind = "count", default = 1, help = "same seed, same data, same faults" },
  { name = "meters", kind = "count", default = 500, help = "meters in the fleet" },
  { name = "days", kind = "count", default = 30, help = "complete days of history before today" },
  { name = "points", kind = "count", default = 4, help = "register values a meter records each day" },
  { name = "offline", kind = "rate", default = 0.04, help = "share of meters that are offline" },
  { name = "late", kind = "rate", default = 0, help = "share of rows that a listing shows only days later" },
  { name = "late_days", kind = "count", default = 5, help = "most days that they are late" },
  { name = "restated", kind = "rate", default = 0, help = "share of days whose registers are corrected afterwards" },
  { name = "unparsed", kind = "rate", default = 0.05, help = "share of camera images nobody could read" },
  { name = "today", kind = "day", help = "YYYY-MM-DD; history ends the day before (default: follows the clock)" },
  { name = "epoch", kind = "number", default = 0, help = "Unix time at which the clock shows 0" },
  { name = "utc_offset", kind = "integer", default = 8 * 3600, help = "seconds the platform's zone is ahead of UTC" },
  { name = "prefix", kind = "text", default = "", help = "path before every endpoint, such as /api" },

  { name = "account", kind = "text", default = "demo", help = "account name" },
  { name = "password", kind = "text", default = "demo-secret", help = "its password" },
  { name = "accounts", kind = "table", help = "further accounts, name = password" },
  { name = "token_life", kind = "number", default = 7200, help = "seconds until a token has expired" },
  { name = "single_session", kind = "flag", default = false, help = "a new login revokes the account's other tokens" },
  { name = "forbidden", kind = "endpoints", help = "endpoints this account may not use (1009)" },
  { name = "interval", kind = "number", default = 2.0, help = "seconds between two arrivals on one endpoint (1011)" },

  { name = "encoding", kind = "choice", default = "both", choices = { "both", "json", "form" },
    help = "request encoding that is understood; in the other every parameter is missing (1008)" },
  { name = "page_cap", kind = "count", default = 1000, help = "most rows in a page, whatever was asked for" },
  { name = "totals", kind = "totals", default = "right",
    choices = { "right", "wrong_low", "wrong_high", "absent", "string", "shift" },
    help = "how true totalCount is: right, wrong_low, wrong_high, absent, string, shift (with the page), or a number" },
  { name = "values", kind = "choice", default = "vendor", choices = { "vendor", "string", "number", "mixed" },
    help = "JSON type of readings and amounts; vendor: as in its samples" },
  { name = "spelling", kind = "choice", default = "sample", choices = { "sample", "correct", "misspelt" },
    help = "names of keys; sample: netStatis, amout, tableType; correct: netStatus, amount; misspelt: typeType too" },
  { name = "single", kind = "choice", default = "object", choices = { "object", "list" },
    help = "data of the latest reading of one meter" },
  { name = "empty", kind = "choice", default = "list", choices = { "list", "null", "string", "object", "absent" },
    help = "data of an answer without rows" },
  { name = "codes", kind = "choice", default = "number", choices = { "number", "string" }, help = "JSON type of code" },
  { name = "bom", kind = "flag", default = false, help = "every answer starts with a byte order mark" },
  { name = "extra_keys", kind = "flag", default = false, help = "rows carry keys that no document names" },

  { name = "command_delay", kind = "number", default = 2.0, help = "seconds from accepting a command to its effect" },
  { name = "duplicate_orders", kind = "boolean", default = true,
    help = "a command still pending refuses its like (1010)" },

  { name = "latency", kind = "number", default = 0, help = "seconds every answer takes" },
  { name = "jitter", kind = "number", default = 0, help = "most seconds added to that, evenly spread" },
  { name = "faults", kind = "faults", help = "NAME=RATE[:endpoint,endpoint] with NAME of " .. faults.names() },
  { name = "burst", kind = "count", default = 3, help = "arrivals refused in one fault 1011" },
  { name = "keep_log", kind = "boolean", default = true, help = "keep the log in memory" },
  { name = "on_request", kind = "function", help = "function(request, now) that may answer instead of the platform" },
}

local function is_number(value)
  return type(value) == "number" and value == value and value >= 0 and value < math.huge
end

local function is_whole(value)
  return is_number(value) and value % 1 == 0
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then
      return true
    end
  end
  return false
end

-- Of each kind: what fits, and what to call it.
local kinds = {
  count = { is_whole, "a whole number, 0 or more" },
  number = { is_number, "a number, 0 or more" },
  integer = { function(value) return type(value) == "number" and value % 1 == 0 end, "a whole number" },
  rate = { function(value) return is_number(value) and value <= 1 end, "a number from 0 to 1" },
  text = { function(value) return type(value) == "string" end, "a text" },
  day = {
    function(value) return is_number(value) or type(value) == "string" and calendar.parse(value, 0) ~= nil end,
    "a date, YYYY-MM-DD",
  },
  boolean = { function(value) return type(value) == "boolean" end, "true or false" },
  table = { function(value) return type(value) == "table" end, "a table" },
  choice = { function(value, option) return contains(option.choices, value) end, "one of" },
  totals = {
    function(value, option) return is_whole(value) or contains(option.choices, value) end, "a whole number or one of",
  },
  endpoints = {
    function(value) return type(value) == "table" and endpoints.all_known(value) end,
    "a list of " .. endpoints.names(),
  },
  faults = { function(value) return type(value) == "table" end, "a table of names and rates" },
  ["function"] = {
    function(value)
      local meta = getmetatable(value)
      return type(value) == "function" or type(meta) == "table" and meta.__call ~= nil
    end,
    "a function",
  },
}
kinds.flag = kinds.boolean

local function problem_of(option, value)
  local fits, wanted = kinds[option.kind][1], kinds[option.kind][2]
  if not fits(value, option) then
    local choices = option.choices and " " .. table.concat(option.choices, ", ") or ""
    local shown = type(value) == "table" and "" or ", not " .. tostring(value)
    return ("must be %s%s%s"):format(wanted, choices, shown)
  end
  return option.kind == "faults" and faults.problem(value) or nil
end

local function find(name)
  for _, option in ipairs(options.list) do
    if option.name == name then
      return option
    end
  end
end

local function names()
  local list = {}
  for index, option in ipairs(options.list) do list[index] = option.name end
  return list
end

--- Checks what was given and fills in the rest. Wrong options are a mistake in the caller's code, so they raise.
---@param given? table
---@param level? integer of the caller to blame, as in `error`
---@return table settings a copy
function options.check(given, level)
  level = (level or 1) + 1
  local settings = {}
  for name, value in pairs(given or {}) do
    local option = find(name)
    if not option then
      error((unknown_option(tostring(name), names()):gsub("^unknown", "unknown simulator")), level)
    end
    local problem = problem_of(option, value)
    if problem then
      error(("simulator option '%s': %s"):format(name, problem), level)
    end
    settings[name] = value
  end
  for _, option in ipairs(options.list) do
    if settings[option.name] == nil then
      settings[option.name] = option.default
    end
  end
  settings.points = math.max(1, settings.points)
  settings.page_cap = math.max(1, settings.page_cap)
  return settings
end

return options
