-- What is never sent anything: a list or a set of device ids or meter numbers, or a function of the device.
--
-- Whoever names what is protected relies on it. So a name that no meter has (mistyped, without its zeros, from the
-- wrong column), a name that may mean several devices, and a list without names are refused, not passed over.

local errors = require "imr.errors"
local text_problem = require("imr.base.text").problem

local SHOWN = 10 -- names in a message

local protection = {}

local function refusal(message)
  return errors.new { kind = "protection", message = message, retryable = false, executed = "no" }
end

-- What one entry of a list or a set names; nil where a set says false.
local function name_of(key, value)
  if type(key) == "number" and type(value) ~= "boolean" then return value end
  return value and key or nil
end

---The names in a list or a set, in order; none where a function knows.
---@param protected nil|table|function
---@return string[]
function protection.names(protected)
  local list = {}
  for key, value in pairs(type(protected) == "table" and protected or {}) do list[#list + 1] = name_of(key, value) end
  table.sort(list, function(a, b) return tostring(a) < tostring(b) end)
  return list
end

-- A number would protect nothing: devices are strings.
local function name_problem(name)
  if type(name) ~= "string" then
    return ("holds device ids or meter numbers as strings, not the %s %s"):format(type(name), tostring(name))
  end
  local problem = text_problem(name)
  return problem and ("holds a name that %s: %s"):format(problem, (name:gsub("[^\32-\126]", "?")))
end

---What is wrong with an option `protected`, or nil.
---@param protected any
---@return string|nil
function protection.problem(protected)
  if protected == nil or type(protected) == "function" then return nil end
  if type(protected) ~= "table" then return ("option 'protected' cannot be a %s"):format(type(protected)) end
  for _, name in ipairs(protection.names(protected)) do
    local problem = name_problem(name)
    if problem then return "option 'protected' " .. problem end
  end
end

local function ask(protected, entry)
  local fine, answer = pcall(protected, entry.device, entry)
  if fine and type(answer) == "boolean" then return answer end
  return nil, refusal(("what is protected is not known: the function said %s of device %s, not true or false"):format(
    fine and tostring(answer) or "'" .. tostring(answer) .. "'", entry.device))
end

-- In one pass: it is asked for right before a command leaves, and a list may be long.
local function set_of(protected)
  local set, wrong = {}, type(protected) ~= "table" and protected ~= nil
  for key, value in pairs(not wrong and protected or {}) do
    local name = name_of(key, value)
    wrong = wrong or (name ~= nil and name_problem(name) ~= nil)
    if name ~= nil and not wrong then set[name] = true end
  end
  if wrong then return nil, protection.problem(protected) end
  return set
end

local function is_in(set, entry)
  if set[entry.device] then return true end
  for number in pairs(entry.numbers) do
    if set[number] then return true end
  end
  return false
end

---Who says whether an entry is protected: true or false, or nil and an error where nobody knows, so that nothing may be
---sent. An entry has `device` and `numbers`, the set of all its meter numbers.
---@param protected nil|table|function a table is taken as it is now
---@return fun(entry: table): boolean|nil, imr.Error|nil
function protection.judge(protected)
  if type(protected) == "function" then return function(entry) return ask(protected, entry) end end
  local set, problem = set_of(protected)
  if not set then return function() return nil, refusal(problem) end end
  return function(entry) return is_in(set, entry) end
end

---Whether one of several `protected` covers an entry, as they are now.
---@param entry table
---@param ... nil|table|function
---@return boolean|nil
---@return imr.Error|nil err kind "protection"
function protection.covers(entry, ...)
  for index = 1, select("#", ...) do
    local covered, err = protection.judge((select(index, ...)))(entry)
    if covered ~= false then return covered, err end
  end
  return false
end

-- ---------------------------------------------------------------- names that name no device, or several

local function devices_of(name, facts)
  local devices = {}
  for device in pairs(facts.by_number[name] or {}) do devices[#devices + 1] = device end
  if facts.by_device[name] and not (facts.by_number[name] or {})[name] then devices[#devices + 1] = name end
  table.sort(devices)
  return devices
end

-- A spreadsheet takes 00012 for the number 12.
local function with_zeros(name, facts)
  for _, known in ipairs { facts.by_device, facts.by_number } do
    for other in pairs(known) do
      if other:gsub("^0+", "") == name then return (" (%s?)"):format(other) end
    end
  end
  return ""
end

local function listed(list)
  local shown = table.concat(list, ", ", 1, math.min(#list, SHOWN))
  return #list > SHOWN and ("%s and %d more"):format(shown, #list - SHOWN) or shown
end

-- All names of several `protected`, each once.
local function all_names(...)
  local list, seen, empty = {}, {}, false
  for index = 1, select("#", ...) do
    local protected = select(index, ...)
    local names = protection.names(protected)
    empty = empty or (type(protected) == "table" and #names == 0)
    for _, name in ipairs(names) do
      if not seen[name] then list[#list + 1], seen[name] = name, true end
    end
  end
  table.sort(list)
  return list, empty
end

---What is named and no meter of the platform has, and what may mean several devices (then all of them are protected).
---@param facts table by_device, by_number
---@param ... nil|table|function
---@return { unlisted: string[], ambiguous: string[], empty: boolean }
function protection.doubts(facts, ...)
  local names, empty = all_names(...)
  local doubts = { unlisted = {}, ambiguous = {}, empty = empty }
  for _, name in ipairs(names) do
    local devices = devices_of(name, facts)
    if not facts.by_device[name] and not facts.by_number[name] then
      table.insert(doubts.unlisted, name)
    elseif #devices > 1 then
      table.insert(doubts.ambiguous, ("%s may mean device %s"):format(name, table.concat(devices, " or ")))
    end
  end
  return doubts
end

---Why a plan cannot rely on what is protected, or nil.
---@param doubts table of protection.doubts
---@param facts table by_device, by_number
---@return imr.Error|nil err kind "protection"
function protection.objection(doubts, facts)
  local parts = {}
  if doubts.empty then parts[1] = "the list is empty" end
  if #doubts.unlisted > 0 then
    local names = {}
    for index, name in ipairs(doubts.unlisted) do names[index] = name .. with_zeros(name, facts) end
    parts[#parts + 1] = "no meter there is: " .. listed(names)
  end
  if #doubts.ambiguous > 0 then parts[#parts + 1] = listed(doubts.ambiguous) end
  if #parts == 0 then return nil end
  return refusal(("what is protected is in doubt, so nothing is planned or sent: %s (allow_unmatched goes on)"):format(
    table.concat(parts, "; ")))
end

return protection
