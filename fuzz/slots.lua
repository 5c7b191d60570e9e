-- The slot file: any bytes as the file, then operations on it, between which it is overwritten, cut, or removed.
-- Whatever it holds, nobody waits longer than he allows, and nobody gets a slot too early.
local bytes = require "bytes"
local core = require "imr.core"
local native = require "native"
local store = require "imr.store.file"
local system = require "imr.os"

local HEADER, CAPACITY = 40, 4 -- of a file that is small, and still valid
local PLAIN, LONGER = 16, 48   -- bytes of an entry: ours, and a later version's
local LONGEST = 2592000        -- seconds, of any interval and wait
local ROUNDING = 2e-6

local directory = assert(os.getenv("IMR_FUZZ_DIRECTORY"), "IMR_FUZZ_DIRECTORY is not set") .. "/slots"
local path = directory .. "/slots"
assert(system.private_directory(directory))

local boot = tonumber(core.boot(), 16)

local function micros()
  return math.floor(core.now() * 1e6)
end

local function padded(text, length)
  return text .. ("\0"):rep(length - #text)
end

local function ahead_of_now(from)
  local ahead = string.unpack("<i4", padded(from:take(4), 4))
  return ahead == 0 and 0 or math.max(0, micros() + ahead)
end

local function entry(from, size)
  local text = padded(from:take(8), 8) .. string.pack("<i8", ahead_of_now(from))
  return padded(text .. from:take(size - PLAIN), size)
end

-- A file that may be good, from what the input has; its times are counted from now.
local function small_file(from)
  local size = from:choose(2) == 0 and PLAIN or LONGER
  local entries = {}
  for index = 1, CAPACITY do entries[index] = entry(from, size) end
  local born = from:choose(2) == 0 and 0 or micros() - from:choose(256) * 10000
  local sizes = from:choose(2) == 0 and { HEADER, size, CAPACITY } or
    { from:choose(256), from:choose(256), from:choose(256) }
  return "imrslots" .. string.pack("<I4I4I4I4i8i8", 1 + from:choose(2), sizes[1], sizes[2], sizes[3], boot, born) ..
    table.concat(entries)
end

local function write(text, mode)
  local file = assert(io.open(path, mode or "wb"))
  assert(file:write(text))
  file:close()
end

local function begin(from)
  os.remove(path)
  local kind = from:choose(4)
  if kind == 0 then return end
  local text = kind == 1 and from:take(from:choose(256)) or small_file(from)
  native.check_slots(text, boot, micros(), from:choose(256) + 1)
  write(text)
  return text
end

local operations = {}

local function span(from)
  local kind = from:choose(4)
  if kind == 0 then return from:number() end
  return from:choose(256) / 64
end

local function clamp(seconds)
  return seconds < LONGEST and math.max(0, seconds) or LONGEST -- also what is no number
end

local function reserve(self, key, interval, max_wait)
  local before = core.now()
  local start, wait, problem = self:reserve(key, interval, core.now(), max_wait)
  if problem then return assert(type(problem) == "string" and start == nil) and nil end
  if not start then
    assert(wait > clamp(max_wait) - ROUNDING, "refused although the wait is allowed")
    return nil
  end
  assert(start >= before - ROUNDING, "a slot in the past")
  assert(start <= core.now() + clamp(max_wait) + ROUNDING, "a slot later than allowed")
  return start
end

-- Two in a row, with nobody between them.
function operations.reserve(self, from)
  local key, interval, max_wait = from:text(), span(from), span(from)
  local first = reserve(self, key, interval, max_wait)
  local second = first and reserve(self, key, interval, max_wait)
  assert(not second or second >= first + clamp(interval) - ROUNDING, "two slots too near to each other")
end

function operations.give_back(self, from)
  local key, interval = from:text(), from:choose(256) / 64
  local held = reserve(self, key, interval, LONGEST)
  if not held then return end
  local again = self:reserve(key, interval, core.now(), LONGEST, { start = held, interval = interval })
  assert(not again or again <= math.max(held, core.now()) + ROUNDING, "a slot that was given back is not free")
end

function operations.push_back(self, from)
  local key, ahead = from:text(), span(from)
  local time = core.now() + ahead
  self:push_back(key, time, core.now())
  local start = reserve(self, key, 1, LONGEST)
  assert(not start or time ~= time or start >= math.min(time, core.now() + LONGEST - 1) - ROUNDING,
    "a slot before the time that was pushed back to")
end

function operations.patch(_, from)
  local file = io.open(path, "r+b")
  if not file then return end
  file:seek("set", from:choose(128))
  file:write((from:text()))
  file:close()
end

function operations.replace(_, from)
  if from:choose(2) == 0 then os.remove(path) end
  write(from:choose(2) == 0 and small_file(from) or from:text())
end

local names = { "reserve", "give_back", "push_back", "patch", "replace" }

return function(input)
  local from = bytes.of(input)
  begin(from)
  local self = store.new { path = directory }
  local steps = 0
  while from:more() and steps < 8 do
    operations[names[from:choose(#names) + 1]](self, from)
    steps = steps + 1
  end
  if self.slots then self.slots:close() end
end
