-- A client's counters.

---What `client:stats()` counts.
---@class imr.Counters
---@field requests integer
---@field errors integer
---@field throttled integer answers of 1011, and of HTTP 429
---@field rows integer
---@field bytes integer of answers
---@field waited number seconds spent waiting for slots
---@field logins integer
---@field codes table<integer|string, integer> answers by return code, or by the kind of an error without one
---@field endpoints table<string, table> the first six of these counters, by endpoint
---@field token_age? number seconds

---@class imr.Stats
local Stats = {}
Stats.__index = Stats

local function counters()
  return { requests = 0, errors = 0, throttled = 0, rows = 0, bytes = 0, waited = 0 }
end

function Stats.new()
  return setmetatable({ total = counters(), logins = 0, codes = {}, endpoints = {} }, Stats)
end

local function of(self, endpoint)
  local entry = self.endpoints[endpoint]
  if not entry then
    entry = counters()
    self.endpoints[endpoint] = entry
  end
  return entry
end

local function add(self, endpoint, name, amount)
  local entry = of(self, endpoint)
  entry[name], self.total[name] = entry[name] + amount, self.total[name] + amount
end

function Stats:count(name)
  self[name] = self[name] + 1
end

function Stats:sent(endpoint)
  add(self, endpoint, "requests", 1)
end

function Stats:waited(endpoint, seconds)
  add(self, endpoint, "waited", seconds)
end

---@param code integer|nil the platform's; an error without one is counted by its kind
function Stats:answered(endpoint, code, err, rows, bytes)
  local key = code or err.kind
  self.codes[key] = (self.codes[key] or 0) + 1
  add(self, endpoint, "rows", rows)
  add(self, endpoint, "bytes", bytes)
  if err then add(self, endpoint, "errors", 1) end
  if err and err.kind == "throttled" then add(self, endpoint, "throttled", 1) end
end

local function copy(counts)
  local result = {}
  for name, value in pairs(counts) do result[name] = type(value) == "table" and copy(value) or value end
  return result
end

---A copy of the counters: the totals, logins, `codes` (answers by return code or error kind) and `endpoints`.
function Stats:snapshot()
  local result = copy(self.total)
  result.logins, result.codes, result.endpoints = self.logins, copy(self.codes), copy(self.endpoints)
  return result
end

return Stats
