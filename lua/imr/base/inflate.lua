-- Inflates what deflate has packed (RFC 1951), for the few files of people that are archives: workbooks. Without bit
-- operations, which not every Lua has.

local inflate = {}

local MOST = 16 * 1024 * 1024 -- bytes that come out

local LENGTHS, DISTANCES = {}, {} -- by symbol: { base, extra bits }

local function fill(list, first, base, extras)
  for _, extra in ipairs(extras) do
    list[first], base, first = { base, extra }, base + 2 ^ extra, first + 1
  end
end

fill(LENGTHS, 257, 3, { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5 })
LENGTHS[285] = { 258, 0 }
fill(DISTANCES, 0, 1, { 0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
  13 })

local ORDER = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 }

-- ---------------------------------------------------------------- bits

local Reader = {}
Reader.__index = Reader

local function broken(what) error({ broken = what }, 0) end

-- So many bits as a number, the first the lowest.
function Reader:bits(count)
  while self.held < count do
    local byte = self.text:byte(self.at)
    if not byte then broken "it ends in the middle" end
    self.at, self.value, self.held = self.at + 1, self.value + byte * 2 ^ self.held, self.held + 8
  end
  local size = 2 ^ count
  local found = self.value % size
  self.value, self.held = (self.value - found) / size, self.held - count
  return found
end

-- ---------------------------------------------------------------- codes

-- Of the length of each symbol's code: how many codes there are of each length, and the symbols in their order.
local function table_of(lengths, last)
  local counts, offsets, symbols = {}, {}, {}
  for length = 0, 15 do counts[length] = 0 end
  for symbol = 0, last do counts[lengths[symbol] or 0] = counts[lengths[symbol] or 0] + 1 end
  offsets[1] = 0
  for length = 1, 14 do offsets[length + 1] = offsets[length] + counts[length] end
  for symbol = 0, last do
    local length = lengths[symbol] or 0
    if length > 0 then
      symbols[offsets[length]], offsets[length] = symbol, offsets[length] + 1
    end
  end
  return { counts = counts, symbols = symbols }
end

local function symbol_of(reader, codes)
  local code, first, index = 0, 0, 0
  for length = 1, 15 do
    code = code + reader:bits(1)
    local count = codes.counts[length]
    if code - count < first then return codes.symbols[index + code - first] end
    index, first = index + count, (first + count) * 2
    code = code * 2
  end
  return broken "a code that there is not"
end

local function fixed_codes()
  local lengths, distances = {}, {}
  for symbol = 0, 287 do
    lengths[symbol] = symbol < 144 and 8 or symbol < 256 and 9 or symbol < 280 and 7 or 8
  end
  for symbol = 0, 29 do distances[symbol] = 5 end
  return table_of(lengths, 287), table_of(distances, 29)
end

-- How often the symbols 16, 17 and 18 repeat a length: { bits, least }.
local REPEATS = { [16] = { 2, 3 }, [17] = { 3, 3 }, [18] = { 7, 11 } }

local function dynamic_codes(reader)
  local literals, distances, count = reader:bits(5) + 257, reader:bits(5) + 1, reader:bits(4) + 4
  local lengths, at = {}, 0
  for index = 1, count do lengths[ORDER[index]] = reader:bits(3) end
  local codes = table_of(lengths, 18)
  lengths = {}
  while at < literals + distances do
    local symbol = symbol_of(reader, codes)
    local again = REPEATS[symbol]
    local value = symbol == 16 and lengths[at - 1] or not again and symbol or 0
    for _ = 1, again and reader:bits(again[1]) + again[2] or 1 do
      lengths[at], at = value, at + 1
    end
  end
  local of_distances = {}
  for index = 0, distances - 1 do of_distances[index] = lengths[literals + index] end
  return table_of(lengths, literals - 1), table_of(of_distances, distances - 1)
end

-- ---------------------------------------------------------------- blocks

local function put(out, byte)
  out.size = out.size + 1
  if out.size > MOST then broken "it is too large" end
  out[out.size] = byte
end

local function copy(reader, out, symbol, distances)
  local of_length = LENGTHS[symbol] or broken "a length that there is not"
  local length = of_length[1] + reader:bits(of_length[2])
  local of_distance = DISTANCES[symbol_of(reader, distances)] or broken "a distance that there is not"
  local from = out.size - (of_distance[1] + reader:bits(of_distance[2]))
  if from < 0 then broken "a distance that goes too far" end
  for index = 1, length do put(out, out[from + index]) end
end

local function packed(reader, out, literals, distances)
  while true do
    local symbol = symbol_of(reader, literals)
    if symbol == 256 then return end
    if symbol < 256 then put(out, string.char(symbol)) else copy(reader, out, symbol, distances) end
  end
end

local function stored(reader, out)
  reader.value, reader.held = 0, 0
  local length = reader:bits(16)
  reader:bits(16)
  for _ = 1, length do put(out, string.char(reader:bits(8))) end
end

local function run(text)
  local reader, out = setmetatable({ text = text, at = 1, value = 0, held = 0 }, Reader), { size = 0 }
  repeat
    local last, kind = reader:bits(1), reader:bits(2)
    if kind == 0 then
      stored(reader, out)
    elseif kind == 1 then
      packed(reader, out, fixed_codes())
    elseif kind == 2 then
      packed(reader, out, dynamic_codes(reader))
    else
      broken "a block that there is not"
    end
  until last == 1
  return table.concat(out, "", 1, out.size)
end

---@param text string
---@return string|nil inflated
---@return string|nil problem
function inflate.raw(text)
  local fine, result = pcall(run, text)
  if fine then return result end
  if type(result) == "table" then return nil, result.broken end
  error(result, 0)
end

return inflate
