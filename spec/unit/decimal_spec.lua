-- Exact decimals, against the sums that a child learns: digit by digit, on the texts.
local decimal = require "imr.decimal"

local function digits_of(text, places)
  local whole, fraction = text:match("^(%d+)%.?(%d*)$")
  local list = {}
  for digit in (whole .. fraction .. ("0"):rep(places - #fraction)):gmatch("%d") do
    table.insert(list, 1, tonumber(digit))
  end
  return list
end

local function text_of(list, places)
  while #list > places + 1 and list[#list] == 0 do list[#list] = nil end
  while #list < places + 1 do list[#list + 1] = 0 end
  local text = ""
  for _, digit in ipairs(list) do text = ("%d"):format(digit) .. text end
  if places == 0 then return text end
  return text:sub(1, #text - places) .. "." .. text:sub(#text - places + 1)
end

-- a + b of texts without a sign.
local function paper_sum(a, b, places)
  local one, other, sum, carry = digits_of(a, places), digits_of(b, places), {}, 0
  for index = 1, math.max(#one, #other) + 1 do
    local digit = (one[index] or 0) + (other[index] or 0) + carry
    carry = digit > 9 and 1 or 0
    sum[index] = digit - 10 * carry
  end
  return text_of(sum, places)
end

describe("a decimal", function()
  local read = {
    { "0", "0" }, { "001.50", "1.50" }, { "-3", "-3" }, { "1e3", "1000" }, { "+7", "7" }, { "-0.00", "0.00" },
    { "1.5e1", "15" }, { "12.345E-2", "0.12345" }, { "1.2345e+2", "123.45" }, { "0000000000000001", "1" },
    { "123456789012345678901234567890.12345678901", "123456789012345678901234567890.12345678901" },
    { "9999999", "9999999" }, { "10000000", "10000000" }, { "0.0000001", "0.0000001" }, { "5e-8", "0.00000005" },
  }
  for _, case in ipairs(read) do
    it("reads " .. case[1], function() assert.equal(case[2], tostring(decimal.parse(case[1]))) end)
  end

  local refused = { "", "-", ".5", "5.", "1,5", "1 ", " 1", "0x10", "nan", "inf", "1e", "1e+", "1.2.3", "--1", "1e1.5",
    "1e999999999", "1e-999999999999999999999", "1e-9223372036854775808",
    "1e9223372036854775807", ("9"):rep(2000), 12, false, {} }
  for _, text in ipairs(refused) do
    it("refuses " .. tostring(text):sub(1, 20), function() assert.is_nil(decimal.parse(text)) end)
  end
  it("refuses nil, and says so where a number was promised", function()
    assert.is_nil(decimal.parse(nil))
    local fine, problem = pcall(function() return decimal.of("1,5").places end)
    assert.is_false(fine)
    assert.matches("decimal_spec.*'1,5' is no decimal number", problem)
  end)

  local sums = {
    { "0.1", "+", "0.2", "0.3" }, { "001.50", "-", "0.9", "0.60" }, { "1.50", "-", "1.5", "0.00" },
    { "1", "-", "1000000000000000000", "-999999999999999999" }, { "9007199254740993", "+", "0", "9007199254740993" },
    { "99999999999999.99", "+", "0.01", "100000000000000.00" }, { "-3", "+", "-4.5", "-7.5" },
    { "-3", "-", "-3.001", "0.001" }, { "10000000", "-", "0.0000001", "9999999.9999999" },
    { "12.5", "*", "-4", "-50.0" }, { "9999999", "*", "9999999", "99999980000001" }, { "-0.5", "*", "0", "0.0" },
    { "123456789.123456789", "*", "1e3", "123456789123.456789000" },
  }
  for _, case in ipairs(sums) do
    it(table.concat(case, " ", 1, 3), function()
      local a, b = decimal.of(case[1]), decimal.of(case[3])
      local result = case[2] == "+" and a + b or case[2] == "-" and a - b or a * b
      assert.equal(case[4], tostring(result))
    end)
  end

  it("agrees with paper", function()
    math.randomseed(11)
    local function random()
      local whole = math.random(1, 3) == 1 and 22 or math.random(1, 9)
      local text = tostring(math.random(1, 9))
      for _ = 2, whole do text = text .. math.random(0, 9) end
      local places = math.random(0, 10)
      for place = 1, places do text = text .. (place == 1 and "." or "") .. math.random(0, 9) end
      return text, places
    end
    for _ = 1, 400 do
      local a, places_a = random()
      local b, places_b = random()
      local sum = decimal.of(a) + decimal.of(b)
      assert.equal(paper_sum(a, b, math.max(places_a, places_b)), tostring(sum))
      assert.is_true(sum - decimal.of(a) == decimal.of(b))
      assert.is_true(sum > decimal.of(a) and -sum < -decimal.of(b))
    end
  end)

  it("compares by value, whatever the digits", function()
    local list = { "-1e20", "-3.01", "-3", "-0.5", "0", "0.0000001", "1", "1.0000001", "9999999", "1e7", "1e20" }
    for i, one in ipairs(list) do
      for j, other in ipairs(list) do
        local a, b = decimal.of(one), decimal.of(other .. (other:find("[.e]") and "" or ".000"))
        assert.same({ i < j, i == j, i <= j }, { a < b, a == b, a <= b }, one .. " and " .. other)
      end
    end
  end)

  it("knows its size and its units", function()
    assert.equal("3.50", tostring(decimal.of("-3.50"):abs()))
    assert.is_true(decimal.of("-0.000"):is_zero())
    assert.is_false(decimal.of("0.000000001"):is_zero())
    assert.equal("0.01", tostring(decimal.power(-2)))
    assert.equal("100000", tostring(decimal.power(5)))
    assert.equal(0.1, decimal.of("0.10"):number())
  end)

  local rounds = {
    { "2.345", 2, "half_up", "2.35" }, { "2.344999", 2, "half_up", "2.34" }, { "-0.5", 0, "half_up", "-1" },
    { "2.5", 0, "half_even", "2" }, { "3.5", 0, "half_even", "4" }, { "2.50001", 0, "half_even", "3" },
    { "0.001", 2, "up", "0.01" }, { "-0.001", 2, "up", "-0.01" }, { "9.999", 2, "down", "9.99" },
    { "9.995", 2, "half_up", "10.00" }, { "1", 3, "half_up", "1.000" }, { "-0.004", 2, "half_up", "0.00" },
    { "99999999999999999999.95", 1, "half_up", "100000000000000000000.0" },
  }
  for _, case in ipairs(rounds) do
    it(("rounds %s to %d places, %s"):format(case[1], case[2], case[3]), function()
      assert.equal(case[4], tostring(decimal.of(case[1]):round(case[2], case[3])))
    end)
  end
  it("rounds half up unless told otherwise", function()
    assert.equal("0.13", tostring(decimal.of "0.125":round(2)))
    assert.equal("0.13", tostring(decimal.of "1":divide(decimal.of "8", 2)))
  end)

  local quotients = {
    { "1", "3", 10, "half_up", "0.3333333333" }, { "2", "3", 2, "half_up", "0.67" },
    { "-1", "8", 2, "half_even", "-0.12" }, { "10", "4", 0, "half_up", "3" }, { "0", "7", 2, "half_up", "0.00" },
    { "44.676512048980569343699555", "4", 6, "up", "11.169129" }, { "1", "-1e9", 3, "up", "-0.001" },
    { "123456789012345678901234567890", "0.00012345678901234567", 5, "half_up",
      "1000000000000000072100000648809011.10258" },
  }
  for _, case in ipairs(quotients) do
    it(("divides %s by %s to %d places, %s"):format(case[1], case[2], case[3], case[4]), function()
      local result = decimal.of(case[1]):divide(decimal.of(case[2]), case[3], case[4])
      assert.equal(case[5], tostring(result))
    end)
  end

  -- Down, what remains is at least zero and less than the divisor's share of the last place; up, the other way round.
  it("divides so that the quotient times the divisor leaves less than a unit of the last place", function()
    local below = require "support.random" (11)
    local function any(digits)
      local list = {}
      for index = 1, digits do list[index] = below(10) - 1 end
      return decimal.of(table.concat(list) .. "e-" .. below(digits) - 1)
    end
    for _ = 1, 400 do
      local a, b, places = any(below(30)), any(below(20)) + decimal.of "1e-12", below(15) - 1
      local down, up = a:divide(b, places, "down"), a:divide(b, places, "up")
      local unit = decimal.power(-places)
      assert.is_true(down * b <= a and a < (down + unit) * b)
      assert.is_true(a <= up * b and (up - unit) * b < a)
      local half = a:divide(b, places)
      assert.equal(half, ((a - down * b) * decimal.of "2" < unit * b) and down or up)
    end
  end)

  it("refuses to divide by zero or by anything else, and to round to what is no place", function()
    local one = decimal.of "1"
    local cases = {
      { function() local _ = one:divide(decimal.zero, 2) end, "divided by zero" },
      { function() local _ = one:divide(2, 2) end, "divided by a number" },
      { function() local _ = one:divide(one) end, "places must be an integer from 0 to 1000, not nil" },
      { function() local _ = one:round(1.5) end, "not 1.5" },
      { function() local _ = one:round(2, "nearest") end, "unknown rounding 'nearest'; there are half_up, half_even" },
    }
    for _, case in ipairs(cases) do
      local fine, problem = pcall(case[1])
      assert.is_false(fine)
      assert.matches("decimal_spec", problem, 1, true)
      assert.matches(case[2], problem, 1, true)
    end
  end)
end)
