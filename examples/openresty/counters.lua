-- Numbers over all workers. Each worker adds what its client's counters have grown by, so that the sums only rise, also
-- when workers come and go; what stands at a moment each worker says of itself.

local cjson = require "cjson.safe"
local metrics = require "imr.metrics"

local counters = {}

local dict = ngx.shared.imr_metrics

local last = {} -- this worker's counters when it last looked

local function add(key, value)
  local grown = value - (last[key] or 0)
  last[key] = value
  if grown > 0 then dict:incr(key, grown, 0) end
end

---Takes a worker's numbers.
---@param client imr.Client
function counters.collect(client)
  for _, sample in ipairs(metrics.samples(client)) do
    local is_gauge = metrics.families[sample.family].type == "gauge"
    if is_gauge then table.insert(sample.labels, { "worker", tostring(ngx.worker.id()) }) end
    local key = cjson.encode { sample.family, sample.suffix, sample.labels }
    if is_gauge then dict:set(key, sample.value) else add(key, sample.value) end
  end
end

---All workers' numbers.
---@return imr.Sample[]
function counters.all()
  local samples = {}
  for _, key in ipairs(dict:get_keys(0)) do
    local family, suffix, labels = unpack(cjson.decode(key))
    samples[#samples + 1] = { family = family, suffix = suffix, labels = labels, value = dict:get(key) }
  end
  return samples
end

return counters
