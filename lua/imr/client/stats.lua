-- A client's counters, and how long its requests took.

---What `client:stats()` counts.
---@class imr.Counters
---@field requests integer
---@field errors integer
---@field throttled integer answers of 1011, and of HTTP 429
---@field rows integer
---@field bytes integer of answers
---@field retries integer repetitions after a failure
---@field waited number seconds spent waiting for slots
---@field logins integer
---@field codes table<string, integer> answers by return code ("200"; `codes[200]` is the same), or by the kind of an
---error without one
---@field endpoints table<string, imr.EndpointCounters>
---@field token_age? number seconds

---The same of one endpoint.
---@class imr.EndpointCounters
---@field requests integer
---@field errors integer
---@field throttled integer
---@field rows integer
---@field bytes integer
---@field retries integer
---@field waited number
---@field in_flight integer requests that are under way now
---@field latency imr.Histogram seconds from a request's beginning to its answer or failure

---How long requests took.
---@class imr.Histogram
---@field count integer
---@field sum number
---@field buckets { le: number, count: integer }[] so many were at most `le`, in order; option `latency_buckets`

---@class imr.Stats
local Stats = {}
Stats.__index = Stats

local function counters()
  return { requests = 0, errors = 0, throttled = 0, rows = 0, bytes = 0, retries = 0, waited = 0 }
end

---@param bounds number[] of the latencies' buckets, seconds, rising
function Stats.new(bounds)
  return setmetatable({ bounds = bounds, total = counters(), logins = 0, codes = {}, endpoints = {},
    under_way = setmetatable({}, { __mode = "k" }) }, Stats) -- what nginx has killed says no more that it has ended
end

local function of(self, endpoint)
  local entry = self.endpoints[endpoint]
  if not entry then
    entry = counters()
    entry.latency = { count = 0, sum = 0, buckets = {} }
    for index, bound in ipairs(self.bounds) do entry.latency.buckets[index] = { le = bound, count = 0 } end
    self.endpoints[endpoint] = entry
  end
  return entry
end

local function add(self, endpoint, name, amount)
  local entry = of(self, endpoint)
  entry[name], self.total[name] = entry[name] + amount, self.total[name] + amount
end

function Stats:login()
  self.logins = self.logins + 1
end

---@param request table stands for it until `ended`
function Stats:sent(endpoint, request)
  self.under_way[request] = endpoint
  add(self, endpoint, "requests", 1)
end

---@param seconds number since it was sent
function Stats:ended(endpoint, request, seconds)
  self.under_way[request] = nil
  local latency = of(self, endpoint).latency
  latency.count, latency.sum = latency.count + 1, latency.sum + seconds
  for _, bucket in ipairs(latency.buckets) do
    if seconds <= bucket.le then bucket.count = bucket.count + 1 end
  end
end

function Stats:retried(endpoint)
  add(self, endpoint, "retries", 1)
end

function Stats:waited(endpoint, seconds)
  add(self, endpoint, "waited", seconds)
end

---@param code integer|nil the platform's; an error without one is counted by its kind
function Stats:answered(endpoint, code, err, rows, bytes)
  local key = tostring(code or err.kind)
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

-- Numbers as keys would be a list with holes to a JSON encoder.
local by_number = { __index = function(codes, code) return rawget(codes, tostring(code)) end }

---A copy of the counters: the totals, logins, `codes` (answers by return code or error kind) and `endpoints`.
---@return imr.Counters
function Stats:snapshot()
  local result = copy(self.total)
  result.logins, result.codes, result.endpoints = self.logins, copy(self.codes), copy(self.endpoints)
  setmetatable(result.codes, by_number)
  for _, entry in pairs(result.endpoints) do entry.in_flight = 0 end
  for _, endpoint in pairs(self.under_way) do
    result.endpoints[endpoint].in_flight = result.endpoints[endpoint].in_flight + 1
  end
  return result
end

return Stats
