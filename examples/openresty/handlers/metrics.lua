-- GET /metrics: numbers over all workers, in Prometheus' text format.

local app = require "app"
local counters = require "counters"
local imr_metrics = require "imr.metrics"

local metrics = {}

function metrics.serve()
  if not app.allow "GET" then return end
  counters.collect(app.client)
  ngx.header["Content-Type"] = "text/plain; version=0.0.4"
  ngx.print(imr_metrics.format(counters.all()))
end

return metrics
