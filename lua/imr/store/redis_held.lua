-- The slots that this process was given by Redis, and what Redis calls them. Those of the past are forgotten.

local Held = {}
Held.__index = Held

local FORGET = 60 -- seconds after its start; whoever gives a slot back does it sooner
local SWEEP = 64  -- slots

local held = {}

function held.new()
  return setmetatable({ slots = {}, count = 0, sweep_at = SWEEP }, Held)
end

local function sweep(self, now)
  local left = 0
  for start in pairs(self.slots) do
    if start < now - FORGET then self.slots[start] = nil else left = left + 1 end
  end
  self.count, self.sweep_at = left, math.max(SWEEP, 2 * left)
end

-- Whose lease it is, if it has one, and when that was last seen to be ours.
---@param start number on the caller's clock
---@param slot { time: string, owner: string?, kept: number } time: Redis's
function Held:add(start, slot, now)
  if not self.slots[start] then self.count = self.count + 1 end
  self.slots[start] = slot
  if self.count > self.sweep_at then sweep(self, now) end
end

function Held:find(start)
  return self.slots[start]
end

return held
