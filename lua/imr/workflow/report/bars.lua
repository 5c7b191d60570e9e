-- A bar for each day, as inline SVG. The drawing stretches with the page; what is to be read stands beside it as text,
-- so it stays legible on a phone.

local html = require "imr.base.html"
local words = require "imr.workflow.report.words"

local tag = html.tag

local bars = {}

local HEIGHT, LINES = 100, 4

-- The least of 1, 2, 2.5, 5, 10 … of which LINES cover the most.
local function nice_step(most)
  local power = 10 ^ math.floor(math.log(most / LINES) / math.log(10))
  for _, factor in ipairs { 1, 2, 2.5, 5, 10 } do
    if power * factor * LINES >= most then return power * factor end
  end
  return power * 20
end

local function scale_of(values)
  local most = 0
  for _, value in ipairs(values) do most = math.max(most, value:number()) end
  if most == 0 then return 1 end
  return nice_step(most)
end

local function number(value) return ("%.6g"):format(value) end

local function grid(width)
  local lines = {}
  for index = 1, LINES do
    local y = number(HEIGHT - index * HEIGHT / LINES)
    lines[index] = tag("line", { x1 = 0, x2 = width, y1 = y, y2 = y, class = "grid" })
  end
  return lines
end

-- A value below zero is a flag, and no bar.
local function bar(index, value, day, top, unit)
  local height = math.max(0, value:number()) / top * HEIGHT
  return tag("g", nil,
    tag("title", nil, ("%s: %s %s"):format(day, words.grouped(value), unit)),
    tag("rect", { class = "hit", x = index - 1, y = 0, width = 1, height = HEIGHT }),
    tag("rect", { class = "bar", x = number(index - 0.86), y = number(HEIGHT - height), width = 0.72,
      height = number(height) }))
end

local function y_labels(step)
  local labels = {}
  for index = LINES, 0, -1 do
    labels[#labels + 1] = tag("span", { style = ("top:%s%%"):format(number(100 - index * 100 / LINES)) },
      words.grouped(number(index * step)))
  end
  return labels
end

-- Six at the most, so that they do not touch on a phone; the first carries the year.
local function x_labels(days)
  local labels, every = {}, math.ceil(#days / 6)
  for index = 1, #days, every do
    local place = (index - 0.5) / #days * 100
    labels[#labels + 1] = tag("span", { style = ("left:%s%%"):format(number(place)) }, days[index]:sub(6))
  end
  return labels
end

---@param days string[]
---@param values imr.Decimal[]
---@param unit string
---@param label string read out instead of the drawing
---@return imr.Markup
function bars.chart(days, values, unit, label)
  local step = scale_of(values)
  local drawn = {}
  for index, value in ipairs(values) do drawn[index] = bar(index, value, days[index], step * LINES, unit) end
  return tag("div", { class = "chart" },
    tag("div", { class = "y", ["aria-hidden"] = "true" }, y_labels(step)),
    tag("svg", { viewBox = ("0 0 %d %d"):format(#days, HEIGHT), preserveAspectRatio = "none", role = "img",
      ["aria-label"] = label }, grid(#days), drawn),
    tag("div", { class = "x", ["aria-hidden"] = "true" }, x_labels(days)))
end

return bars
