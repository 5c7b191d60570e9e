-- Which rules apply, and how they are tuned. Raises at the caller's line when a name or value is wrong.

local check_kinds = require "imr.base.options"
local copy = require "imr.base.copy"
local unknown_option = require "imr.base.unknown_option"
local client_options = require "imr.client.options"
local decimal = require "imr.decimal"
local rules = require "imr.workflow.quality.rules"
local where = require "imr.workflow.metering.where"

local settings = {}

local by_name, names = {}, {}
for index, rule in ipairs(rules) do by_name[rule.name], names[index] = rule, rule.name end

-- Options of all that judge, and of which kind each is.
local KINDS = { from = "number", to = "number", now = "number", meters = "table", rules = "table", without = "table",
  tuning = "table", utc_offset = "number", on_flags = "function", where = "table" }
local TIMES = { from = true, to = true, now = true, cutoff = true }
local LATEST = 253402300799 -- the last second of the year 9999
local LISTS = { "meters", "rules", "without", "sources" }

local function number_problem(name, value)
  if TIMES[name] and not (value % 1 == 0 and value >= 0 and value <= LATEST) then
    return ("option '%s' must be whole Unix seconds, of the years to 9999"):format(name)
  end
  if value ~= value or value < 0 and name ~= "utc_offset" then return ("option '%s' must be 0 or more"):format(name) end
end

local function is_list_of_texts(list)
  for index = 1, #list do
    if type(list[index]) ~= "string" then return false end
  end
  return true
end

---What is wrong with the options of what judges a database's rows, but for names of rules and their tuning.
---@param options any
---@param more? table<string, string> further options and their kinds, as in imr.kinds
---@return string|nil
function settings.problem(options, more)
  local problem = check_kinds(options, copy(KINDS, more))
  if problem then return problem end
  for name, value in pairs(options) do
    problem = type(value) == "number" and number_problem(name, value)
    if problem then return problem end
  end
  for _, name in ipairs(LISTS) do
    if options[name] and not is_list_of_texts(options[name]) then
      return ("option '%s' must be a list of strings"):format(name)
    end
  end
  problem = options.utc_offset and client_options.problem("utc_offset", options.utc_offset)
  return problem or options.where and where.problem(options.where) or nil
end

local function rule_of(name, level)
  return by_name[name] or error("no such rule: " .. unknown_option(tostring(name), names), level + 1)
end

local function set_of(list, level)
  local set = {}
  for _, name in ipairs(list) do set[rule_of(name, level + 1).name] = true end
  return set
end

local function value_of(entry, given, level)
  local text = type(given) == "number" and ("%.14g"):format(given) or given
  local value = decimal.parse(text)
  if not value or value.negative then
    error(("%s must be a number, 0 or more, not '%s'"):format(entry.name, tostring(given)), level + 1)
  end
  return entry.exact and value or value:number()
end

local function check_names(rule, given, level)
  local known = {}
  for index, entry in ipairs(rule.tuning) do known[index] = entry.name end
  for name in pairs(given) do
    local fine = false
    for _, one in ipairs(known) do fine = fine or one == name end
    if not fine then error(rule.name .. ": " .. unknown_option(tostring(name), known), level + 1) end
  end
end

local function tuned(rule, given, level)
  if type(given) ~= "table" then error(("the tuning of %s must be a table"):format(rule.name), level + 1) end
  check_names(rule, given, level + 1)
  local tuning = {}
  for _, entry in ipairs(rule.tuning) do
    local value = given[entry.name]
    tuning[entry.name] = value_of(entry, value == nil and entry.default or value, level + 1)
  end
  return tuning
end

---@class imr.QualitySettings
---@field rules imr.QualityRule[] those that apply
---@field tuning table<string, table> of all rules, by name

---@param options { rules: string[]?, without: string[]?, tuning: table<string, table>? }
---@param level integer
---@return imr.QualitySettings
function settings.new(options, level)
  local chosen = { rules = {}, tuning = {} }
  local only = options.rules and set_of(options.rules, level + 1)
  local without = set_of(options.without or {}, level + 1)
  for name in pairs(options.tuning or {}) do rule_of(name, level + 1) end
  for _, rule in ipairs(rules) do
    chosen.tuning[rule.name] = tuned(rule, (options.tuning or {})[rule.name] or {}, level + 1)
    if (not only or only[rule.name]) and not without[rule.name] then chosen.rules[#chosen.rules + 1] = rule end
  end
  return chosen
end

return settings
