-- A page of 1,000 rows of a listing as the simulated platform sends it.
--
--   "apart"   each row another meter's: one day of a whole project
--   "by meter"  some weeks of few meters, one meter after the other

local Platform = require "imr.simulator.platform"
local cjson = require "cjson"

local pages = {}

pages.ROWS = 1000
pages.LISTINGS = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }

local PATHS = {
  meters = "/meter/meterList", latest_readings = "/meter/readMeter", readings = "/meter/readMeterList",
  consumption = "/meter/readMeterDataList", tou_readings = "/meter/peaksValleysRead",
  camera_readings = "/meter/cameraRead",
}
local ONE_PER_METER = { meters = true, latest_readings = true }
local EPOCH = 1764000000 -- 2025-11-24 in China
local ORDERS = {
  apart = { meters = 22000, days = 2, from = "2025-11-23 00:00:00", to = "2025-11-23 23:59:59" },
  ["by meter"] = { meters = 900, days = 30, from = "2025-01-01 00:00:00", to = "2026-12-31 00:00:00" },
}

local function ask(platform, path, parameters)
  return platform:handle({ method = "POST", path = path, headers = { ["Content-Type"] = "application/json" },
    body = cjson.encode(parameters) }, 0).body
end

---The orders in which a listing's rows may come.
---@return string[]
function pages.orders(listing)
  return ONE_PER_METER[listing] and { "apart" } or { "apart", "by meter" }
end

---@param listing string
---@param order "apart"|"by meter"
---@return string body
function pages.body(listing, order)
  local settings = ORDERS[order]
  local platform = Platform.new { meters = settings.meters, days = settings.days, interval = 0, epoch = EPOCH }
  local token = cjson.decode(ask(platform, "/user/login", { admin_user_name = "demo", api_password = "demo-secret" }))
  local body = ask(platform, PATHS[listing], { admin_user_name = "demo", token = token.data, type = "2", pageNo = 1,
    pageSize = pages.ROWS, BeginDate = settings.from, EndDate = settings.to })
  assert(#cjson.decode(body).data == pages.ROWS, "the simulator has too few rows")
  return body
end

return pages
