-- A workbook as another program reads it: openpyxl.
local cjson = require "cjson"
local shell = require "support.shell"

local workbook = {}

local SCRIPT = [[
import datetime, json, sys
import openpyxl
from openpyxl.utils.escape import unescape
book = openpyxl.load_workbook(open(sys.argv[1], "rb"))
sheets = []
for sheet in book.worksheets:
    rows = []
    for row in sheet.iter_rows():
        cells = []
        for cell in row:
            value = cell.value
            if isinstance(value, datetime.datetime): value = value.isoformat(" ")
            if isinstance(value, str): value = unescape(value)
            cells.append([cell.data_type, value, cell.number_format])
        rows.append(cells)
    sheets.append({"name": sheet.title, "frozen": sheet.freeze_panes, "filter": sheet.auto_filter.ref, "rows": rows,
                   "bold": sheet.cell(1, 1).font.b})
print(json.dumps(sheets))
]]

--- Its sheets: name, frozen, filter, bold (of the headings), rows of cells { type, value, format }. Types are
--- openpyxl's: n number, s text, d date, b boolean.
---@param path string
function workbook.read(path)
  return cjson.decode(table.concat(shell.lines(("/usr/bin/python3 -c %s %s"):format(shell.quote(SCRIPT),
    shell.quote(path))), "\n"))
end

local VALUES = [[
import json, sys
import openpyxl
book = openpyxl.load_workbook(open(sys.argv[1], "rb"), data_only=True)
def value(cell): return str(cell.value) if cell.data_type == "d" else cell.value
print(json.dumps([[[value(cell) for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets]))
]]

--- The values of the cells of each sheet, those of formulas as they were computed when it was written.
---@param path string
function workbook.computed(path)
  return cjson.decode(table.concat(shell.lines(("/usr/bin/python3 -c %s %s"):format(shell.quote(VALUES),
    shell.quote(path))), "\n"))
end

return workbook
