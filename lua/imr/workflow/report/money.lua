-- What was used and what it costs, by building and by tenant: what the platform counts beside our own bills.

local decimal = require "imr.decimal"
local difference = require "imr.workflow.bill.difference"
local groups = require "imr.workflow.metering.groups"
local platform = require "imr.workflow.metering.platform"
local record = require "imr.workflow.bill.record"
local sorted_names = require "imr.base.names"
local tenant = require "imr.workflow.metering.tenant"
local where = require "imr.workflow.metering.where"

local money = {}

---A building or a tenant, and one kind of meters.
---@class imr.ReportGroup
---@field name? string of the building or tenant
---@field code? string of the tenant; where one without a code lives, if another has that name
---@field kind string
---@field count integer meters
---@field usage imr.Decimal
---@field unsure imr.Decimal what of it is not measured
---@field platform? imr.Decimal money as the platform counts
---@field billed? imr.Decimal money of our bills
---@field held integer lines of which nothing is billed

---@class imr.ReportMoney
---@field building imr.ReportGroup[]
---@field tenant imr.ReportGroup[]
---@field kind imr.ReportGroup[]
---@field bills imr.Bill[] those that lie in the period
local Money = {}
Money.__index = Money

local BY = {
  kind = function() return "" end,
  building = function(row) return row.building or groups.building(row.address) end,
  tenant = function(row)
    return row.user_name or row.user_code, row.user_code, tenant.key(row), row.address or row.house_number
  end,
}

function money.new()
  return setmetatable({ known = { kind = {}, building = {}, tenant = {} } }, Money)
end

-- The groups of a row: of its kind, building and tenant.
local function groups_of(self, row)
  local list, kind = {}, row.kind or "other"
  for by, name_of in pairs(BY) do
    local name, code, who, place = name_of(row)
    local key = ("%s\0%s"):format(who or name or "", kind)
    local group = self.known[by][key]
    if not group then
      group = { name = name, code = code, who = who, place = place, kind = kind, meters = {}, count = 0,
        usage = decimal.zero, unsure = decimal.zero, held = 0 }
      self.known[by][key] = group
    end
    if not group.meters[row.meter_no] then group.meters[row.meter_no], group.count = true, group.count + 1 end
    list[#list + 1] = group
  end
  return list
end

local function add(group, name, value)
  if value then group[name] = (group[name] or decimal.zero) + value end
end

---@param row imr.MeteringUsage
---@param device? imr.MeteringDevice that it is of
---@param period { utc_offset: integer, window: integer }
function Money:add_usage(row, device, period)
  local amount = device and platform.amount(device, row.from, row.to, period)
  for _, group in ipairs(groups_of(self, row)) do
    if row.usage then
      add(group, "usage", decimal.of(row.usage))
      if row.status ~= "measured" then add(group, "unsure", decimal.of(row.usage)) end
    end
    add(group, "platform", amount)
  end
end

local function add_line(self, known)
  for _, group in ipairs(groups_of(self, known.line)) do
    if known.billed then add(group, "billed", known.amount) else group.held = group.held + 1 end
  end
end

---Adds the bills that lie in the period, with their adjustments.
---@param db imr.Database
---@param options { from: integer, to: integer, meters: string[]?, where: imr.Where? }
function Money:add_bills(db, options)
  self.bills = {}
  local set = options.meters and {}
  for _, number in ipairs(options.meters or {}) do set[number] = true end
  for _, bill in ipairs(record.bills(db, options)) do
    if bill.period_from >= options.from and bill.period_to <= options.to then
      self.bills[#self.bills + 1] = bill
      record.by_meter(db, record.chain(db, bill.id))(nil, function(lines)
        for _, known in ipairs((not set or set[lines[1].meter_no]) and difference.state(lines) or {}) do
          if where.fits(options.where, known.line) then add_line(self, known) end
        end
      end)
    end
  end
end

-- Where those without a code live of whom several have one name.
local function tell_apart(known)
  local who_of, several = {}, {}
  for _, group in pairs(known) do
    local name = group.name or ""
    several[name] = several[name] or who_of[name] ~= nil and who_of[name] ~= (group.who or "")
    who_of[name] = group.who or ""
  end
  for _, group in pairs(known) do
    if group.name and several[group.name] then group.code = group.code or group.place end
  end
end

-- By name; of one name electricity before water.
local function in_order(known)
  local list, by_place = {}, {}
  for key, group in pairs(known) do by_place[("%s\0%s\0%s"):format(group.name or "\255", group.kind, key)] = group end
  for index, place in ipairs(sorted_names(by_place)) do list[index] = by_place[place] end
  return list
end

---Makes the lists.
---@return imr.ReportMoney
function Money:finish()
  tell_apart(self.known.tenant)
  for by, known in pairs(self.known) do self[by] = in_order(known) end
  self.known = nil
  return self
end

return money
