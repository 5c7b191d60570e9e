-- Rows that contradict each other, were changed, or have gone.

local decimal = require "imr.decimal"
local levels = require "imr.workflow.quality.levels"
local sources = require "imr.workflow.quality.sources"
local value = require "imr.workflow.metering.value"

local rules = {}

-- A number without a double's noise.
local function number_of(text) return text and value.of { text = text } end

-- ---------------------------------------------------------------- one listing

-- What two rows differ in, of what they have in common to say; by value, for 1.5 is 1.50.
local function difference(source, one, other)
  local fields = { source.granularity and "usage" }
  for _, field in ipairs(source.registers) do fields[#fields + 1] = field end
  for _, field in ipairs(fields) do
    if number_of(one[field]) ~= number_of(other[field]) then return field end
  end
end

local function device_of(row) return (row.device_id or "") .. "\0" .. (row.project_code or "") end

-- The first row of a moment and a device, for those that come after it.
local function flag_moment(source, rows, from, to, flag)
  local first = {}
  for index = from, to do
    local row = rows[index]
    local device = device_of(row)
    local field = first[device] and difference(source, first[device], row)
    if field then
      flag { source = source.name, field = field, time = row[source.time], value = row[field],
        reference = first[device][field], detail = "another row of the same moment" }
    end
    first[device] = first[device] or row
  end
end

local function flag_copies(source, rows, flag)
  local from, name = 1, source.time
  for index = 2, #rows + 1 do
    if not rows[index] or rows[index][name] ~= rows[from][name] then
      if index - from > 1 then flag_moment(source, rows, from, index - 1, flag) end
      from = index
    end
  end
end

-- ---------------------------------------------------------------- two listings

local MOST = 0.5 -- of the readings that could be compared

local function totals_of(view, device)
  local list = {}
  for _, series in ipairs(view.series) do
    if series.device == device and series.field == series.source.registers[1] then list[#list + 1] = series end
  end
  return list
end

-- Readings of one moment that differ, and how many do not. Rounding makes no difference: a unit of the coarser
-- listing does.
local function of_one_moment(one, other)
  local at, points, different, same = 1, one.points, {}, 0
  local unit = 10 ^ -math.min(one.resolution, other.resolution) * (1 - 1e-6)
  for _, point in ipairs(other.points) do
    while points[at] and points[at].time < point.time do at = at + 1 end
    local first = points[at]
    if first and first.time == point.time and first.number and point.number then
      if math.abs(first.number - point.number) < unit then
        same = same + 1
      else
        different[#different + 1] = { first = first, point = point }
      end
    end
  end
  return different, same
end

local function compare(view, one, other)
  local different, same = of_one_moment(one, other)
  local pair = { one = one, other = other, different = different }
  if same < #other.points * (1 - MOST) then
    local found = levels.compare(one, other, view.from, view.to)
    pair.apart = found.apart > MOST * found.compared and found or nil
  end
  return pair
end

-- Each two listings of one device, and where they stand at different levels, what shows it.
local function pairs_of(view)
  if view.pairs then return view.pairs end
  view.pairs = {}
  for _, device in ipairs(view.devices) do
    local list = totals_of(view, device)
    for index = 2, #list do
      for before = 1, index - 1 do
        view.pairs[#view.pairs + 1] = compare(view, list[before], list[index])
      end
    end
  end
  return view.pairs
end

function rules.duplicate(view, _, flag)
  for _, source in ipairs(sources) do flag_copies(source, view.rows[source.name] or {}, flag) end
  for _, pair in ipairs(pairs_of(view)) do
    for _, entry in ipairs(pair.apart and {} or pair.different) do
      flag { source = pair.other.source.name, field = pair.other.field, time = entry.point.time,
        value = entry.point.text, reference = entry.first.text, detail = "differs from " .. pair.one.source.name }
    end
  end
end

local function ratio_text(ratio)
  if not ratio or ratio <= 0 then return "stands at another level than" end
  if ratio >= 1 then return ("is %.4g times"):format(ratio) end
  return ("is 1/%.4g of"):format(1 / ratio)
end

---Flags listings of one device that stand at different levels, each two once.
function rules.levels(view, flag)
  for _, pair in ipairs(pairs_of(view)) do
    local apart = pair.apart
    if apart then
      flag { source = pair.other.source.name, field = pair.other.field, time = apart.last.time,
        value = apart.last.text, since = apart.beside.time, reference = apart.beside.text,
        detail = ("%s the register of %s"):format(ratio_text(apart.ratio), pair.one.source.name) }
    end
  end
end

-- ---------------------------------------------------------------- what the platform did later

-- The same number in other digits was never another one.
local function is_change(old, new)
  local one, other = number_of(old), number_of(new)
  return not (one and other) or one ~= other
end

local function is_number(text) return text == nil or decimal.parse(text) ~= nil end

local function flag_change(change, flag)
  local old, new = change.old_value, change.new_value
  local numbers = is_number(old) and is_number(new)
  flag { source = change.granularity == "realtime" and "consumption_realtime" or change.table_name,
    field = change.field, time = change.row_time, value = numbers and new or nil, since = change.old_seen,
    reference = numbers and old or nil, detail = numbers and "the platform changed it later"
      or ("changed from %s to %s"):format(old or "nothing", new or "nothing") }
end

function rules.restated(view, _, flag)
  for _, change in ipairs(view.restatements) do
    if is_change(change.old_value, change.new_value) then flag_change(change, flag) end
  end
end

function rules.withdrawn(view, _, flag)
  for _, source in ipairs(sources) do
    for _, row in ipairs(view.withdrawn[source.name] or {}) do
      local field = source.registers[1]
      flag { source = source.name, field = field, time = row[source.time], value = row[field] or row.usage,
        since = row.withdrawn_at, detail = "the platform lists this row no more; it is in no sum" }
    end
  end
end

return rules
