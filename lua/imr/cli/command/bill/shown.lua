--- What `imr bill` writes: lines, their charges, or sums of them.

local output = require "imr.cli.output"
local typed = require("imr.cli.output.columns").typed

local shown = {}

local WHO = "meter_no:str user_code:str user_name:str building:str house_number:str "
local LINE = "bill:int " .. WHO .. "kind:str tariff:str opening:dec opening_time:time closing:dec closing_time:time "
  .. "multiplier:dec share:str usage:dec sharp:dec peak:dec flat:dec valley:dec charges:json amount:money+ status:str "
  .. "reasons:str why:str why_zh:str decided_by:str decision:str"
local MORE = " device_id:str address:str project_code:str from:time to:time since:time year_used:dec readings:json"
local BRIEF = "meter_no:str user_name:str usage:dec amount:money+ status:str %s:str opening:dec closing:dec tariff:str"
local CHARGE = "bill:int " .. WHO .. "tariff:str item:str name:str tier:int quantity:dec price:dec charge:dec"
local SUM = ":str lines:int+ held:int+ usage:dec amount:money+"
local SUM_OF_KINDS = ":str lines:int+ held:int+ electricity_usage:dec water_usage:dec amount:money+"
local TENANT = "user_code:str user_name:str address:str house_number"

local COLUMNS = { line = LINE, charge = CHARGE }
for _, by in ipairs { "tariff", "building", "kind" } do COLUMNS[by] = by .. SUM end
COLUMNS.tenant = TENANT .. SUM
-- For people; usage of two kinds is no sum. A CSV and a workbook keep their columns.
local BRIEF_OF = { building = "building" .. SUM_OF_KINDS, tenant = TENANT .. SUM_OF_KINDS }
local OF_KINDS = " electricity_usage:dec water_usage:dec"
local ALL = { line = LINE .. MORE, charge = CHARGE .. " device_id:str address:str",
  building = COLUMNS.building .. OF_KINDS, tenant = COLUMNS.tenant .. OF_KINDS .. " project_code:str" }

shown.BILLS = typed("id:int made_at:time period_from:time period_to:time adjusts:int lines:int held:int amount:money "
  .. "tariff_name:str program:str voided_at:time void_reason:str")

---@param arguments table of the command line
---@param offset integer
---@return imr.cli.Output
function shown.open(arguments, offset)
  local by = arguments.by
  local columns = COLUMNS[by]
  local format = output.format(arguments)
  if by == "line" and format == "table" then
    columns = BRIEF:format(require("imr.language").chosen == "zh" and "why_zh" or "why")
  elseif BRIEF_OF[by] and format ~= "csv" and format ~= "xlsx" then
    columns = format == "table" and BRIEF_OF[by] or ALL[by]
  end
  return output.open(arguments, { columns = typed(columns), all = typed(ALL[by] or COLUMNS[by]),
    utc_offset = offset })
end

local function charges_of(lines)
  local list = {}
  for _, line in ipairs(lines) do
    for _, charge in ipairs(line.charges or {}) do
      list[#list + 1] = setmetatable({ charge = charge.amount, item = charge.item, name = charge.name,
        tier = charge.tier, quantity = charge.quantity, price = charge.price }, { __index = line })
    end
  end
  return list
end

---How lines are written; sums follow at the end.
---@param by string
---@param out imr.cli.Output
---@return fun(lines: imr.BillLine[])
function shown.writer(by, out)
  return function(lines)
    for _, line in ipairs(lines) do line.bill = line.bill_id end
    if by == "line" then out:write(lines) elseif by == "charge" then out:write(charges_of(lines)) end
  end
end

return shown
