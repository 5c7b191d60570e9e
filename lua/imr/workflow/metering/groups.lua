-- Usage summed by tenant, building or project: what is measured, doubtful and incomplete apart.

local decimal = require "imr.decimal"
local reasons = require "imr.workflow.metering.reasons"
local tenant = require "imr.workflow.metering.tenant"

local groups = {}

---Sums of what a tenant, a building or a project used.
---@class imr.MeteringGroup
---@field kind? string
---@field meters integer
---@field usage string of all
---@field measured string
---@field doubtful string
---@field incomplete string
---@field status "measured"|"doubtful"|"incomplete" the worst
---@field reasons? string

---The building of an address: what it begins with, up to 栋, 幢, 座 or 号楼, or else its first word.
---@param address string|nil
---@return string|nil
function groups.building(address)
  if not address then return nil end
  for _, word in ipairs { "号楼", "栋", "幢", "座" } do
    local _, last = address:find(word, 1, true)
    if last then return address:sub(1, last) end
  end
  return address:match("^[^%s,;/%-]+") or address
end

local keys = {
  tenant = function(row) return tenant.shown(row), tenant.key(row) end,
  building = function(row)
    local building = groups.building(row.address)
    return { building = building }, building
  end,
  project = function(row) return { project_code = row.project_code }, row.project_code end,
}

local RANK = { measured = 1, incomplete = 2, doubtful = 3 }

local function group_of(self, row)
  local shown, name = keys[self.by](row)
  local key = ("%s\0%s"):format(name or "", row.kind or "")
  local group = self.known[key]
  if not group then
    group = { name = name or "", shown = shown, kind = row.kind, seen = {}, meters = 0, reasons = reasons.new(),
      status = "measured",
      sums = { measured = decimal.zero, doubtful = decimal.zero, incomplete = decimal.zero } }
    self.known[key], self.list[#self.list + 1] = group, group
  end
  return group
end

---@class imr.MeteringGroups
local Groups = {}
Groups.__index = Groups

---@param by "tenant"|"building"|"project"
---@return imr.MeteringGroups
function groups.new(by) return setmetatable({ by = by, known = {}, list = {} }, Groups) end

---@param row imr.MeteringUsage
function Groups:add(row)
  local group = group_of(self, row)
  if not group.seen[row.meter_no] then group.seen[row.meter_no], group.meters = true, group.meters + 1 end
  if row.usage then group.sums[row.status] = group.sums[row.status] + decimal.of(row.usage) end
  if RANK[row.status] > RANK[group.status] then group.status = row.status end
  for name in (row.reasons or ""):gmatch("[^,]+") do group.reasons:add(name) end
end

-- The kinds of a name are together, where its first one was.
local function together(groups_as_seen)
  local of_name, names, list = {}, {}, {}
  for _, group in ipairs(groups_as_seen) do
    if not of_name[group.name] then of_name[group.name], names[#names + 1] = {}, group.name end
    table.insert(of_name[group.name], group)
  end
  for _, name in ipairs(names) do
    for _, group in ipairs(of_name[name]) do list[#list + 1] = group end
  end
  return list
end

---@return imr.MeteringGroup[]
function Groups:rows()
  local list = {}
  for index, group in ipairs(together(self.list)) do
    local row, all = group.shown, decimal.zero
    for status, sum in pairs(group.sums) do row[status], all = tostring(sum), all + sum end
    row.kind, row.meters, row.usage = group.kind, group.meters, tostring(all)
    row.status, row.reasons = group.status, group.reasons:text()
    list[index] = row
  end
  return list
end

return groups
