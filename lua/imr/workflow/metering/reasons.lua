-- The names of rules for what the registers say: those of `imr check`.

local reasons = {
  of_suspect = { zero = "suspect", misread = "suspect", jitter = "suspect", sentinel = "suspect", future = "future",
    clock = "clock", falls = "decreasing", spike = "spike", unreadable = "unreadable", image = "image" },
  of_break = { rollover = "rollover", reset = "decreasing", scale = "scale", jump = "spike" },
}

---Names, each once, in the order in which they came.
---@class imr.MeteringReasons
---@field names string[]
local Reasons = {}
Reasons.__index = Reasons

---@return imr.MeteringReasons
function reasons.new() return setmetatable({ names = {}, known = {} }, Reasons) end

---@param name string
function Reasons:add(name)
  if self.known[name] then return end
  self.known[name], self.names[#self.names + 1] = true, name
end

---@param list string[]
function Reasons:add_all(list)
  for _, name in ipairs(list) do self:add(name) end
end

---@return string|nil joined by commas; nil where there are none
function Reasons:text()
  return #self.names > 0 and table.concat(self.names, ",") or nil
end

return reasons
