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
end)
