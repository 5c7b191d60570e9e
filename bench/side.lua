-- Side by side: programs that each print one number, in rounds that alternate, so that a busy machine slows all alike.
-- A figure is the median of its rounds, a ratio the median of the ratios to the reference within each round.

local core = require "imr.core"

local side = {}

---@class bench.Way
---@field name string
---@field command string prints a number last, or takes the time that counts
---@field needs? string program without which this row only says so
---@field check? string command that succeeds where `needs` is installed, if it is no program
---@field reference? boolean the ratios from here on are to this one
---@field timed? boolean the milliseconds that the command takes are the figure

---@class bench.Group
---@field title string
---@field unit string
---@field ways bench.Way[] the first is a reference
---@field rounds integer

---@return string output
function side.shell(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("*a")
  pipe:close()
  return text
end

local function succeeds(command)
  local result = os.execute(command .. " >/dev/null 2>&1")
  return result == true or result == 0
end

---The distribution's Python rather than a shim before it, which takes longer to start than Python itself.
---@return string
function side.python()
  return succeeds "test -x /usr/bin/python3" and "/usr/bin/python3" or "python3"
end

local function run(way)
  local began = core.now()
  local text = side.shell("{ " .. way.command .. "\n} </dev/null" .. (way.timed and " >/dev/null 2>&1" or ""))
  if way.timed then return (core.now() - began) * 1000 end
  return tonumber(text:match("([%d.e+-]+)%s*$")) or error(way.name .. " printed no number: " .. text)
end

local function median(list)
  local sorted = {}
  for index, value in ipairs(list) do sorted[index] = value end
  table.sort(sorted)
  return sorted[math.floor(#sorted / 2) + 1]
end

local function wanted(way)
  local missing = way.needs and not succeeds(way.check or "command -v " .. way.needs) and way.needs
  return missing and { name = way.name, missing = missing } or { name = way.name, way = way, figures = {} }
end

local function run_rounds(rows, rounds)
  for round = 0, rounds do -- round 0 warms up, where there are several
    for _, row in ipairs(rows) do
      local figure = row.way and (round > 0 or rounds > 1) and run(row.way)
      if figure and round > 0 then row.figures[round] = figure end
    end
  end
end

local function ratio(row, reference)
  local ratios = {}
  for round, figure in ipairs(row.figures) do ratios[round] = figure / reference.figures[round] end
  return median(ratios)
end

---@param group bench.Group
---@return { name: string, figure: number?, ratio: number?, missing: string? }[]
function side.measure(group)
  local rows, reference = {}, nil
  for index, way in ipairs(group.ways) do rows[index] = wanted(way) end
  run_rounds(rows, group.rounds)
  for index, row in ipairs(rows) do
    if index == 1 or group.ways[index].reference then reference = row.figures and row end
    if row.figures then row.figure = median(row.figures) end
    if row.figures and reference then row.ratio = ratio(row, reference) end
  end
  return rows
end

---@param group bench.Group
function side.show(group, rows)
  print(("\n%s (%s)"):format(group.title, group.unit))
  for _, row in ipairs(rows) do
    if row.missing then
      print(("  %-44s %12s"):format(row.name, row.missing .. " is not installed"))
    else
      local digits = row.figure >= 1000 and "%.0f" or "%.3g"
      print(("  %-44s %12s%s"):format(row.name, digits:format(row.figure),
        row.ratio and (" %8.2f ×"):format(row.ratio) or ""))
    end
  end
  io.stdout:flush()
end

return side
