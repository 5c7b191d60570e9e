-- What a meter used on each day, exactly.
--
-- For each day daily consumption counts where the platform gives it, else real-time consumption, else the difference of
-- readings, where no day that it spans is counted already. Usage belongs to the day in which its last second lies: what
-- is read at midnight is of the day that ends there.

local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local decimal = require "imr.decimal"

local usage = {}

---@param seconds integer
---@param offset integer
---@return string "YYYY-MM-DD"
function usage.day(seconds, offset)
  return core.format_time(seconds - 1, offset):sub(1, 10)
end

-- Further copies of a row are a flag, and no usage; the first that can be read counts.
local function from_consumption(rows)
  local list, last = {}, nil
  for _, row in ipairs(rows) do
    local used = row.read_time ~= last and decimal.parse(row.usage)
    if used then
      list[#list + 1] = { time = row.read_time, used = used }
      last = row.read_time
    end
  end
  return list
end

-- The days after that of the reading before, or the day itself where both are of one.
local function is_counted(step, counted, offset)
  local day, last = usage.day(step.from.time, offset), usage.day(step.to.time, offset)
  local time = step.from.time
  while day < last do
    time = time + DAY
    day = usage.day(math.min(time, step.to.time), offset)
    if counted[day] then return true end
  end
  return counted[day] == true
end

local function from_steps(series, counted, offset)
  local list = {}
  for _, step in ipairs(series and series.steps or {}) do
    if step.used and not is_counted(step, counted, offset) then
      list[#list + 1] = { time = step.to.time, used = step.used }
    end
  end
  return list
end

-- What is of days that are counted already is left out, day by day.
local function add(list, counted, more, offset)
  local days = {}
  for _, one in ipairs(more) do
    local day = usage.day(one.time, offset)
    if not counted[day] then list[#list + 1], days[day] = one, true end
  end
  for day in pairs(days) do counted[day] = true end
end

---@param view imr.QualityView
---@param offset integer the platform's zone, seconds
---@return { time: integer, used: imr.Decimal }[] in no order
function usage.of(view, offset)
  local list, counted = {}, {}
  for _, name in ipairs { "consumption", "consumption_realtime" } do
    add(list, counted, from_consumption(view.rows[name] or {}), offset)
  end
  add(list, counted, from_steps(view.main, counted, offset), offset)
  return list
end

return usage
