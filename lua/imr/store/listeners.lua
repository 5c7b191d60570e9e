-- Who wants to hear of a store's events: the clients that share it, which it does not keep alive.

---@class imr.store.Listeners
local Listeners = {}
Listeners.__index = Listeners

---@return imr.store.Listeners
function Listeners.new()
  return setmetatable({ emitters = setmetatable({}, { __mode = "k" }) }, Listeners)
end

---Events go to `emit` as long as somebody else keeps it.
---@param emit fun(event: imr.Event)
function Listeners:add(emit)
  self.emitters[emit] = true
end

---@param message string
function Listeners:tell(message)
  for emit in pairs(self.emitters) do emit { type = "store", message = message } end
end

return Listeners
