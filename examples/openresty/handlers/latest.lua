-- GET /meters/{no}/latest: one meter's newest reading.

local app = require "app"
local cache = require "cache"
local config = require "config"

local latest = {}

---@param meter_no string from the path
function latest.serve(meter_no)
  if not app.allow "GET" then return end
  cache.serve("latest|" .. meter_no, function()
    return app.client:latest_reading(meter_no, { max_wait = config.max_wait })
  end)
end

return latest
