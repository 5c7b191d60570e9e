--- What goes wrong on the way: which fault hits which request, as a function of seed and order of arrival.

local endpoints = require "imr.simulator.endpoints"
local hash = require "imr.simulator.hash"

local faults = {}

-- Earlier ones win when several would hit the same request.
local NAMES = { "drop_before", "1011", "1001", "stall", "drop_after", "502", "html", "truncate" }
local KNOWN = {}
for _, name in ipairs(NAMES) do
  KNOWN[name] = hash.name(name)
end

---@return string
function faults.names()
  return table.concat(NAMES, ", ")
end

local function valid_rate(rate)
  return type(rate) == "number" and rate >= 0 and rate <= 1
end

--- What is wrong with a table of fault names, each with a rate or { rate =, endpoints = { names } }.
---@return string|nil
function faults.problem(given)
  for name, fault in pairs(given) do
    local parts = type(fault) == "table" and fault or { rate = fault }
    if not KNOWN[tostring(name)] then
      return ("there is no fault '%s'; there are %s"):format(tostring(name), faults.names())
    elseif not valid_rate(parts.rate) then
      return ("the rate of %s must be a number from 0 to 1, not %s"):format(tostring(name), tostring(parts.rate))
    elseif parts.endpoints and not (type(parts.endpoints) == "table" and endpoints.all_known(parts.endpoints)) then
      return ("%s: its endpoints are a list of %s"):format(tostring(name), endpoints.names())
    end
  end
end

local function concerns(fault, endpoint)
  if type(fault) ~= "table" or not fault.endpoints then
    return true
  end
  for _, name in ipairs(fault.endpoints) do
    if name == endpoint then
      return true
    end
  end
  return false
end

---@class imr.simulator.Faults
local Faults = {}
Faults.__index = Faults

---@param settings table checked options
---@return imr.simulator.Faults
function faults.new(settings)
  local given = settings.faults or {}
  local self = setmetatable({ seed = settings.seed, burst = settings.burst, given = {} }, Faults)
  self.refusing, self.arrivals = {}, 0
  for _, name in ipairs(NAMES) do
    self.given[name] = given[name] or given[tonumber(name) or name]
  end
  return self
end

local function hits(self, name, endpoint)
  local fault = self.given[name]
  if not fault or not concerns(fault, endpoint) then
    return false
  end
  local rate = type(fault) == "table" and fault.rate or fault
  return hash.unit(self.seed, 91, KNOWN[name], self.arrivals) < rate
end

local function in_burst(self, endpoint)
  local left = self.refusing[endpoint] or 0
  self.refusing[endpoint] = left > 0 and left - 1 or nil
  return left > 0
end

--- The fault that hits this arrival.
---@param endpoint string
---@return string|nil
function Faults:next(endpoint)
  self.arrivals = self.arrivals + 1
  if in_burst(self, endpoint) then
    return "1011"
  end
  for _, name in ipairs(NAMES) do
    -- Login is never too fast.
    if not (name == "1011" and endpoint == "login") and hits(self, name, endpoint) then
      if name == "1011" then
        self.refusing[endpoint] = self.burst - 1
      end
      return name
    end
  end
end

return faults
