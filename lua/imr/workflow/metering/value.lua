-- What a register's text says, and what no register says.
--
-- Decisions are made with doubles, which keep the order of decimals; whatever is added or shown is exact.

local decimal = require "imr.decimal"

local value = {}

local ORDINARY = 6 -- places that a meter may have; more is what a computation with doubles has left behind
local NOISE = 1e-9 -- and of a register's own size, what a double leaves of it
local DOUBLE = 1e-15

local byte, match = string.byte, string.match

-- 346.90000000000003 is 346.9.
local function without_noise(exact)
  local short = exact:round(ORDINARY)
  if (exact - short):abs():number() > math.max(NOISE, DOUBLE * exact:abs():number()) then return exact end
  local text = tostring(short):gsub("0+$", ""):gsub("%.$", "")
  return decimal.of(text)
end

---The exact value of a point, without a double's noise; nil where its text is no number.
---@param point table with text, or with value
---@return imr.Decimal|nil
function value.of(point)
  local exact = point.value
  if not exact then
    exact = decimal.parse(point.text)
    if not exact then return nil end
    point.value = exact
  end
  if exact.places > ORDINARY and not point.cleaned then
    exact, point.cleaned = without_noise(exact), true
    point.value = exact
  end
  return exact
end

-- Of a plain text, which nearly all are: the digits before the point, and behind it.
local function digits_of(text)
  local length = #text
  if length > 15 then return nil end
  local point = match(text, "^%d+()%.%d+$") or match(text, "^%d+()$")
  if not point then return nil end
  local places = point < length and length - point or 0
  if places <= ORDINARY then return point - 1, places end
end

-- A plain text with more places than a meter has: its double and its places without the noise, where that is all it is.
local function double_of(text)
  local point = text:match("^%d+()%.%d+$")
  if not point or point > 9 then return nil end -- so that a double holds the sixth place
  local scaled = tonumber(text) * 10 ^ ORDINARY
  local short = math.floor(scaled + 0.5)
  if math.abs(scaled - short) > NOISE * 10 ^ ORDINARY then return nil end
  local places, left = ORDINARY, short
  while places > 0 and left % 10 == 0 do places, left = places - 1, left / 10 end
  return short / 10 ^ ORDINARY, places, point - 1
end

---Gives a point its `number`, and the digits before the point (`width`) and behind it (`places`).
---@param point table
---@return boolean readable
function value.read(point)
  local text = point.text
  if text then
    local width, places = digits_of(text)
    if width then
      point.number, point.width, point.places = tonumber(text), width, places
      return true
    end
    point.number, point.places, point.width = double_of(text)
    if point.number then return true end
  end
  local exact = value.of(point)
  if not exact then return false end
  point.number, point.places = exact:number(), exact.places
  point.width = #(text or tostring(exact)):match("^%+?(%d*)")
  return true
end

---The places of a text, without a double's noise; nil where it is no number.
---@param text string
---@return integer|nil
function value.places(text)
  local width, places = digits_of(text)
  if width then return places end
  local exact = value.of { text = text }
  return exact and exact.places
end

local ALL_ONES = { 4294967295, 2147483647 } -- of 32 bits, without and with a sign
local LAST_DIGIT, LN10 = 9, math.log(10)

-- Digits of a full counter with the point anywhere, rounded or not.
local function is_all_ones(number, places)
  local shift = LAST_DIGIT - math.floor(math.log(number) / LN10) -- by which it has as many digits as they
  if shift < 0 or shift - places > 2 then return false end
  local shifted, room = number * 10 ^ shift, math.max(1, 0.5 * 10 ^ (shift - places))
  return math.abs(shifted - ALL_ONES[1]) <= room or math.abs(shifted - ALL_ONES[2]) <= room
end

-- How the digits of the values below may begin: 4294967295, 2147483647, 99999999, and zeros or a sign before them.
local BEGINS = { [("4"):byte()] = ("2"):byte(), [("2"):byte()] = ("1"):byte(), [("9"):byte()] = ("9"):byte() }
local ZERO, PLUS = ("0"):byte(), ("+"):byte()

local function may_be_sentinel(text)
  local first, second = byte(text, 1, 2)
  return BEGINS[first] == second or first == ZERO or first == PLUS
end

local SMALLEST = 214 -- of them, with a point somewhere

local function is_sentinel(number, places, text)
  if number < SMALLEST or text and not may_be_sentinel(text) then return false end
  if is_all_ones(number, places) then return true end
  return text ~= nil and #text >= 8 and text:gsub("%D", ""):match("^99999999+$") ~= nil
end

---Does a device say by this value that it has none?
---@param point table with number and places
---@return boolean
function value.is_sentinel(point) return is_sentinel(point.number, point.places, point.text) end

---The double of a plain text, which nearly all are, that says something; nil of any other.
---@param text string
---@return number|nil
function value.plain(text)
  local width, places = digits_of(text)
  local number = width and tonumber(text)
  if number and (number < SMALLEST or not is_sentinel(number, places, text)) then return number end
end

return value
