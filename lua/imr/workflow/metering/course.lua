-- Which readings are the register's course, and which stand beside it.
--
-- A reading is judged by what comes before and after it: the explanation that leaves out fewest readings is right. To
-- leave one out costs 1; to say that the register began anew, or became another's, costs as much as three and a half.
-- Where two explanations are equally good, what only one of them keeps is kept by neither.

local course = {}

local REACH = 40 -- readings around a contradiction that are weighed
local BREAK = 3.5
local SKIPPED, FEW, FURTHER = 1, 5, 0.25 -- beyond a few that were left out in a row, each costs less
local BELOW, ABOVE = 0.2, 0.3 -- jitter of the last place: the upper one is the register's
local EQUAL = 1e-9

-- Stretches around the steps that are not ordinary; the rest needs no weighing.
local function stretches(points, is_ordinary)
  local list = {}
  for index = 2, #points do
    if not is_ordinary(points[index - 1], points[index]) then
      local first, last = math.max(1, index - 1 - REACH), math.min(#points, index + REACH)
      local before = list[#list]
      if not before or before.last < first then
        before = { first = first }
        list[#list + 1] = before
      end
      before.last = last
    end
  end
  return list
end

-- What it costs to leave out a point beside one that is kept: an equal one says the same.
local function weight(kept, point, jitter)
  local off = point.number - kept.number
  if off == 0 or math.abs(off) > jitter then return SKIPPED end
  return off < 0 and BELOW or ABOVE
end

local function row_cost(cost) return cost <= FEW and cost or FEW + (cost - FEW) * FURTHER end

-- The costs of going on with i after j, and of ending with j.
local function edges_of(points, stretch, cost, jitter)
  local edges, tails = {}, {}
  for j = stretch.first, stretch.last do
    local skipped, to = 0, {}
    for i = j + 1, math.min(stretch.last, j + REACH) do
      to[i] = row_cost(skipped) + cost(points[j], points[i])
      skipped = skipped + weight(points[j], points[i], jitter)
    end
    edges[j] = to
    tails[j] = row_cost(skipped + math.max(0, stretch.last - j - REACH))
  end
  return edges, tails
end

-- The cheapest way to each point from the beginning, and from it to the end. A stretch that does not reach the
-- series' own beginning or end keeps its first and last point.
local function ways(points, stretch, edges, tails)
  local first, last = stretch.first, stretch.last
  local before, after = {}, {}
  for i = first, last do
    before[i] = i == first and 0 or first == 1 and row_cost((i - first) * SKIPPED) or math.huge
    after[i] = i == last and 0 or last == #points and tails[i] or math.huge
  end
  for j = first, last do
    for i, cost in pairs(edges[j]) do before[i] = math.min(before[i], before[j] + cost) end
  end
  for j = last, first, -1 do
    for i, cost in pairs(edges[j]) do after[j] = math.min(after[j], cost + after[i]) end
  end
  return before, after
end

local function mark(suspect, from, to)
  for index = from, to do suspect[index] = true end
end

local function weigh(points, stretch, cost, jitter, suspect)
  local edges, tails = edges_of(points, stretch, cost, jitter)
  local before, after = ways(points, stretch, edges, tails)
  local first, last, best = stretch.first, stretch.last, math.huge
  for i = first, last do best = math.min(best, before[i] + after[i]) end
  best = best + EQUAL
  for j = first, last do
    if first == 1 and row_cost((j - first) * SKIPPED) + after[j] <= best then mark(suspect, first, j - 1) end
    if last == #points and before[j] + tails[j] <= best then mark(suspect, j + 1, last) end
    for i, edge in pairs(edges[j]) do
      if i > j + 1 and before[j] + edge + after[i] <= best then mark(suspect, j + 1, i - 1) end
    end
  end
end

---@param points table[] with time and number, in order of time
---@param step fun(from: table, to: table): string|nil nil where it is ordinary, "rollover", else a break's kind
---@param jitter number
---@return table<integer, true> suspect by index
function course.suspects(points, step, jitter)
  local function cost(from, to)
    local kind = step(from, to)
    return not kind and 0 or kind == "rollover" and BELOW or BREAK
  end
  local suspect = {}
  for _, stretch in ipairs(stretches(points, function(from, to) return step(from, to) == nil end)) do
    weigh(points, stretch, cost, jitter, suspect)
  end
  return suspect
end

return course
