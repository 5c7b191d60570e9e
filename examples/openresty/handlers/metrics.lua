-- GET /metrics: counters over all workers, in Prometheus' text format.

local app = require "app"
local counters = require "counters"

local metrics = {}

local families = {
  { "requests", "imr_requests_total", "endpoint", "Requests sent to the platform." },
  { "errors", "imr_errors_total", "endpoint", "Requests that ended with an error." },
  { "throttled", "imr_throttled_total", "endpoint", "Answers of 1011: too fast." },
  { "rows", "imr_rows_total", "endpoint", "Records received." },
  { "bytes", "imr_bytes_total", "endpoint", "Bytes of answers received." },
  { "waited", "imr_wait_seconds_total", "endpoint", "Seconds spent waiting for the platform's pace." },
  { "codes", "imr_answers_total", "code", "Answers by the platform's return code, or by kind of error." },
  { "logins", "imr_logins_total", nil, "Logins." },
}

local function write_head(lines, name, kind, help)
  table.insert(lines, ("# HELP %s %s"):format(name, help))
  table.insert(lines, ("# TYPE %s %s"):format(name, kind))
end

local function write_family(lines, family, all)
  local name, label = family[2], family[3]
  write_head(lines, name, "counter", family[4])
  for _, counter in ipairs(all) do
    if counter.name == family[1] then
      local labels = label and ('{%s="%s"}'):format(label, counter.label) or ""
      table.insert(lines, ("%s%s %.14g"):format(name, labels, counter.value))
    end
  end
end

-- The token is everybody's, so any worker can tell its age.
local function write_token(lines, age)
  write_head(lines, "imr_token_age_seconds", "gauge", "Age of the login token that all workers share.")
  if age then table.insert(lines, ("imr_token_age_seconds %.3f"):format(age)) end
end

function metrics.serve()
  if not app.allow "GET" then return end
  local stats = app.client:stats()
  counters.collect(stats)
  local lines, all = {}, counters.all()
  for _, family in ipairs(families) do write_family(lines, family, all) end
  write_token(lines, stats.token_age)
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.say(table.concat(lines, "\n"))
end

return metrics
