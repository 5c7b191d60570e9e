-- Fields that cannot be counted with, or are not there.

local json = require "imr.base.json"
local decimal = require "imr.decimal"
local sources = require "imr.workflow.quality.sources"

local rules = {}

function rules.image(view, _, flag)
  for _, row in ipairs(view.rows.camera_readings or {}) do
    if row.image_ok ~= true or decimal.parse(row.reading) == nil then
      flag { source = "camera_readings", field = "reading", time = row.read_time, value = row.reading,
        detail = row.image_status and "image status: " .. row.image_status or "no image status" }
    end
  end
end

-- ---------------------------------------------------------------- unreadable

-- Most numbers are plain, and that is quickly seen.
local function counts(text)
  return text ~= nil and (#text < 20 and text:find("^%d+%.%d+$") ~= nil or decimal.parse(text) ~= nil)
end

local function number_fields(source)
  local list = {}
  for _, field in ipairs(source.registers) do list[#list + 1] = field end
  if source.granularity then list[#list + 1], list[#list + 2] = "usage", "amount" end
  return list
end

-- A meter may have no register in the listing of consumption, but its usage then.
local function has_registers(source, rows)
  if not source.granularity then return true end
  for _, row in ipairs(rows) do
    if row[source.registers[1]] then return true end
  end
  return false
end

local function flag_field(flag, source, row, field)
  flag { source = source.name, field = field, time = row[source.time], detail = row[field]
    and "no number that can be counted with" or "no number that could be read" }
end

local function raw_of(row)
  if not row.invalid then return {} end
  return type(row.invalid) == "table" and row.invalid or json.decode(row.invalid) or {}
end

-- A register has to be there; what else came has to be a number. Not every meter has all registers of time of use.
local function check_row(flag, source, fields, row, must)
  local raw
  for index, field in ipairs(fields) do
    local text = row[field]
    if text ~= nil then
      if not counts(text) then flag_field(flag, source, row, field) end
    else
      raw = raw or raw_of(row)
      if raw[field] ~= nil or index == 1 and (must or not row.usage) then flag_field(flag, source, row, field) end
    end
  end
end

-- Camera readings have a rule of their own.
function rules.unreadable(view, _, flag)
  for _, source in ipairs(sources) do
    local rows = source.table ~= "camera_readings" and view.rows[source.name] or {}
    local fields, must = number_fields(source), has_registers(source, rows)
    for _, row in ipairs(rows) do check_row(flag, source, fields, row, must) end
  end
end

-- ---------------------------------------------------------------- parts that are not there

-- Once for each stretch of rows without it, at its first.
function rules.missing_part(view, _, flag)
  for _, series in ipairs(view.series) do
    local lost, last = false, nil
    for _, row in ipairs(series.field ~= series.source.registers[1] and series.device.rows[series.source.name] or {}) do
      local text = row[series.field]
      if text == nil and last and not lost then
        flag { source = series.source.name, field = series.field, time = row[series.source.time],
          since = last[series.source.time], reference = last[series.field],
          detail = "the rows before have it" }
      end
      lost = text == nil
      if text ~= nil then last = row end
    end
  end
end

-- ---------------------------------------------------------------- below zero

function rules.negative(view, _, flag)
  for _, source in ipairs(sources) do
    for _, row in ipairs(source.granularity and view.rows[source.name] or {}) do
      if row.usage and row.usage:find("^%-") and decimal.parse(row.usage) and decimal.parse(row.usage).negative then
        flag { source = source.name, field = "usage", time = row[source.time], value = row.usage,
          detail = "a usage below zero; it is no refund" }
      end
    end
  end
end

return rules
