-- Bills in the database: they are added, and declared void; nothing else of them changes.

local json = require "imr.base.json"
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

local function line_of(row)
  local line = {}
  for name, value in pairs(row) do line[FIELD_OF[name] or name] = value end
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

---Those of one meter.
---@param db imr.Database
---@param id integer
---@param meter_no string
---@return imr.BillLine[]
function record.meter_lines(db, id, meter_no)
  return list_of(lines_of(db, "WHERE meter_no = ? AND bill_id IN (SELECT id FROM bills WHERE id = ? OR adjusts = ?) "
    .. "ORDER BY bill_id, number", meter_no, id, id))
end

---The numbers of the meters that are in a bill or its adjustments.
---@param db imr.Database
---@param id integer
---@return string[]
function record.meters(db, id)
  local list = {}
  for row in db:rows("SELECT DISTINCT meter_no FROM bill_lines WHERE bill_id IN (SELECT id FROM bills WHERE id = ? "
    .. "OR adjusts = ?) ORDER BY meter_no", id, id) do list[#list + 1] = row.meter_no end
  return list
end

return record
