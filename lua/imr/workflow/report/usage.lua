-- What a meter used on each day, exactly.
--
-- Daily consumption counts where the platform gives it, else real-time consumption, else the differences of readings.
-- Usage belongs to the day in which its last second lies: what is read at midnight is of the day that ends there.

local core = require "imr.core"
local decimal = require "imr.decimal"

local usage = {}

---@param seconds integer
---@param offset integer
---@return string "YYYY-MM-DD"
function usage.day(seconds, offset)
  return core.format_time(seconds - 1, offset):sub(1, 10)
end

-- Further copies of a row are a flag, and no usage.
local function from_consumption(rows)
  local list, last = {}, nil
  for _, row in ipairs(rows) do
    local used = row.read_time ~= last and decimal.parse(row.usage)
    if used then list[#list + 1] = { time = row.read_time, used = used } end
    last = row.read_time
  end
  return list
end

local function from_steps(series)
  local list = {}
  for _, step in ipairs(series and series.steps or {}) do
    if step.used then list[#list + 1] = { time = step.to.time, used = step.used } end
  end
  return list
end

---@param view imr.QualityView
---@return { time: integer, used: imr.Decimal }[]
function usage.of(view)
  for _, name in ipairs { "consumption", "consumption_realtime" } do
    local list = from_consumption(view.rows[name] or {})
    if #list > 0 then return list end
  end
  return from_steps(view.main)
end

return usage
