--- What happened to meters since the platform started: supply switched, gone offline, read on request.
--- Only meters that something happened to take memory; everything else about them is the fleet's arithmetic.

local DAY = require("imr.simulator.calendar").DAY

---@class imr.simulator.Devices
---@field revision integer changes whenever a listing may have other rows than before
local Devices = {}
Devices.__index = Devices

---@param fleet imr.simulator.Fleet
---@param history imr.simulator.History
---@param settings table checked options
---@return imr.simulator.Devices
function Devices.new(fleet, history, settings)
  return setmetatable({
    fleet = fleet, history = history, settings = settings, revision = 0,
    gates = {}, offline = {}, requested = {}, pending = {},
  }, Devices)
end

---@return number|nil local seconds since when the meter is offline, nil when it is online
function Devices:offline_since(meter)
  local known = self.offline[meter.id]
  if known == true then
    return self.history.origin * DAY
  elseif known ~= nil then
    return known or nil
  end
  if self.fleet:chance("offline", meter.id) >= self.settings.offline then
    return nil
  end
  local draw = self.fleet:draw("offline", meter.id)
  return (self.history.origin - 1 - draw % 9) * DAY + draw % DAY
end

---@param now_local number|nil nil before the first request: offline since the midnight before it
function Devices:set_online(meter, online, now_local)
  local already = not online and now_local and self:offline_since(meter)
  self.offline[meter.id] = not online and (already or now_local or true)
  self.revision = self.revision + 1
end

---@return "connected"|"disconnected"
function Devices:gate(meter)
  local state = self.gates[meter.id]
  return state or self.fleet:chance("gate", meter.id) < 0.03 and "disconnected" or "connected"
end

function Devices:set_gate(meter, state)
  self.gates[meter.id] = state
end

---@return table list of local seconds, oldest first
function Devices:requested_times(meter)
  return self.requested[meter.id]
end

--- Whether the same command for the same meter has not taken effect yet.
function Devices:is_pending(meter, command)
  for _, order in ipairs(self.pending) do
    if order.id == meter.id and order.command == command then
      return true
    end
  end
  return false
end

---@param command 1|2|3 disconnect, reconnect, read
---@param due number local seconds at which it takes effect
function Devices:order(meter, command, due)
  self.pending[#self.pending + 1] = { id = meter.id, command = command, due = due }
end

local function take_effect(self, order)
  local meter = self.fleet:meter(order.id)
  if self:offline_since(meter) then
    return
  end
  if order.command == 3 then
    local times = self.requested[order.id] or {}
    self.requested[order.id] = times
    times[#times + 1] = math.floor(order.due)
    self.revision = self.revision + 1
  else
    self.gates[order.id] = order.command == 1 and "disconnected" or "connected"
  end
end

--- Lets every order that is due take effect, in the order they were given.
---@param now_local number
function Devices:advance(now_local)
  local waiting = {}
  local pending = self.pending
  for _, order in ipairs(pending) do
    if order.due <= now_local then
      take_effect(self, order)
    else
      waiting[#waiting + 1] = order
    end
  end
  if #waiting < #pending then
    self.pending = waiting
  end
end

return Devices
