-- Ways to do one thing, measured in rounds that alternate, so that a busy machine slows all alike: a time is the median
-- of its rounds, a ratio the median of the ratios to the first way within each round.

local rounds = {}

local function median(list)
  table.sort(list)
  return list[math.floor(#list / 2) + 1]
end

local function mean(way, turns)
  collectgarbage()
  return way(turns) / turns
end

---@param turn fun(): number does something and says how many seconds of it count
---@return bench.way
function rounds.summed(turn)
  return function(turns)
    local sum = 0
    for _ = 1, turns do sum = sum + turn() end
    return sum
  end
end

---@param fn fun()
---@return bench.way of the processor's seconds
function rounds.timed(fn)
  return rounds.summed(function()
    local began = os.clock()
    fn()
    return os.clock() - began
  end)
end

---@alias bench.way fun(turns: integer): number does so many turns and says how many seconds of them count

---@param ways bench.way[]
---@param count integer rounds
---@param seconds number about so long is each way's part of a round
---@return number[] times
---@return number[] ratios
function rounds.measure(ways, count, seconds)
  local turns, samples, times, ratios = {}, {}, {}, {}
  for index, way in ipairs(ways) do
    turns[index], samples[index] = math.max(1, math.floor(seconds / mean(way, 3))), {}
  end
  for round = 1, count do
    for index, way in ipairs(ways) do samples[index][round] = mean(way, turns[index]) end
  end
  for index in ipairs(ways) do
    local relative = {}
    for round = 1, count do relative[round] = samples[index][round] / samples[1][round] end
    ratios[index] = median(relative)
  end
  for index in ipairs(ways) do times[index] = median(samples[index]) end
  return times, ratios
end

return rounds
