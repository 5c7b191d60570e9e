-- Rows that contradict each other, or say nothing.

local decimal = require "imr.decimal"
local sources = require "imr.workflow.quality.sources"

local rules = {}

-- What two rows differ in, of what they have in common to say; by value, for 1.5 is 1.50.
local function difference(source, one, other)
  local fields = { source.granularity and "usage" }
  for _, field in ipairs(source.registers) do fields[#fields + 1] = field end
  for _, field in ipairs(fields) do
    if decimal.parse(one[field]) ~= decimal.parse(other[field]) then return field end
  end
end

local function same_listing(view, flag)
  for _, source in ipairs(sources) do
    local first
    for _, row in ipairs(view.rows[source.name] or {}) do
      if first and first[source.time] == row[source.time] then
        local field = difference(source, first, row)
        if field then
          flag { source = source.name, field = field, time = row[source.time], value = row[field],
            reference = first[field], detail = "another row of the same moment" }
        end
      else
        first = row
      end
    end
  end
end

-- Totals of different listings for the same second.
local function across_listings(view, flag)
  local seen = {}
  for _, series in ipairs(view.series) do
    if series.field == series.source.registers[1] then
      for _, point in ipairs(series.points) do
        local first = seen[point.time]
        if first and first.point.value ~= point.value then
          flag { source = series.source.name, field = series.field, time = point.time, value = point.text,
            reference = first.point.text, detail = "differs from " .. first.source }
        end
        seen[point.time] = first or { point = point, source = series.source.name }
      end
    end
  end
end

function rules.duplicate(view, _, flag)
  same_listing(view, flag)
  across_listings(view, flag)
end

function rules.restated(view, _, flag)
  for _, change in ipairs(view.restatements) do
    local name = change.granularity == "realtime" and "consumption_realtime" or change.table_name
    local old, new = change.old_value, change.new_value
    local numbers = decimal.parse(old or "0") ~= nil and decimal.parse(new or "0") ~= nil
    flag { source = name, field = change.field, time = change.row_time, value = numbers and new or nil,
      since = change.old_seen, reference = numbers and old or nil,
      detail = numbers and "the platform changed it later" or ("changed from %s to %s"):format(old or "nothing",
        new or "nothing") }
  end
end

function rules.image(view, _, flag)
  for _, row in ipairs(view.rows.camera_readings or {}) do
    if row.image_ok ~= true or decimal.parse(row.reading) == nil then
      flag { source = "camera_readings", field = "reading", time = row.read_time, value = row.reading,
        detail = row.image_status and "image status: " .. row.image_status or "no image status" }
    end
  end
end

-- Most numbers are plain, and that is quickly seen.
local function counts(text)
  return text ~= nil and (#text < 20 and text:find("^%d+%.%d+$") ~= nil or decimal.parse(text) ~= nil)
end

-- Of time-of-use registers not every meter has all, but each has a total. Camera readings have a rule of their own.
function rules.unreadable(view, _, flag)
  for _, source in ipairs(sources) do
    local field = source.registers[1]
    for _, row in ipairs(source.table ~= "camera_readings" and view.rows[source.name] or {}) do
      if not counts(row[field]) then
        flag { source = source.name, field = field, time = row[source.time], detail = row[field]
          and "no number that can be counted with" or "no number that could be read" }
      end
    end
  end
end

return rules
