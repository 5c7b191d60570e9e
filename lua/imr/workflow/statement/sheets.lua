-- Which lines of a bill are one sheet: those of a tenant; and in it those of a meter. Pure.

local decimal = require "imr.decimal"
local same = require "imr.workflow.bill.same"
local tenant = require "imr.workflow.metering.tenant"

local sheets = {}

---What a tenant is handed.
---@class imr.StatementSheet
---@field project_code? string
---@field user_code? string
---@field user_name? string
---@field address? string
---@field house_number? string
---@field meters imr.StatementMeter[]
---@field amount imr.Decimal of the lines that are billed
---@field held integer meters of which nothing is billed

---The lines of a meter on a sheet.
---@class imr.StatementMeter
---@field line imr.BillLine the newest of those that are billed, else the newest
---@field last imr.BillLine the newest
---@field billed imr.BillLine[] those with an amount
---@field usage? imr.Decimal all together; absent where nothing is billed
---@field amount? imr.Decimal

-- A tenant without a code is known by name and place; a meter of nobody is a sheet of its own. The columns of the
-- table bill_lines that say so, and the same of a line or of usage.
local NAMED = { "user_name", "address", "house_number" }

---What a tenant is known by.
---@param line imr.BillLine|imr.MeteringUsage
---@return string
function sheets.key(line)
  return tenant.key(line) or table.concat({ "", line.project_code or "", line.address or "", line.house_number or "",
    line.meter_no }, "\0")
end

local function text(column) return ("coalesce(%s, '')"):format(column) end

-- The key's parts as expressions of SQL.
local function key_columns()
  local list = { text "project_code", text "user_code" }
  local function without_code(value) return ("CASE WHEN %s = '' THEN %s ELSE '' END"):format(list[2], value) end
  local parts = { list[1], list[2] }
  for _, name in ipairs(NAMED) do parts[#parts + 1] = without_code(text(name)) end
  parts[#parts + 1] = without_code(("CASE WHEN %s = '' THEN meter_no ELSE '' END"):format(text "user_name"))
  return table.concat(parts, ", ")
end

-- The order of columns: sheets as one walks through a house, the lines of a tenant one after the other.
local PLACE = { text "building", ("length(%s)"):format(text "house_number"), text "house_number", text "address" }

---How the lines of a bill are ordered so that those of a sheet follow one another.
---@return string SQL
function sheets.order()
  local keys, parts = key_columns(), {}
  for _, expression in ipairs(PLACE) do
    parts[#parts + 1] = ("min(%s) OVER (PARTITION BY %s)"):format(expression, keys)
  end
  return ("%s, %s, meter_no, %s, bill_id, number"):format(table.concat(parts, ", "), keys, text "kind")
end

local function add_amount(meter, line)
  if not line.amount then return end
  meter.billed[#meter.billed + 1] = line
  meter.amount = (meter.amount or decimal.zero) + decimal.of(line.amount)
  meter.usage = (meter.usage or decimal.zero) + decimal.of(line.usage)
end

-- An adjustment is of a line that is there: the same meter and part of time.
local function add_line(meters, line)
  local meter = same.find(meters, line)
  if not meter or line.bill_id == meter.first then
    meter = { tenancy = same.tenancy(line), payer = same.payer(line), first = line.bill_id, line = line, billed = {} }
    meters[#meters + 1] = meter
  end
  meter.last = line
  if line.charges then meter.line = line end
  add_amount(meter, line)
end

local FIRST = { "project_code", "user_code", "user_name", "address", "house_number", "building" }

local function sheet_of(lines)
  local sheet = { meters = {}, amount = decimal.of "0.00", held = 0 }
  for _, line in ipairs(lines) do
    for _, name in ipairs(FIRST) do sheet[name] = sheet[name] or line[name] end
    add_line(sheet.meters, line)
  end
  for _, meter in ipairs(sheet.meters) do
    if meter.amount then
      sheet.amount = sheet.amount + meter.amount
    else
      sheet.held = sheet.held + 1
    end
  end
  return sheet
end

-- The lines of each tenant, and where the first of them is.
local function groups_of(lines)
  local list, known = {}, {}
  for _, line in ipairs(lines) do
    local key = sheets.key(line)
    local group = known[key]
    if not group then
      group = { key = key, place = {} }
      known[key], list[#list + 1] = group, group
    end
    group[#group + 1] = line
    local house = line.house_number or ""
    for index, value in ipairs { line.building or "", #house, house, line.address or "" } do
      local least = group.place[index]
      group.place[index] = (least == nil or value < least) and value or least
    end
  end
  return list
end

local function is_before(one, other)
  for index, value in ipairs(one.place) do
    if value ~= other.place[index] then return value < other.place[index] end
  end
  return one.key < other.key
end

---Lines that are not on record, in the order of `sheets.order`.
---@param lines imr.BillLine[] by meter
---@return fun(): imr.BillLine|nil
function sheets.sorted(lines)
  local list, sorted, index = groups_of(lines), {}, 0
  table.sort(list, is_before)
  for _, group in ipairs(list) do
    for _, line in ipairs(group) do sorted[#sorted + 1] = line end
  end
  return function()
    index = index + 1
    return sorted[index]
  end
end

---The sheets of lines in the order of `sheets.order`.
---@param next_line fun(): imr.BillLine|nil
---@return fun(): imr.StatementSheet|nil
function sheets.of(next_line)
  local head = next_line()
  return function()
    if not head then return nil end
    local key, lines = sheets.key(head), {}
    while head and sheets.key(head) == key do
      lines[#lines + 1] = head
      head = next_line()
    end
    return sheet_of(lines)
  end
end

return sheets
