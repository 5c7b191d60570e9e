--- Rows of a listing with what the meter list says of their meters: --with meters.

local joined = {}

-- What a table shows of it, where the rows do not say it themselves: a terminal is not wide.
local SHOWN = { user_name = true, address = true }

---@param parser table
---@param endpoint imr.schema.Entry
function joined.configure(parser, endpoint)
  if endpoint.name == "meters" then return end
  parser:option("--with", "Also the columns of the meter list, which costs its pages once: meters.")
    :argname "LISTING":choices { "meters" }
end

---The columns of the meter list that the rows of a listing do not have themselves.
---@param endpoint string
---@return imr.cli.Column[]
function joined.columns(endpoint)
  local columns = require "imr.cli.output.columns"
  local list, own = {}, {}
  for _, column in ipairs(columns.all(endpoint)) do own[column.name] = true end
  for _, column in ipairs(columns.all "meters") do
    if not own[column.name] then
      column.shown, column.endpoint = SHOWN[column.name], "meters"
      list[#list + 1] = column
    end
  end
  return list
end

local function by_number(meters)
  local found = {}
  for _, meter in ipairs(meters) do
    local number = meter.meter_no or ""
    found[number] = found[number] or {}
    table.insert(found[number], meter)
  end
  return found
end

local function agrees(row, meter, name) return not row[name] or not meter[name] or row[name] == meter[name] end

-- One number may stand for two devices, or in two projects: a row that does not say which is of neither.
local function meter_of(list, row)
  if not list or #list == 1 then return list and list[1] end
  local found
  for _, meter in ipairs(list) do
    if agrees(row, meter, "device_id") and agrees(row, meter, "project_code") then
      if found then return nil end
      found = meter
    end
  end
  return found
end

---A function that gives rows what the meter list says.
---@param endpoint imr.schema.Entry
---@param meters table[] records
---@return fun(rows: table[]): table[]
function joined.new(endpoint, meters)
  local found, list = by_number(meters), joined.columns(endpoint.name)
  return function(rows)
    for _, row in ipairs(rows) do
      local meter = meter_of(found[row.meter_no or ""], row)
      for _, column in ipairs(meter and list or {}) do row[column.name] = meter[column.name] end
    end
    return rows
  end
end

return joined
