-- What the rules look at: everything there is of one meter in a period, in the order of time. Pure.

local sources = require "imr.workflow.quality.sources"
local steps = require "imr.workflow.quality.steps"

local view = {}

---@class imr.QualitySeries one register of one source
---@field source imr.QualitySource
---@field field string
---@field points imr.QualityPoint[]
---@field steps imr.QualityStep[]
---@field interval integer|nil

---@class imr.QualityView
---@field meter_no string
---@field now integer
---@field from integer flags are of this period; what is before it only tells what is usual
---@field to integer
---@field history table[] rows of the table meters
---@field rows table<string, table[]> by source
---@field series imr.QualitySeries[]
---@field main imr.QualitySeries|nil the meter's course
---@field restatements table[]
---@field removed_at integer|nil since when the platform does not list the meter any more

---Devices that came after another, each at the time when a sync first saw it.
---@param history table[] rows of the table meters, oldest first
---@return { time: integer, from: string, to: string }[]
function view.swaps(history)
  local swaps = {}
  for index = 2, #history do
    local before, after = history[index - 1], history[index]
    if before.device_id ~= after.device_id then
      swaps[#swaps + 1] = { time = after.first_seen, from = before.device_id, to = after.device_id }
    end
  end
  return swaps
end

local function add_series(new, source, tuning)
  for _, field in ipairs(source.registers) do
    local points = steps.points(new.rows[source.name] or {}, source.time, field)
    if #points > 0 then
      local between = steps.between(points, new.swaps, tuning)
      new.series[#new.series + 1] = { source = source, field = field, points = points, steps = between,
        interval = steps.interval(between) }
    end
  end
end

local function main_of(series)
  for _, one in ipairs(series) do
    if #one.points > 1 then return one end
  end
  return series[1]
end

---@param given { meter_no: string, now: integer, from: integer, to: integer, history: table[], rows: table,
--- restatements: table[]? }
---@param rollover table tuning of the rule rollover, which tells steps apart
---@return imr.QualityView
function view.new(given, rollover)
  local new = { meter_no = given.meter_no, now = given.now, from = given.from, to = given.to,
    history = given.history or {}, rows = given.rows, restatements = given.restatements or {}, series = {} }
  new.swaps = view.swaps(new.history)
  new.removed_at = #new.history > 0 and new.history[#new.history].removed_at or nil
  for _, source in ipairs(sources) do add_series(new, source, rollover) end
  new.main = main_of(new.series)
  return new
end

return view
