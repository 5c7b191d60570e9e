-- Bars of the months up to a bill, as inline SVG with its own text: on paper there is nothing to point at.

local html = require "imr.base.html"

local tag = html.tag

local chart = {}

local SLOT, TOP, BELOW = 36, 11, 13
local HEIGHTS = { 74, 56, 44 } -- of a chart, where a sheet has so many

local function number(value) return ("%.2f"):format(value) end

local function shown(value)
  if value >= 100 or value == 0 then return ("%.0f"):format(value) end
  return ("%.1f"):format(value)
end

local function middle(index, y, class, text)
  return tag("text", { x = (index - 0.5) * SLOT, y = y, class = class }, text)
end

local function bar(index, one, most, base)
  local label = middle(index, base + BELOW - 2, one.now and "now" or nil, one.label)
  if not one.usage then return { label, middle(index, base - 3, nil, "–") } end
  local height = math.max(0, one.usage) / most * (base - TOP)
  return { label, middle(index, number(base - height - 3), one.now and "now" or nil, shown(one.usage)),
    tag("rect", { class = one.now and "now" or "bar", x = number((index - 1) * SLOT + 7), width = SLOT - 14,
      y = number(base - height), height = number(height) }) }
end

---@param list { label: string, usage: number|nil, now: boolean|nil }[]
---@param label string read out instead of the drawing
---@param count integer of charts on the sheet
---@return imr.Markup|nil nothing where no other month is known
function chart.of(list, label, count)
  local most, known, drawn = 0, 0, {}
  for _, one in ipairs(list) do
    if one.usage then most, known = math.max(most, one.usage), known + 1 end
  end
  if known < 2 then return nil end
  local width, height = #list * SLOT, HEIGHTS[math.min(count, #HEIGHTS)]
  local base = height - BELOW
  for index, one in ipairs(list) do drawn[index] = bar(index, one, most > 0 and most or 1, base) end
  return tag("svg", { class = "chart", viewBox = ("0 0 %d %d"):format(width, height), role = "img",
    ["aria-label"] = label }, drawn, tag("line", { x1 = 0, x2 = width, y1 = base, y2 = base }))
end

return chart
