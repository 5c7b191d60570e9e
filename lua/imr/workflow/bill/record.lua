-- Bills in the database: they are added, and declared void; nothing else of them changes.

local is_before = require "imr.base.is_before"
local json = require "imr.base.json"
local load = require "imr.workflow.quality.load"
local row_maker = require "imr.database.row_maker"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local words = require "imr.workflow.bill.words"

local record = {}

-- Names of a line's fields that are no names of columns.
local COLUMN_OF = { from = "from_time", to = "to_time" }
local FIELD_OF = { from_time = "from", to_time = "to" }

local function insertion(name, without)
  local names, marks = {}, {}
  for _, column in ipairs(tables[name].columns) do
    if column.name ~= without then names[#names + 1], marks[#marks + 1] = column.name, "?" end
  end
  return names, ("INSERT INTO %s (%s) VALUES (%s)"):format(name, table.concat(names, ", "), table.concat(marks, ", "))
end

local LINE_NAMES, INSERT_LINE = insertion "bill_lines"
local BILL_NAMES, INSERT_BILL = insertion("bills", "id")

local function insert(db, names, statement, values)
  local list = {}
  for index, name in ipairs(names) do
    local value = values[name]
    if type(value) == "table" then value = json.encode(value) end
    list[index] = value
  end
  db:execute(statement, unpack(list, 1, #names))
end

-- ---------------------------------------------------------------- bills

---A bill on record.
---@class imr.Bill
---@field id integer
---@field made_at integer
---@field period_from integer
---@field period_to integer
---@field utc_offset integer
---@field freeze_window integer
---@field program string
---@field adjusts? integer
---@field tariff_name string
---@field tariff string
---@field meters? string
---@field decisions? string
---@field lines integer
---@field held integer
---@field amount string
---@field voided_at? integer
---@field void_reason? string

---@param db imr.Database
---@param fields table
---@return integer id
function record.add(db, fields)
  insert(db, BILL_NAMES, INSERT_BILL, fields)
  return db:row(("SELECT %s AS id FROM bills"):format(db:exact("int", "max(id)"))).id
end

---What is known at the end: lines, held and amount.
---@param db imr.Database
---@param id integer
---@param total imr.BillSum
function record.finish(db, id, total)
  db:execute("UPDATE bills SET lines = ?, held = ?, amount = ? WHERE id = ?", total.lines, total.held, total.amount, id)
end

local function list_of(iterator)
  local list = {}
  for row in iterator do list[#list + 1] = row end
  return list
end

---All bills, or those that hold and have a part of a period; oldest first.
---@param db imr.Database
---@param period? { from: integer, to: integer }
---@return imr.Bill[]
function record.bills(db, period)
  if not period then return list_of(db:select("bills", "ORDER BY id")) end
  return list_of(db:select("bills", "WHERE voided_at IS NULL AND adjusts IS NULL AND period_from <= ? AND "
    .. "period_to >= ? ORDER BY id", period.to, period.from))
end

---A bill and its adjustments, oldest first.
---@param db imr.Database
---@param id integer
---@return imr.Bill[]
function record.chain(db, id)
  return list_of(db:select("bills", "WHERE id = ? OR adjusts = ? ORDER BY id", id, id))
end

---@param db imr.Database
---@param id integer
---@param reason string
---@param now integer
function record.void(db, id, reason, now)
  db:execute("UPDATE bills SET voided_at = ?, void_reason = ? WHERE id = ? OR adjusts = ?", now, reason, id, id)
end

-- ---------------------------------------------------------------- lines

---@param db imr.Database
---@param id integer of the bill
---@param number integer
---@param line imr.BillLine
function record.add_line(db, id, number, line)
  local values = { bill_id = id, number = number }
  for name, value in pairs(line) do values[COLUMN_OF[name] or name] = value end
  insert(db, LINE_NAMES, INSERT_LINE, values)
end

local function names_of(text)
  local names = {}
  for name in (text or ""):gmatch "[^,]+" do names[#names + 1] = name end
  return names
end

local function renamed(row)
  local line = {}
  for name, value in pairs(row) do line[FIELD_OF[name] or name] = value end
  if line.user_code == "" then line.user_code = nil end -- none: so it was written once
  return line
end

local function line_of(row)
  local line = renamed(row)
  line.charges = line.charges and json.decode(line.charges)
  line.readings = line.readings and json.decode(line.readings)
  local names = names_of(line.reasons)
  line.why, line.why_zh = words.of(names, "en"), words.of(names, "zh")
  return line
end

local function lines_of(db, tail, ...)
  local next_row = db:select("bill_lines", tail, ...)
  return function()
    local row = next_row()
    return row and line_of(row)
  end
end

---The lines of a bill and of its adjustments, in their order.
---@param db imr.Database
---@param id integer
---@return fun(): imr.BillLine|nil
function record.lines(db, id)
  return lines_of(db, "WHERE bill_id IN (SELECT id FROM bills WHERE id = ? OR adjusts = ?) ORDER BY bill_id, number",
    id, id)
end

---The same in another order, or only those of some meters.
---@param db imr.Database
---@param id integer
---@param order string SQL
---@param meters? string[]
---@return fun(): imr.BillLine|nil
function record.lines_in_order(db, id, order, meters)
  local where, value = "", nil
  if meters then
    where, value = db:among("meter_no", meters)
    where = where .. " AND "
  end
  local values = meters and { value, id, id } or { id, id }
  return lines_of(db, ("WHERE %sbill_id IN (SELECT id FROM bills WHERE id = ? OR adjusts = ?) ORDER BY %s"):format(
    where, order), unpack(values))
end

-- What an adjustment and the year to date ask of a line on record.
local BRIEF = { "bill_id", "number", "meter_no", "project_code", "kind", "tariff", "user_code", "user_name", "building",
  "address", "house_number", "from_time", "to_time", "since", "multiplier", "share", "usage", "year_used", "amount",
  "status", "reasons" }

local function brief_lines(db, chain)
  local numbers, make = {}, row_maker("bill_lines", BRIEF)
  for index, one in ipairs(chain) do numbers[index] = ("%d"):format(one.id) end
  local by_bytes = db.dialect == "postgres" and ' COLLATE "C"' or ""
  local next_list = db:lists(("%s WHERE bill_id IN (%s) ORDER BY bill_lines.meter_no%s, bill_id, number"):format(
    load.query(db, "bill_lines", BRIEF), table.concat(numbers, ", "), by_bytes))
  return function()
    local list = next_list()
    return list and renamed(make(list))
  end
end

---The lines of bills without charges and readings, a meter after the other in one statement: each call goes on to a
---meter whose number is a later one, by its bytes; none goes on to the end.
---@param db imr.Database
---@param chain imr.Bill[]
---@return fun(meter_no: string|nil, passed: (fun(lines: imr.BillLine[]))|nil): imr.BillLine[] `passed` takes those of
--- each meter before it
function record.by_meter(db, chain)
  local next_line = brief_lines(db, chain)
  local head = next_line()
  local function take()
    local list, meter_no = {}, head.meter_no
    while head and head.meter_no == meter_no do
      list[#list + 1], head = head, next_line()
    end
    return list
  end
  return function(meter_no, passed)
    while head and head.meter_no ~= meter_no and (not meter_no or is_before(head.meter_no, meter_no)) do
      local list = take()
      if passed then passed(list) end
    end
    return head and head.meter_no == meter_no and take() or {}
  end
end

return record
