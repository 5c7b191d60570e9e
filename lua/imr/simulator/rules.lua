--- What the platform lets pass and what it then does: pace, token, rights, parameters, in this order.

local envelope = require "imr.simulator.envelope"
local listings = require "imr.simulator.listings"
local quote = require("imr.base.json").quote

local rules = {}

---@class imr.simulator.Call
---@field endpoint imr.simulator.Endpoint
---@field parameters table<string, string>
---@field now number
---@field entry imr.simulator.Entry

-- What counts is the arrival, and one that comes too early does not move the slot of the next.
local function too_fast(self, call)
  if call.endpoint.name == "login" then
    return false
  end
  local key = call.endpoint.name .. "\0" .. (call.parameters.admin_user_name or "")
  local last = self.slots[key]
  if last and call.now - last < self.settings.interval - 1e-6 then
    return true
  end
  self.slots[key] = call.now
  return false
end

local function is_forbidden(self, name)
  for _, forbidden in ipairs(self.settings.forbidden or {}) do
    if forbidden == name then
      return true
    end
  end
  return false
end

local function lacks_parameter(call)
  for _, name in ipairs(call.endpoint.required) do
    if not call.parameters[name] then
      return true
    end
  end
  return false
end

local actions = {}

function actions.login(self, call)
  local given = call.parameters
  local unix = self.settings.epoch + call.now
  local code, token = self.accounts:login(given.admin_user_name, given.api_password, call.now, unix)
  if code ~= 200 then
    return envelope.answer(self.settings, code), code
  end
  return envelope.answer(self.settings, 200, { data = quote(token), message = "登录成功" }), 200
end

function actions.instruct(self, call)
  local meter = self.fleet:by_device(call.parameters.deviceId)
  local command = tonumber(call.parameters.type)
  call.entry.device, call.entry.command = call.parameters.deviceId, command
  local code = 200
  if not meter or command ~= 1 and command ~= 2 and command ~= 3 then
    code = 1001
  elseif self.settings.duplicate_orders and self.devices:is_pending(meter, command) then
    code = 1010
  else
    self.devices:order(meter, command, self:local_time(call.now) + self.settings.command_delay)
    self.devices:advance(self:local_time(call.now))
  end
  return envelope.answer(self.settings, code), code
end

local function list(self, call)
  local wanted = listings.read(call.parameters, call.endpoint, self.settings.page_cap)
  if not wanted then
    return envelope.answer(self.settings, 1001), 1001
  end
  local rows, total = listings.rows(self, call.endpoint.name, call.parameters, wanted)
  local entry = call.entry
  entry.page, entry.page_size, entry.rows = wanted.page, wanted.size, #rows
  local single = call.endpoint.name == "latest_readings" and wanted.numbers and self.settings.single == "object"
  return envelope.listing(self.settings, rows, total, wanted.page, single), 200
end

-- The first rule that a call breaks, or 200.
local function refusal(self, call)
  local given = call.parameters
  if too_fast(self, call) then
    return 1011
  elseif call.endpoint.name == "login" then
    return lacks_parameter(call) and 1008 or 200
  elseif not given.token or not given.admin_user_name then
    return 1008
  end
  local code = self.accounts:check(given.admin_user_name, given.token, call.now)
  if code ~= 200 then
    return code
  elseif is_forbidden(self, call.endpoint.name) then
    return 1009
  end
  return lacks_parameter(call) and 1008 or 200
end

--- Judges a call and, where no rule forbids it, acts.
---@param self imr.simulator.Platform
---@param call imr.simulator.Call
---@return string body
---@return integer code
function rules.obey(self, call)
  local code = refusal(self, call)
  if code ~= 200 then
    return envelope.answer(self.settings, code), code
  end
  local body
  body, code = (actions[call.endpoint.name] or list)(self, call)
  call.entry.executed = code == 200
  return body, code
end

return rules
