-- Calls to a simulated platform in this process, on a clock that the spec moves.
local Platform = require "imr.simulator.platform"
local cjson = require "cjson"

local calls = {}
calls.__index = calls

local START = 1764000000 -- 2025-11-25 00:00:00 in the platform's zone
local PATHS = {
  login = "/user/login", meters = "/meter/meterList", latest = "/meter/readMeter", readings = "/meter/readMeterList",
  consumption = "/meter/readMeterDataList", instruct = "/meter/meterInstruct", tou = "/meter/peaksValleysRead",
  camera = "/meter/cameraRead",
}
local DATED = { readings = true, consumption = true, tou = true, camera = true }

--- A platform and somebody who calls it.
---@param options? table of the platform
function calls.new(options)
  return setmetatable({ platform = Platform.new(options), now = START }, calls)
end

--- Sends a body as it is and returns the platform's raw answer.
function calls:send(name, body, content_type)
  return self.platform:handle({
    method = "POST", path = PATHS[name] or name, body = body,
    headers = { ["Content-Type"] = content_type or "application/json" },
  }, self.now)
end

--- Sends these parameters alone and returns the decoded answer.
function calls:bare(name, parameters)
  return cjson.decode((self:send(name, cjson.encode(parameters)).body:gsub("^\239\187\191", "")))
end

function calls:login(account, password)
  local answer = self:bare("login", { admin_user_name = account or "demo", api_password = password or "demo-secret" })
  self.token = answer.data or self.token
  return answer
end

--- Parameters with everything filled in that a call needs to succeed.
function calls:full(name, parameters)
  local full = { admin_user_name = "demo", token = self.token, pageNo = 1, pageSize = 1000 }
  if DATED[name] then
    full.BeginDate, full.EndDate, full.type = "2025-11-20 00:00:00", "2025-11-24 23:59:59", "2"
  end
  for key, value in pairs(parameters or {}) do
    full[key] = value
  end
  return full
end

--- A well-formed call, after the pace that is due and a login where there was none.
function calls:call(name, parameters)
  if not self.token then
    self:login()
  end
  self.now = self.now + 2
  return self:bare(name, self:full(name, parameters))
end

return calls
