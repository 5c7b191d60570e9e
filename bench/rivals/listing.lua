-- listing.lua URL imr|script: seconds for all six listings of a period, at the platform's pace.
--
--   script   what one would write first: a request, its answer, a pause of two seconds; one listing after the other
--   imr      the six listings side by side, each on its own pace

local core = require "imr.core"
local post = dofile "bench/rivals/post.lua"

local url, way = arg[1], arg[2]
local FROM, TO = "2026-01-10", "2026-01-14"
local PAGE = 100

local function script()
  local token, rows = post(url .. "/user/login", { admin_user_name = "demo", api_password = "demo-secret" }).data, 0
  for _, path in ipairs { "meterList", "readMeter", "readMeterList", "readMeterDataList", "peaksValleysRead",
    "cameraRead" } do
    local number = 1
    repeat
      local answer = post(url .. "/meter/" .. path, { admin_user_name = "demo", token = token, pageNo = number,
        pageSize = PAGE, BeginDate = FROM .. " 00:00:00", EndDate = TO .. " 23:59:59", type = "2" })
      assert(tonumber(answer.code) == 200, "code " .. tostring(answer.code))
      rows, number = rows + #answer.data, number + 1
      core.sleep(2)
    until #answer.data < PAGE
  end
  return rows
end

local function client()
  local imr = require "imr"
  local own = assert(imr.new { base_url = url, username = "demo", password = "demo-secret", page_size = PAGE,
    on_event = function() end })
  local period, works = { from = FROM, to = TO }, {}
  local daily = { from = FROM, to = TO, granularity = "daily" }
  for index, name in ipairs { "meters", "latest_readings", "readings", "consumption", "tou_readings",
    "camera_readings" } do
    local parameters = index > 2 and (name == "consumption" and daily or period) or nil
    works[index] = function() return #assert(own[name](own, parameters):collect()) end
  end
  local rows = 0
  for _, count in ipairs(imr.run(imr.all, works)) do rows = rows + count end
  return rows
end

local began = core.now()
local rows = (way == "imr" and client or script)()
io.stderr:write(way, ": ", rows, " rows\n")
print(core.now() - began)
