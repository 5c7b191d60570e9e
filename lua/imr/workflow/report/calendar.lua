-- Coverage as a calendar: a column a week, a row a weekday, a cell a day.

local DAY = require("imr.base.calendar").DAY
local html = require "imr.base.html"
local core = require "imr.core"

local tag = html.tag

local calendar = {}

local CELL, LEFT, TOP = 24, 34, 20

-- Monday is 0; 1970-01-01 was a Thursday.
local function weekday(day)
  return (math.floor(core.parse_time(day, 0) / DAY) + 3) % 7
end

-- Colour alone tells nobody who cannot see it, so cells that lack something also have a mark.
local function class_of(row)
  if not row or row.expected == 0 then return "none" end
  local share = row.received / row.expected
  if share >= 1 then return "full" end
  if share >= 0.95 then return "most" end
  return share >= 0.5 and "some" or "few"
end

local function title_of(day, row)
  if not row then return day end
  local parts = { ("%s: %d/%d"):format(day, row.received, row.expected) }
  for _, cause in ipairs { "offline", "not_frozen", "rejected", "truncated", "unknown" } do
    if (row[cause] or 0) > 0 then parts[#parts + 1] = ("%s %d"):format(cause, row[cause]) end
  end
  return table.concat(parts, ", ")
end

local function cell(x, y, day, row)
  local class = class_of(row)
  local lacks = class == "some" or class == "few" or class == "most"
  return tag("g", nil, tag("title", nil, title_of(day, row)),
    tag("rect", { class = class, x = x + 1, y = y + 1, width = CELL - 2, height = CELL - 2, rx = 3 }),
    tag("text", { class = lacks and "lacks" or "date", x = x + CELL / 2, y = y + CELL / 2 + 4 },
      tostring(tonumber(day:sub(9)))))
end

local function months(days, first)
  local labels, last = {}, nil
  for index, day in ipairs(days) do
    local month = day:sub(1, 7)
    local x = LEFT + math.floor((index - 1 + first) / 7) * CELL
    if month ~= last and (not labels.x or x >= labels.x + 3 * CELL) then
      labels[#labels + 1] = tag("text", { class = "month", x = x, y = 13 }, month)
      labels.x = x
    end
    last = month
  end
  return labels
end

local WEEKDAYS = { { 0, "Mon", "一" }, { 2, "Wed", "三" }, { 4, "Fri", "五" }, { 6, "Sun", "日" } }

local function weekdays()
  local labels = {}
  for _, entry in ipairs(WEEKDAYS) do
    local y = TOP + entry[1] * CELL + CELL / 2 + 4
    labels[#labels + 1] = tag("text", { class = "week en", x = 0, y = y }, entry[2])
    labels[#labels + 1] = tag("text", { class = "week zh", x = 0, y = y }, entry[3])
  end
  return labels
end

---@param days string[]
---@param rows table<string, table> of the table coverage, by day
---@param label string read out instead of the drawing
---@return imr.Markup
function calendar.heat_map(days, rows, label)
  local first, cells = weekday(days[1]), {}
  for index, day in ipairs(days) do
    local place = index - 1 + first
    cells[index] = cell(LEFT + math.floor(place / 7) * CELL, TOP + place % 7 * CELL, day, rows[day])
  end
  local width = LEFT + math.ceil((#days + first) / 7) * CELL + 46 -- room for the last month's name
  local height = TOP + 7 * CELL
  return tag("svg", { class = "calendar", viewBox = ("0 0 %d %d"):format(width, height), width = width,
    height = height, role = "img", ["aria-label"] = label }, months(days, first), weekdays(), cells)
end

---What the colours mean.
---@return imr.Markup
function calendar.legend()
  local entries = {}
  for _, entry in ipairs { { "full", "all", "齐全" }, { "most", "≥ 95 %", "≥ 95 %" }, { "some", "≥ 50 %", "≥ 50 %" },
    { "few", "< 50 %", "< 50 %" }, { "none", "nothing expected or recorded", "无应收或无记录" } } do
    entries[#entries + 1] = tag("li", nil, tag("i", { class = "key " .. entry[1] }), html.both(entry[2], entry[3]))
  end
  return tag("ul", { class = "legend" }, entries)
end

return calendar
