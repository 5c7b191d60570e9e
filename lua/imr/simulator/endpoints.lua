--- The platform's endpoints: where they are and what a request to each must carry.
--- Written out here rather than taken from the client's own table, so that the two check each other.

local endpoints = {}

---@class imr.simulator.Endpoint
---@field name string
---@field path string
---@field required string[] wire parameters beside the credentials
---@field listing boolean

---@type imr.simulator.Endpoint[]
endpoints.list = {
  { name = "login", path = "/user/login", required = { "admin_user_name", "api_password" } },
  { name = "meters", path = "/meter/meterList", required = {}, listing = true },
  { name = "latest_readings", path = "/meter/readMeter", required = {}, listing = true },
  { name = "readings", path = "/meter/readMeterList", listing = true, dated = true, several = true,
    required = { "BeginDate", "EndDate", "pageNo", "pageSize" } },
  { name = "consumption", path = "/meter/readMeterDataList", listing = true, dated = true,
    required = { "type", "BeginDate", "EndDate", "pageNo", "pageSize" } },
  { name = "instruct", path = "/meter/meterInstruct", required = { "deviceId", "type" } },
  { name = "tou_readings", path = "/meter/peaksValleysRead", listing = true, dated = true, several = true,
    required = { "BeginDate", "EndDate", "pageNo", "pageSize" } },
  { name = "camera_readings", path = "/meter/cameraRead", listing = true, dated = true, several = true,
    required = { "BeginDate", "EndDate", "pageNo", "pageSize" } },
}

local by_path, by_name = {}, {}
for _, endpoint in ipairs(endpoints.list) do
  by_path[endpoint.path] = endpoint
  by_name[endpoint.name] = endpoint
end

---@param path string without query and prefix
---@return imr.simulator.Endpoint|nil
function endpoints.at(path)
  return by_path[path]
end

---@return string
function endpoints.names()
  local names = {}
  for index, endpoint in ipairs(endpoints.list) do
    names[index] = endpoint.name
  end
  return table.concat(names, ", ")
end

---@param names string[]
---@return boolean
function endpoints.all_known(names)
  for _, name in ipairs(names) do
    if not by_name[name] then
      return false
    end
  end
  return true
end

return endpoints
