-- Counters over all workers. Each worker adds what its client's counters have grown by, so that the sums only rise,
-- also when workers come and go.

local counters = {}

local dict = ngx.shared.imr_metrics

local last = {} -- this worker's counters when it last looked

local function add(name, label, value)
  local key = name .. "|" .. label
  local grown = value - (last[key] or 0)
  last[key] = value
  if grown > 0 then dict:incr(key, grown, 0) end
end

local of_endpoint = { "requests", "errors", "throttled", "rows", "bytes", "waited" }

---Takes a worker's counters.
---@param stats table client:stats()
function counters.collect(stats)
  for endpoint, counts in pairs(stats.endpoints) do
    for _, name in ipairs(of_endpoint) do add(name, endpoint, counts[name]) end
  end
  for code, count in pairs(stats.codes) do add("codes", tostring(code), count) end
  add("logins", "", stats.logins)
end

---Every counter: name, label, value, in order.
---@return table[]
function counters.all()
  local list = {}
  for _, key in ipairs(dict:get_keys(0)) do
    local name, label = key:match("^(.-)|(.*)$")
    list[#list + 1] = { name = name, label = label, value = dict:get(key) }
  end
  table.sort(list, function(a, b) return a.label < b.label end)
  return list
end

return counters
