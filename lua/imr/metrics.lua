-- Clients' numbers for monitoring, in the text format that Prometheus reads.

local metrics = {}

---What a number is. Those of one series, as two clients of one account have it, are added up or the highest of them.
---@class imr.Family
---@field name string
---@field type "counter"|"gauge"|"histogram"
---@field help string
---@field adds boolean

---@class imr.Sample
---@field family string
---@field suffix string "", or of a histogram "_bucket", "_sum" or "_count"
---@field labels { [1]: string, [2]: string }[] names and values
---@field value number

-- With the fields of client:metrics(): of each endpoint, or of the whole; the last ones are the program's.
local families = {
  { "requests", "imr_requests_total", "counter", "Requests sent to the platform." },
  { "errors", "imr_errors_total", "counter", "Requests that ended with an error." },
  { "throttled", "imr_throttled_total", "counter", "Answers of 1011: too fast." },
  { "retries", "imr_retries_total", "counter", "Repetitions after a failure." },
  { "rows", "imr_rows_total", "counter", "Records received." },
  { "bytes", "imr_bytes_total", "counter", "Bytes of answers received." },
  { "waited", "imr_wait_seconds_total", "counter", "Seconds spent waiting for the platform's pace." },
  { "in_flight", "imr_in_flight", "gauge", "Requests that are under way.", adds = true },
  { "queue", "imr_queue_length", "gauge", "Callers that wait for a slot." },
  { "next_slot", "imr_next_slot_seconds", "gauge", "Seconds until the slot that is reserved." },
  { "latency", "imr_request_duration_seconds", "histogram", "Seconds from a request to its answer or failure." },
  { "codes", "imr_answers_total", "counter", "Answers by the platform's return code, or by kind of error." },
  { "logins", "imr_logins_total", "counter", "Logins." },
  { "token_age", "imr_token_age_seconds", "gauge", "Age of the login token." },
  { "breaker", "imr_breaker_open", "gauge", "1 while the platform is taken to be away." },
  { "sync_ended", "imr_sync_ended_timestamp_seconds", "gauge", "When the last sync ended, seconds since 1970." },
  { "sync_status", "imr_sync_exit_status", "gauge", "The last sync's exit status: 0 when all is well." },
}

---By name, and in the order in which they are written.
---@type table<string|integer, imr.Family>
metrics.families = {}
for index, entry in ipairs(families) do
  local family = { field = entry[1], name = entry[2], type = entry[3], help = entry[4],
    adds = entry.adds or entry[3] ~= "gauge" }
  metrics.families[index], metrics.families[family.name] = family, family
end

-- ---------------------------------------------------------------- samples of clients

local function number(value)
  return (("%.14g"):format(value):gsub("^inf$", "+Inf"))
end

-- A list of its own, so that whoever gets a sample may add to it.
local function with(labels, name, value)
  local longer = {}
  for index, label in ipairs(labels) do longer[index] = label end
  if name then longer[#longer + 1] = { name, value } end
  return longer
end

local add = {}

function add.number(samples, family, labels, value, suffix)
  samples[#samples + 1] = { family = family.name, suffix = suffix or "", labels = with(labels), value = value }
end

add.counter, add.gauge = add.number, add.number

function add.histogram(samples, family, labels, histogram)
  for _, bucket in ipairs(histogram.buckets) do
    add.number(samples, family, with(labels, "le", number(bucket.le)), bucket.count, "_bucket")
  end
  add.number(samples, family, with(labels, "le", "+Inf"), histogram.count, "_bucket")
  add.number(samples, family, labels, histogram.sum, "_sum")
  add.number(samples, family, labels, histogram.count, "_count")
end

local function add_fields(samples, entry, labels)
  for _, family in ipairs(metrics.families) do
    local value = entry[family.field]
    if value and family.field ~= "codes" then add[family.type](samples, family, labels, value) end
  end
end

local function add_client(samples, client, level)
  local is_client = type(client) == "table" and type(client.metrics) == "function"
  if not is_client then error("imr.metrics takes clients", level + 1) end
  local found = client:metrics()
  local labels = { { "account", found.account } }
  for name, entry in pairs(found.endpoints) do add_fields(samples, entry, with(labels, "endpoint", name)) end
  add_fields(samples, { logins = found.logins, token_age = found.token_age, breaker = found.breaker_open and 1 or 0 },
    labels)
  for code, count in pairs(found.codes) do
    add.number(samples, metrics.families.imr_answers_total, with(labels, "code", code), count)
  end
end

local function samples_of(level, ...)
  local samples = {}
  for index = 1, select("#", ...) do add_client(samples, (select(index, ...)), level + 1) end
  return samples
end

---The numbers of some clients.
---@param ... imr.Client
---@return imr.Sample[]
function metrics.samples(...)
  local samples = samples_of(2, ...)
  return samples
end

-- ---------------------------------------------------------------- text

local ESCAPES = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

local function series_of(sample)
  local labels = {}
  for index, label in ipairs(sample.labels) do
    labels[index] = ('%s="%s"'):format(label[1], (label[2]:gsub('[\\"\n]', ESCAPES)))
  end
  return sample.family .. sample.suffix .. (#labels > 0 and "{" .. table.concat(labels, ",") .. "}" or "")
end

-- A histogram's buckets stand in the order of their bounds, before its sum and count.
local function place_of(sample)
  local words, bound = {}, ""
  for _, label in ipairs(sample.labels) do
    if label[1] == "le" then
      bound = label[2] == "+Inf" and "~" or ("%020.6f"):format(label[2])
    else
      words[#words + 1] = label[2]
    end
  end
  return table.concat(words, "\0") .. "\0" .. sample.suffix .. "\0" .. bound
end

local function merge(samples)
  local by_series, of_family = {}, {}
  for _, sample in ipairs(samples) do
    local series, family = series_of(sample), metrics.families[sample.family]
    local line = by_series[series]
    if not line then
      line = { series = series, place = place_of(sample), value = sample.value }
      by_series[series], of_family[family] = line, of_family[family] or {}
      table.insert(of_family[family], line)
    else
      line.value = family.adds and line.value + sample.value or math.max(line.value, sample.value)
    end
  end
  return of_family
end

local function is_sample(sample)
  if type(sample) ~= "table" or not metrics.families[sample.family] then return false end
  if type(sample.labels) ~= "table" then return false end
  for _, label in ipairs(sample.labels) do
    if type(label) ~= "table" or type(label[1]) ~= "string" or type(label[2]) ~= "string" then return false end
  end
  return type(sample.suffix) == "string" and type(sample.value) == "number"
end

---Samples as text, sorted, each series once.
---@param samples imr.Sample[]
---@return string text of the type "text/plain; version=0.0.4"
function metrics.format(samples)
  local wrong = "imr.metrics.format takes samples, as imr.metrics.samples gives them"
  if type(samples) ~= "table" then error(wrong, 2) end
  for _, sample in ipairs(samples) do
    if not is_sample(sample) then error(wrong, 2) end
  end
  local of_family, lines = merge(samples), {}
  for _, family in ipairs(metrics.families) do
    local found = of_family[family] or {}
    table.sort(found, function(a, b) return a.place < b.place end)
    if #found > 0 then
      lines[#lines + 1] = ("# HELP %s %s"):format(family.name, family.help)
      lines[#lines + 1] = ("# TYPE %s %s"):format(family.name, family.type)
    end
    for _, line in ipairs(found) do lines[#lines + 1] = line.series .. " " .. number(line.value) end
  end
  lines[#lines + 1] = ""
  return table.concat(lines, "\n")
end

---The numbers of some clients as text.
---@param ... imr.Client
---@return string
function metrics.prometheus(...)
  local samples = samples_of(2, ...)
  return metrics.format(samples)
end

return metrics
