--- Rows that come twice in one listing: the same ones again, or others for the same meter and moment.

local doubles = {}

local Doubles = {}
Doubles.__index = Doubles

---A value as text, as a restatement keeps it.
---@return string|nil
function doubles.written(value)
  if type(value) == "boolean" then return value and "true" or "false" end
  return value ~= nil and tostring(value) or nil
end

---@param entry imr.database.Table
---@param fill fun(row: table, list: table) a row's values into the list
---@param list table
function doubles.new(entry, fill, list)
  local self = setmetatable({ columns = entry.columns, fill = fill, list = list }, Doubles)
  self:begin()
  return self
end

---A listing begins.
function Doubles:begin()
  self.page, self.before = {}, {}
end

---A page has ended. What was on the one before it is forgotten: rows of a meter and moment follow each other.
function Doubles:turn()
  self.before, self.page = self.page, {}
end

local function signature(self)
  local parts = {}
  for index, column in ipairs(self.columns) do
    if column.measured then parts[#parts + 1] = doubles.written(self.list[index]) or "\1" end
  end
  return table.concat(parts, "\2")
end

local function moments_of(page, number)
  local moments = page[number]
  if not moments then
    moments = {}
    page[number] = moments
  end
  return moments
end

-- Another row of a meter and moment: which copy it is, and whether it was there already. The signature of the first is
-- only made when there is a second.
local function doubled(self, row, known)
  local mine = signature(self)
  if known.meter_no then
    self.fill(known, self.list)
    known = { signature(self) }
    self.fill(row, self.list)
  end
  for index, other in ipairs(known) do
    if other == mine then return known, index - 1, true end
  end
  known[#known + 1] = mine
  return known, #known - 1, false
end

---The first row of a meter and moment is copy 0. Another one with the same values is the same row; one with other
---values is kept beside it.
---@param row table whose values are in the list
---@return integer copy
---@return boolean again the same row was there already
function Doubles:copy_of(row, number, moment)
  local moments, before = moments_of(self.page, number), self.before[number]
  local known = moments[moment] or before and before[moment]
  if not known then
    moments[moment] = row
    return 0, false
  end
  local copy, again
  moments[moment], copy, again = doubled(self, row, known)
  return copy, again
end

return doubles
