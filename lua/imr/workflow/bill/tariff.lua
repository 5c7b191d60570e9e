--- Tariff files: prices as data, read and checked before anything is computed.
---
---   return {
---     defaults = { electricity = "home", water = "water" },
---     meters = "meters.csv",                       -- which meter has which tariff, multiplier and share
---     tariffs = {
---       home = { versions = {
---         { from = "2024-01-01", price = "0.52" },
---         { from = "2025-06-16", price = "0.55", fees = { { name = "meter", amount = "3.00" } } } } },
---       water = { accumulate = "year", tiers = { { upto = "220", price = "3.45" }, { price = "4.83" } },
---         surcharges = { { name = "sewage", price = "0.95" } } },
---     },
---   }
---
--- Amounts and prices are texts: a number in Lua is a float, and no float touches money.

local decimal = require "imr.decimal"
local read_amount = require "imr.workflow.bill.amount"
local sandbox = require "imr.base.sandbox"
local sorted_names = require "imr.base.names"
local time = require "imr.time"
local unknown_option = require "imr.base.unknown_option"

local tariff = {}

---Prices that hold from a moment on.
---@class imr.TariffVersion
---@field from integer Unix seconds; -math.huge where the file says none
---@field price? imr.Decimal of a unit
---@field tiers? { upto: imr.Decimal?, price: imr.Decimal }[]
---@field accumulate "month"|"year" what the limits of the tiers are of
---@field tou? table<string, imr.Decimal> by sharp, peak, flat, valley
---@field surcharges { name: string, price: imr.Decimal }[] of each unit
---@field fees { name: string, amount: imr.Decimal }[] a month
---@field minimum? imr.Decimal a month

---Prices under a name.
---@class imr.Tariff
---@field name string
---@field kind? string
---@field versions imr.TariffVersion[] oldest first

---A tariff file that has been checked.
---@class imr.TariffSet
---@field tariffs table<string, imr.Tariff>
---@field defaults table<string, string> tariff by kind
---@field meters? string name of the CSV beside it
---@field places integer of an amount
---@field rounding string
---@field round_each "line"|"charge"
---@field text string

local PARTS = { "sharp", "peak", "flat", "valley" }

-- ---------------------------------------------------------------- checks

-- Raised inside, returned by tariff.read.
local function wrong(place, message, ...)
  error({ tariff_problem = (place == "" and "" or place .. ": ") .. message:format(...) }, 0)
end

local function below(place, key)
  if type(key) == "number" then return ("%s[%d]"):format(place, key) end
  return place == "" and key or place .. "." .. key
end

local function must_be_table(value, place, example)
  if type(value) ~= "table" then wrong(place, "must be a table such as %s, not a %s", example, type(value)) end
  return value
end

local function only(value, place, names)
  local known = {}
  for _, name in ipairs(names) do known[name] = true end
  for name in pairs(value) do
    if not known[name] then wrong(place, "%s", unknown_option(tostring(name), names)) end
  end
end

-- What stands there, for a message.
local function shown(value) return type(value) == "string" and ("'%s'"):format(value) or "a " .. type(value) end

local function amount(value, place)
  if value == nil then wrong(place, "is missing") end
  local exact = read_amount(value)
  if type(value) == "number" then
    wrong(place, 'must be a text such as "%.14g", in quotes: a number would be a float', value)
  end
  if not exact or value:find "[eE]" then
    wrong(place, 'must be a text such as "0.6147", 0 or more, not %s', shown(value))
  end
  return exact
end

local function text(value, place)
  if value == nil then wrong(place, "is missing") end
  if value == "" then wrong(place, "is empty") end
  if type(value) ~= "string" then wrong(place, "must be a text, not %s", shown(value)) end
  return value
end

local function choice(value, place, names, default)
  if value == nil then return default end
  for _, name in ipairs(names) do
    if value == name then return value end
  end
  wrong(place, "%s", (unknown_option(tostring(value), names):gsub("option", "word", 1)))
end

local function list(value, place, example, entry)
  must_be_table(value, place, example)
  local made = {}
  for key in pairs(value) do
    if type(key) ~= "number" or key < 1 or key > #value or key % 1 ~= 0 then
      wrong(place, "must be a list such as %s", example)
    end
  end
  if #value == 0 then wrong(place, "is an empty list") end
  for index, one in ipairs(value) do made[index] = entry(one, below(place, index)) end
  return made
end

-- A list of names with an amount each, such as fees.
local function named(value, place, key, example)
  local seen = {}
  return list(value, place, example, function(one, at)
    must_be_table(one, at, example:sub(2, -2))
    only(one, at, { "name", key })
    local name = text(one.name, below(at, "name"))
    if seen[name] then wrong(at, "'%s' is there twice", name) end
    seen[name] = true
    return { name = name, [key] = amount(one[key], below(at, key)) }
  end)
end

-- ---------------------------------------------------------------- one version

local function tiers_of(value, place)
  local before, count = decimal.zero, type(value) == "table" and #value or 0
  local function entry(one, at)
    must_be_table(one, at, '{ upto = "2520", price = "0.4883" }')
    only(one, at, { "upto", "price" })
    local index = tonumber(at:match "%[(%d+)%]$")
    local tier = { price = amount(one.price, below(at, "price")) }
    if index == count then
      if one.upto ~= nil then wrong(below(at, "upto"), "the last tier has no limit: what is above it has no price") end
      return tier
    end
    tier.upto = amount(one.upto, below(at, "upto"))
    if tier.upto <= before then wrong(below(at, "upto"), "must be more than the limit before it") end
    before = tier.upto
    return tier
  end
  return list(value, place, '{ { upto = "2520", price = "0.4883" }, { price = "0.7883" } }', entry)
end

local function tou_of(value, place)
  must_be_table(value, place, '{ peak = "0.9628", flat = "0.6147", valley = "0.3072" }')
  only(value, place, PARTS)
  local prices, some = {}, false
  for _, part in ipairs(PARTS) do
    if value[part] ~= nil then prices[part], some = amount(value[part], below(place, part)), true end
  end
  if not some then wrong(place, "has no price") end
  return prices
end

local VERSION = { "from", "price", "tiers", "accumulate", "tou", "surcharges", "fees", "minimum" }

local function moment_of(value, place, utc_offset)
  if value == nil then return -math.huge end
  local moment = type(value) == "string" and time.parse(value, utc_offset)
  if not moment then wrong(place, 'must be a date such as "2025-06-16", not %s', shown(value)) end
  return moment
end

local function check_prices(given, place)
  if not (given.price or given.tiers or given.tou) then
    wrong(place, "has no price: say price, tiers or tou")
  end
  if given.price ~= nil and (given.tiers or given.tou) then
    wrong(place, "has a price beside tiers or tou: which of them is meant?")
  end
  if given.accumulate ~= nil and not given.tiers then wrong(below(place, "accumulate"), "goes with tiers") end
end

local function version_of(given, place, utc_offset)
  must_be_table(given, place, '{ from = "2025-06-16", price = "0.55" }')
  only(given, place, VERSION)
  check_prices(given, place)
  local function optional(key, make, ...)
    if given[key] == nil then return nil end
    return make(given[key], below(place, key), ...)
  end
  return { from = moment_of(given.from, below(place, "from"), utc_offset), price = optional("price", amount),
    tiers = optional("tiers", tiers_of), tou = optional("tou", tou_of),
    accumulate = choice(given.accumulate, below(place, "accumulate"), { "month", "year" }, "month"),
    surcharges = optional("surcharges", named, "price", '{ { name = "sewage", price = "0.95" } }') or {},
    fees = optional("fees", named, "amount", '{ { name = "meter", amount = "3.00" } }') or {},
    minimum = optional("minimum", amount) }
end

-- ---------------------------------------------------------------- the file

local function versions_of(given, place, utc_offset)
  if given.versions == nil then
    local direct = {}
    for key, value in pairs(given) do
      if key ~= "kind" then direct[key] = value end
    end
    return { version_of(direct, place, utc_offset) }
  end
  only(given, place, { "kind", "versions" })
  local versions = list(given.versions, below(place, "versions"), '{ { from = "2025-06-16", price = "0.55" } }',
    function(one, at) return version_of(one, at, utc_offset) end)
  for index = 2, #versions do
    if versions[index].from <= versions[index - 1].from then
      wrong(below(below(below(place, "versions"), index), "from"), "must be later than that of the version before it")
    end
  end
  return versions
end

local KINDS = { "electricity", "water" }

local function tariffs_of(given, place, utc_offset)
  must_be_table(given, place, '{ home = { price = "0.52" } }')
  for name in pairs(given) do text(name, place .. ": the name of a tariff") end
  local made = {}
  for _, name in ipairs(sorted_names(given)) do
    local at = below(place, name)
    must_be_table(given[name], at, '{ price = "0.52" }')
    made[name] = { name = name, kind = choice(given[name].kind, below(at, "kind"), KINDS),
      versions = versions_of(given[name], at, utc_offset) }
  end
  if not next(made) then wrong(place, "names no tariff") end
  return made
end

---The tariff of a name, or what is wrong with it.
---@param set imr.TariffSet
---@param name string
---@return imr.Tariff|nil
---@return string|nil problem
function tariff.find(set, name)
  local found = set.tariffs[name]
  if found then return found end
  return nil, (unknown_option(name, sorted_names(set.tariffs)):gsub("option", "tariff", 1))
end

local function defaults_of(set, given, place)
  if given == nil then return {} end
  must_be_table(given, place, '{ electricity = "home" }')
  only(given, place, KINDS)
  local made = {}
  for kind, name in pairs(given) do
    local found, problem = tariff.find(set, text(name, below(place, kind)))
    if not found then wrong(below(place, kind), "%s", problem) end
    if found.kind and found.kind ~= kind then
      wrong(below(place, kind), "the tariff '%s' is one for %s", name, found.kind)
    end
    made[kind] = name
  end
  return made
end

local function places_of(value, place)
  if value == nil then return 2 end
  if type(value) ~= "number" or value % 1 ~= 0 or value < 0 or value > 6 then
    wrong(place, "must be a whole number from 0 to 6")
  end
  return value
end

local SET = { "tariffs", "defaults", "meters", "places", "rounding", "round_each" }

local function set_of(given, content, utc_offset)
  only(given, "", SET)
  local set = { text = content, places = places_of(given.places, "places"),
    rounding = choice(given.rounding, "rounding", { "half_up", "half_even", "up", "down" }, "half_up"),
    round_each = choice(given.round_each, "round_each", { "line", "charge" }, "line"),
    meters = given.meters ~= nil and text(given.meters, "meters") or nil }
  if given.tariffs == nil then wrong("", "it has no tariffs") end
  set.tariffs = tariffs_of(given.tariffs, "tariffs", utc_offset)
  set.defaults = defaults_of(set, given.defaults, "defaults")
  return set
end

---Reads and checks a tariff file's text.
---@param content string
---@param file string its name, for messages
---@param utc_offset? integer of its dates; default 28800
---@return imr.TariffSet|nil
---@return string|nil problem with file, key and what is meant
function tariff.read(content, file, utc_offset)
  local given, problem = sandbox.evaluate(content, file)
  if not given then return nil, problem end
  local fine, result = pcall(set_of, given, content, utc_offset)
  if fine then return result end
  if type(result) ~= "table" or not result.tariff_problem then error(result, 0) end
  return nil, ("%s: %s"):format(file, result.tariff_problem)
end

---The version that holds at a moment.
---@param one imr.Tariff
---@param moment integer
---@return imr.TariffVersion|nil
function tariff.at(one, moment)
  local found
  for _, version in ipairs(one.versions) do
    if version.from <= moment then found = version end
  end
  return found
end

return tariff
