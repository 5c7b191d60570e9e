--- Exact decimal numbers: the platform's own digits, added, divided, rounded and compared without a float in between.
---
---   local used = decimal.parse("001.50") - decimal.parse("0.9")
---   tostring(used)                   "0.60": as many places as the finer of the two
---   used < decimal.parse("1e3")      true
---
--- A number is a list of limbs of seven digits around the decimal point: limb 0 holds the units, limb -1 the first
--- seven places. So no two numbers have to be aligned, and whatever is done to limbs fits a double exactly, which makes
--- LuaJIT and 5.4 agree. Values never change.

local read_number = require("imr.base.number").read

local decimal = {}

local DIGITS, BASE = 7, 1e7
local MOST = 1000 -- digits before or behind the point; more than that is no meter's

---An exact decimal number: +, -, *, comparisons and tostring work on it; it is divided and rounded to stated places.
---@class imr.Decimal
---@field negative boolean
---@field low integer lowest limb, 0 or less
---@field high integer highest limb, 0 or more
---@field places integer digits behind the point
---@operator add(imr.Decimal): imr.Decimal
---@operator sub(imr.Decimal): imr.Decimal
---@operator mul(imr.Decimal): imr.Decimal
---@operator unm: imr.Decimal
local Decimal = {}
Decimal.__index = Decimal

-- Carries, and takes away the limbs above that hold nothing. The limbs may have any sign and size below 2^53 / 10.
local function normalized(limbs, low, high, places)
  local carry, at = 0, low
  while at <= high or carry ~= 0 and carry ~= -1 do
    local sum = (limbs[at] or 0) + carry
    carry = math.floor(sum / BASE)
    limbs[at], at = sum - carry * BASE, at + 1
  end
  high = at - 1
  if carry == -1 then -- below zero: what is there is its complement
    for index = low, high do limbs[index] = -limbs[index] end
    limbs[high] = limbs[high] + BASE
    normalized(limbs, low, high, places)
    limbs.negative = true
    return limbs
  end
  while high > 0 and limbs[high] == 0 do limbs[high], high = nil, high - 1 end
  limbs.negative, limbs.low, limbs.high, limbs.places = false, low, high, places
  return setmetatable(limbs, Decimal)
end

local function is_zero(value)
  for index = value.low, value.high do
    if value[index] ~= 0 then return false end
  end
  return true
end

-- ---------------------------------------------------------------- reading and writing

-- Moves the point by the exponent.
local function shifted(whole, fraction, exponent)
  if exponent > 0 then
    fraction = fraction .. ("0"):rep(exponent - #fraction)
    return whole .. fraction:sub(1, exponent), fraction:sub(exponent + 1)
  end
  whole = ("0"):rep(-exponent - #whole) .. whole
  return whole:sub(1, #whole + exponent), whole:sub(#whole + exponent + 1) .. fraction
end

local function split(text)
  local sign, whole, rest = text:match("^([+-]?)(%d+)(.*)$")
  if not sign then return nil end
  local fraction, after = rest:match("^%.(%d+)(.*)$")
  local exponent = (after or rest):match("^[eE]([+-]?%d+)$")
  if not exponent and (after or rest) ~= "" then return nil end
  return sign, whole, fraction or "", tonumber(exponent or 0)
end

local function fill(limbs, whole, fraction)
  local high = math.max(0, math.ceil(#whole / DIGITS) - 1)
  local low = -math.ceil(#fraction / DIGITS)
  local digits = ("0"):rep((high + 1) * DIGITS - #whole) .. whole .. fraction
    .. ("0"):rep(-low * DIGITS - #fraction)
  local at = 1
  for index = high, low, -1 do
    limbs[index], at = tonumber(digits:sub(at, at + DIGITS - 1)), at + DIGITS
  end
  return low, high
end

local ZEROS = ("0"):rep(DIGITS)

-- The usual case: one limb on either side of the point.
local function parse_short(text)
  local whole, fraction = text:match("^(%d+)%.(%d+)$")
  if not whole or #whole > DIGITS or #fraction > DIGITS then return nil end
  return setmetatable({ [0] = tonumber(whole), [-1] = tonumber(fraction .. ZEROS:sub(#fraction + 1)), low = -1,
    high = 0, places = #fraction, negative = false }, Decimal)
end

---Takes [+-]digits[.digits][e[+-]digits], leading zeros and all: what the platform's records hold as decimals.
---@param text any
---@return imr.Decimal|nil value nil for anything else, and for more than a thousand digits
function decimal.parse(text)
  if type(text) ~= "string" then return nil end
  local short = parse_short(text)
  if short then return short end
  local sign, whole, fraction, exponent = split(text)
  if not sign or exponent > MOST or exponent < -MOST or #whole + #fraction > MOST then return nil end
  if exponent ~= 0 then whole, fraction = shifted(whole, fraction, exponent) end
  local limbs = {}
  local low, high = fill(limbs, whole, fraction)
  local value = normalized(limbs, low, high, #fraction)
  value.negative = sign == "-" and not is_zero(value)
  return value
end

---The decimal of a text that is known to be one.
---@param text string
---@return imr.Decimal
function decimal.of(text)
  return decimal.parse(text) or error(("'%s' is no decimal number"):format(tostring(text)), 2)
end

function Decimal:__tostring()
  local parts = { self.negative and "-" or "", ("%d"):format(self[self.high]) }
  for index = self.high - 1, 0, -1 do parts[#parts + 1] = ("%07d"):format(self[index]) end
  if self.places == 0 then return table.concat(parts) end
  local behind = {}
  for index = -1, self.low, -1 do behind[#behind + 1] = ("%07d"):format(self[index]) end
  return table.concat(parts) .. "." .. table.concat(behind):sub(1, self.places)
end

-- `level` is that of the method's caller.
local function must_be_decimal(self, level)
  if getmetatable(self) ~= Decimal then
    error("a decimal's method is called with a colon, as in value:number()", level + 1)
  end
end

---The nearest double or one beside it: for statistics and drawings, not for sums.
---@return number
function Decimal:number()
  must_be_decimal(self, 2)
  return read_number(tostring(self))
end

-- ---------------------------------------------------------------- arithmetic

-- Two of them, or an error at the line that has the operator.
local function must_be_decimals(a, b)
  if getmetatable(a) == Decimal and getmetatable(b) == Decimal then return end
  local other = getmetatable(a) == Decimal and b or a
  error(("a decimal and a %s: decimal.parse or decimal.of makes a decimal of a text"):format(type(other)), 3)
end

-- a + sign * b of the magnitudes with their own signs.
local function sum(a, b, sign)
  local limbs, low, high = {}, math.min(a.low, b.low), math.max(a.high, b.high)
  local of_a, of_b = a.negative and -1 or 1, b.negative and -sign or sign
  for index = low, high do limbs[index] = (a[index] or 0) * of_a + (b[index] or 0) * of_b end
  return normalized(limbs, low, high, math.max(a.places, b.places))
end

function Decimal.__add(a, b)
  must_be_decimals(a, b)
  return sum(a, b, 1)
end

function Decimal.__sub(a, b)
  must_be_decimals(a, b)
  return sum(a, b, -1)
end

function Decimal.__unm(a) return sum(decimal.zero, a, -1) end

function Decimal.__mul(a, b)
  must_be_decimals(a, b)
  local limbs, low, high = {}, a.low + b.low, a.high + b.high
  for index = low, high do limbs[index] = 0 end
  for at = b.low, b.high do -- a line of the schoolbook at a time, carried at once: a sum of many would not fit
    local carry = 0
    for index = a.low, a.high do
      local product = limbs[index + at] + a[index] * b[at] + carry
      carry = math.floor(product / BASE)
      limbs[index + at] = product - carry * BASE
    end
    limbs[a.high + at + 1] = (limbs[a.high + at + 1] or 0) + carry
  end
  local product = normalized(limbs, low, high + 1, a.places + b.places)
  product.negative = a.negative ~= b.negative and not is_zero(product)
  return product
end

-- -1, 0 or 1, of the magnitudes.
local function compare(a, b)
  for index = math.max(a.high, b.high), math.min(a.low, b.low), -1 do
    local one, other = a[index] or 0, b[index] or 0
    if one ~= other then return one < other and -1 or 1 end
  end
  return 0
end

-- Lua asks for two tables of any kind.
function Decimal.__eq(a, b)
  return getmetatable(a) == getmetatable(b) and a.negative == b.negative and compare(a, b) == 0
end

local function is_less(a, b)
  if a.negative ~= b.negative then return a.negative end
  return compare(a, b) == (a.negative and 1 or -1)
end

function Decimal.__lt(a, b)
  must_be_decimals(a, b)
  return is_less(a, b)
end

function Decimal.__le(a, b)
  must_be_decimals(a, b)
  return not is_less(b, a)
end

-- ---------------------------------------------------------------- rounding and division

-- Does a magnitude go up to the next unit of its last place? `half` tells the rest from half a unit: -1, 0 or 1.
local roundings = {
  half_up = function(half) return half >= 0 end,
  half_even = function(half, is_odd) return half > 0 or half == 0 and is_odd end,
  up = function() return true end,
  down = function() return false end,
}

-- `level` is that of the method's caller.
local function must_be_rounding(places, rounding, level)
  if type(places) ~= "number" or places % 1 ~= 0 or places < 0 or places > MOST then
    error(("places must be an integer from 0 to %d, not %s"):format(MOST, tostring(places)), level + 1)
  end
  if not roundings[rounding] then
    error(("unknown rounding '%s'; there are half_up, half_even, up and down"):format(tostring(rounding)), level + 1)
  end
end

local function half_of(rest)
  local first = rest:byte() - 48
  if first ~= 5 then return first < 5 and -1 or 1 end
  return rest:find("[1-9]", 2) and 1 or 0
end

local function rounded(value, places, rounding)
  local whole, fraction = tostring(value):match "^%-?(%d+)%.?(%d*)$"
  local kept, rest = fraction:sub(1, places), fraction:sub(places + 1)
  local text = whole .. (places > 0 and "." .. kept .. ("0"):rep(places - #kept) or "")
  local result = decimal.of(text)
  local is_odd = text:byte(-1) % 2 == 1
  if rest:find "[1-9]" and roundings[rounding](half_of(rest), is_odd) then
    result = result + decimal.of("1e-" .. places)
  end
  return value.negative and -result or result
end

---Rounds it. What is below zero is rounded as its magnitude is: half_up takes -0.5 to -1, up goes away from zero.
---@param places integer digits behind the point, which the result has, from 0 on
---@param rounding? "half_up"|"half_even"|"up"|"down" half_up unless said otherwise
---@return imr.Decimal
function Decimal:round(places, rounding)
  must_be_decimal(self, 2)
  must_be_rounding(places, rounding or "half_up", 2)
  return rounded(self, places, rounding or "half_up")
end

-- The highest limbs as a float, in units of limb `at`.
local function leading(limbs, high, at)
  local float = 0
  for index = high, math.max(high - 3, at), -1 do float = float + (limbs[index] or 0) * BASE ^ (index - at) end
  return float
end

-- A whole number below BASE.
local function of_limb(limb)
  return setmetatable({ [0] = limb, low = 0, high = 0, places = 0, negative = false }, Decimal)
end

-- How often the divisor goes into the rest, which is below BASE times the divisor; what remains stays in the rest. The
-- floats are exact to fifteen digits, so the estimate is one off at most.
local function take_out(rest, divisor)
  local times = math.floor(leading(rest, rest.high, 0) / leading(divisor, divisor.high, 0))
  local left = rest - of_limb(times) * divisor
  while left.negative do times, left = times - 1, left + divisor end
  while not is_less(left, divisor) do times, left = times + 1, left - divisor end
  return times, left
end

-- The magnitude with limb `by` as its units.
local function moved(value, by)
  local limbs = { low = math.min(value.low - by, 0), high = math.max(value.high - by, 0), negative = false }
  for index = limbs.low, limbs.high do limbs[index] = value[index + by] or 0 end
  limbs.places = -limbs.low * DIGITS
  return normalized(limbs, limbs.low, limbs.high, limbs.places)
end

-- The quotient of two magnitudes, at least down to limb `low`; one limb further down says whether anything remained.
local function quotient(a, b, low)
  local divisor, by = moved(b, b.low), -b.low
  local limbs, rest, high = {}, decimal.zero, a.high + by
  low = math.min(low, a.low + by)
  for index = high, low, -1 do
    rest = moved(rest, -1) + of_limb(a[index - by] or 0)
    limbs[index], rest = take_out(rest, divisor)
  end
  limbs[low - 1] = is_zero(rest) and 0 or 1
  return normalized(limbs, low - 1, high, (1 - low) * DIGITS)
end

---Divides it by another one. No digit is lost before it is rounded.
---@param other imr.Decimal not zero
---@param places integer digits behind the point, which the result has, from 0 on
---@param rounding? "half_up"|"half_even"|"up"|"down" half_up unless said otherwise
---@return imr.Decimal
function Decimal:divide(other, places, rounding)
  must_be_decimal(self, 2)
  if getmetatable(other) ~= Decimal then
    error(("a decimal divided by a %s: decimal.parse or decimal.of makes a decimal of a text"):format(type(other)), 2)
  end
  must_be_rounding(places, rounding or "half_up", 2)
  if is_zero(other) then error("a decimal divided by zero", 2) end
  local exact = quotient(self, other, math.min(-math.ceil((places + 1) / DIGITS), -1))
  local result = rounded(exact, places, rounding or "half_up")
  return self.negative ~= other.negative and -result or result
end

---Its magnitude.
---@return imr.Decimal
function Decimal:abs()
  must_be_decimal(self, 2)
  return self.negative and -self or self
end

---Whether it is zero.
---@return boolean
function Decimal:is_zero()
  must_be_decimal(self, 2)
  return is_zero(self)
end

---Zero, to begin a sum with.
---@type imr.Decimal
decimal.zero = decimal.of("0")

---10 to the power of an integer: a unit of the last place, a register's capacity.
---@param exponent integer
---@return imr.Decimal
function decimal.power(exponent)
  if type(exponent) ~= "number" or exponent % 1 ~= 0 or math.abs(exponent) > MOST then
    error(("decimal.power takes an integer from -%d to %d"):format(MOST, MOST), 2)
  end
  return decimal.of(("1e%d"):format(exponent))
end

return decimal
