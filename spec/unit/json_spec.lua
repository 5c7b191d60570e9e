local core = require "imr.core"
local cjson = require "cjson"
local random_of = require "support.random"

local null = core.null

-- Numbers are compared as what they mean: cjson has floats only.
local function same(a, b)
  if type(a) == "number" and type(b) == "number" then return a + 0.0 == b + 0.0 end
  if type(a) ~= "table" or type(b) ~= "table" then return rawequal(a, b) end
  for key, value in pairs(a) do
    if not same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

describe("core.json", function()
  local accepted = {
    { "null", "null", null },
    { "true", " true ", true },
    { "false", "false", false },
    { "zero", "0", 0 },
    { "an integer", "-12", -12 },
    { "a fraction", "346.90", 346.9 },
    { "an exponent", "1e3", 1000 },
    { "a signed exponent", "12E-1", 1.2 },
    { "an underflow", "1e-400", 0 },
    { "a zero with a huge exponent", "0e999999999999", 0 },
    { "a number with a huge negative exponent", "1e-999999999999", 0 },
    { "a big integer", "123456789012345678901234567890", 123456789012345678901234567890 },
    { "an empty string", '""', "" },
    { "the short escapes", [["\"\\\/\b\f\n\r\t"]], "\"\\/\b\f\n\r\t" },
    { "an escaped NUL", [["a\u0000b"]], "a\0b" },
    { "escapes of two bytes", [["\u00e9"]], "\195\169" },
    { "escapes of three bytes", [["\u6c34\u8868"]], "水表" },
    { "a surrogate pair", [["\ud83d\uDE00"]], "\240\159\152\128" },
    { "raw UTF-8", '"抄表 \240\159\152\128"', "抄表 \240\159\152\128" },
    { "DEL", '"\127"', "\127" },
    { "a list", "[1,[2],[]]", { 1, { 2 }, {} } },
    { "an object", '{"a":{"b":null},"c":[true]}', { a = { b = null }, c = { true } } },
    { "blanks everywhere", ' \t\r\n{ "a" : [ 1 , 2 ] , "b" : { } } \n', { a = { 1, 2 }, b = {} } },
    { "a repeated key: the last one counts", '{"a":1,"a":2}', { a = 2 } },
    { "an empty key", '{"":1}', { [""] = 1 } },
    { "a byte order mark", "\239\187\191[1]", { 1 } },
  }
  for _, case in ipairs(accepted) do
    it("takes " .. case[1], function()
      local value, problem = core.json(case[2])
      assert.is_nil(problem)
      assert.is_true(same(case[3], value))
    end)
  end

  local refused = {
    { "nothing", "", 1, "unexpected end" },
    { "only blanks", "  ", 3, "unexpected end" },
    { "a mark only", "\239\187\191", 4, "unexpected end" },
    { "two marks", "\239\187\191\239\187\1911", 4, "unexpected character" },
    { "HTML", "<html>", 1, "unexpected character" },
    { "NaN", "NaN", 1, "unexpected character" },
    { "Infinity", "-Infinity", 1, "bad number" },
    { "nul", "nul", 1, "unexpected character" },
    { "True", "True", 1, "unexpected character" },
    { "hexadecimal", "0x10", 2, "follows the end" },
    { "a leading zero", "01", 2, "follows the end" },
    { "a leading zero in a list", "[-01]", 4, "expected ',' or ']'" },
    { "a leading plus", "+1", 1, "unexpected character" },
    { "a leading point", ".5", 1, "unexpected character" },
    { "a trailing point", "5.", 1, "bad number" },
    { "an empty exponent", "1e+", 1, "bad number" },
    { "a lone minus", "-", 1, "bad number" },
    { "an infinite number", "1e400", 1, "out of range" },
    { "a raw newline", '"a\nb"', 3, "control character" },
    { "a raw NUL", '"abcdefgh\0"', 10, "control character" },
    { "a bad escape", [["a\x41"]], 3, "bad escape" },
    { "a short \\u", [["\u12"]], 2, "bad escape" },
    { "a \\u that is not hexadecimal", [["\u12g4"]], 2, "bad escape" },
    { "half a surrogate pair", [["\ud83d!"]], 2, "UTF%-8" },
    { "the other half", [["\ude00"]], 2, "UTF%-8" },
    { "bytes that are not UTF-8", '"\255"', 2, "UTF%-8" },
    { "an overlong form", '"\192\175"', 2, "UTF%-8" },
    { "a surrogate in UTF-8", '"\237\160\128"', 2, "UTF%-8" },
    { "a code beyond the last", '"\244\144\128\128"', 2, "UTF%-8" },
    { "a cut character", '"\230\176"', 2, "UTF%-8" },
    { "a key that is not UTF-8", '{"\255":1}', 3, "UTF%-8" },
    { "an open string", '"abc', 5, "unfinished string" },
    { "an open escape", '"abc\\', 5, "bad escape" },
    { "an open list", "[1", 3, "unexpected end" },
    { "an open object", '{"a"', 5, "unexpected end" },
    { "a trailing comma in a list", "[1,]", 4, "unexpected character" },
    { "a trailing comma in an object", '{"a":1,}', 8, "expected a key" },
    { "a leading comma in a list", "[,1]", 2, "unexpected character" },
    { "a leading comma in an object", '{,"a":1}', 2, "expected a key" },
    { "two commas", "[1,,2]", 4, "unexpected character" },
    { "no comma", "[1 2]", 4, "expected ',' or ']'" },
    { "no colon", '{"a" 1}', 6, "expected ':'" },
    { "a key without quotes", "{a:1}", 2, "expected a key" },
    { "a key that is a number", "{1:1}", 2, "expected a key" },
    { "the wrong bracket", "[1}", 3, "expected ',' or ']'" },
    { "single quotes", "'a'", 1, "unexpected character" },
    { "a comment", "[1] // x", 5, "follows the end" },
    { "a second value", "{}{}", 3, "follows the end" },
    { "a NUL behind the end", "1\0", 2, "follows the end" },
    { "a vertical tab", "\v1", 1, "unexpected character" },
  }
  for _, case in ipairs(refused) do
    it("refuses " .. case[1], function()
      local value, problem = core.json(case[2])
      assert.is_nil(value)
      assert.matches("^invalid JSON at byte " .. case[3] .. ": ", problem)
      assert.matches(case[4], problem)
    end)
  end

  it("takes 64 levels, not 65", function()
    local function nested(n) return ("["):rep(n) .. ("]"):rep(n) end
    local function objects(n) return ('{"a":'):rep(n) .. "1" .. ("}"):rep(n) end
    assert.is_table(core.json(nested(64)))
    assert.is_table(core.json(objects(64)))
    for _, text in ipairs { nested(65), objects(65), nested(100000), ("["):rep(1e6) } do
      local value, problem = core.json(text)
      assert.is_nil(value)
      assert.matches("nested too deeply", problem)
    end
    assert.is_table(core.json("[" .. ("[],"):rep(1000) .. "[]]"))
  end)

  it("refuses every truncation", function()
    local text = '{"a":[1,-2.5e3,"x\\u6c34\\n水"],"b":{"c":null,"d":true,"e":false}}'
    assert.is_table(core.json(text))
    for length = 0, #text - 1 do
      local value, problem = core.json(text:sub(1, length))
      assert.is_nil(value)
      assert.matches("^invalid JSON at byte %d+: ", problem)
    end
  end)

  it("finds the special characters wherever they stand in a string", function()
    for _, char in ipairs { { '\\"', '"' }, { "\\\\", "\\" }, { "水", "水" }, { "\\u6c34", "水" }, { "\127",
      "\127" } } do
      for before = 0, 18 do
        for behind = 0, 9 do
          local a, b = ("a"):rep(before), ("z"):rep(behind)
          assert.equal(a .. char[2] .. b, core.json('"' .. a .. char[1] .. b .. '"'))
        end
      end
    end
    for before = 0, 18 do
      for code = 0, 31 do
        local value, problem = core.json('"' .. ("a"):rep(before) .. string.char(code) .. 'zzzzzzzzzz"')
        assert.is_nil(value)
        assert.matches("byte " .. before + 2 .. ": control", problem)
      end
    end
  end)

  it("keeps integers where Lua has them", function()
    local kind = math.type or function() return "integer" end
    assert.equal("integer", kind(core.json("12")))
    assert.equal("float", math.type and math.type(core.json("12.0")) or "float")
    assert.equal("9007199254740993", math.type and tostring(core.json("9007199254740993")) or "9007199254740993")
    assert.equal(9223372036854775807, core.json("9223372036854775807"))
    assert.equal(2 ^ 63, core.json("9223372036854775808"))
    assert.equal(-2 ^ 63, core.json("-9223372036854775808"))
    assert.equal(-math.huge, 1 / core.json("-0"))
  end)

  local rounding = {
    "0.1", "0.3", "2.675", "1e22", "1e23", "123456789012345678", "9007199254740993.0", "9007199254740992.5",
    "9007199254740993.00000000000000000000000000000000000000000001", "1.7976931348623157e308", "4.9e-324", "2.5e-324",
    "2.2250738585072011e-308", "0.000000000000000000000000000000000000000000000000001", "1" .. ("0"):rep(300),
    ("9"):rep(400) .. "e-400", "0." .. ("0"):rep(400) .. "1e401", ("1234567890"):rep(40) .. "e-390",
    "9007199254740993." .. ("0"):rep(900) .. "1", "0." .. ("123456789"):rep(100),
    "1." .. ("0"):rep(399) .. "1", "0.1000000000000000055511151231257827021181583404541015625",
    "0.1000000000000000055511151231257827021181583404541015626", "1e-400", "8.5", "123456.789e-3",
  }
  for _, text in ipairs(rounding) do
    it("rounds right: " .. text:sub(1, 40), function()
      assert.equal(tonumber(text) + 0.0, core.json(text) + 0.0)
      assert.equal(-tonumber(text) + 0.0, core.json("-" .. text) + 0.0)
    end)
  end

  it("reads numbers alike in a locale with a decimal comma", function()
    local before = os.setlocale(nil, "numeric")
    for _, locale in ipairs { "de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8" } do
      if os.setlocale(locale, "numeric") then break end
    end
    local short, long = core.json("1.5"), core.json("1.00000000000000000000000000000000000000000e-30")
    os.setlocale(before, "numeric")
    assert.equal(1.5, short)
    assert.equal(1e-30, long)
  end)

  describe("and cjson", function()
    local random = random_of(20250701)
    local pieces = { "a", "水", "\\n", "\\u6c34", "\\\"", "\240\159\152\128", "\\ud83d\\ude00", " ", "reading",
      "0123456789" }

    local function text_of(maximum)
      local parts = {}
      for i = 1, random(maximum) - 1 do parts[i] = pieces[random(#pieces)] end
      return '"' .. table.concat(parts) .. '"'
    end

    local function number_of()
      local text = (random(3) == 1 and "-" or "") .. ("%d"):format(random(({ 10, 1000, 2 ^ 31 - 2 })[random(3)]) - 1)
      if random(2) == 1 then text = text .. "." .. ("%d"):format(random(1e6)) end
      if random(4) == 1 then text = text .. "e" .. ({ "", "+", "-" })[random(3)] .. ("%d"):format(random(40)) end
      return text
    end

    local generate
    local scalars = {
      function() return text_of(8) end, number_of,
      function() return ({ "null", "true", "false" })[random(3)] end,
    }
    local function blank() return ({ "", "", "", " ", "\n\t" })[random(5)] end

    function generate(depth)
      local kind = random(depth > 0 and 5 or 3)
      if kind <= 3 then return scalars[kind]() end
      local parts = {}
      for i = 1, random(5) - 1 do
        local key = kind == 5 and text_of(3) .. blank() .. ":" or ""
        parts[i] = blank() .. key .. blank() .. generate(depth - 1) .. blank()
      end
      local body = table.concat(parts, ",")
      return kind == 4 and "[" .. body .. "]" or "{" .. body .. "}"
    end

    local function damage(text)
      local bytes = '{}[],:"\\ 0123456789eE+-.truefalsn\255\1'
      local at, char = random(#text), random(#bytes)
      return text:sub(1, at - 1) .. bytes:sub(char, char) .. text:sub(at + random(3) - 1)
    end

    it("agree on random texts", function()
      for _ = 1, 4000 do
        local text = generate(5)
        local value, problem = core.json(text)
        assert(problem == nil, problem)
        assert(same(cjson.decode(text), value), text)
      end
    end)

    it("agree on what both take of damaged texts", function()
      local taken = 0
      for _ = 1, 20000 do
        local text = damage(generate(3))
        local fine, theirs = pcall(cjson.decode, text)
        local ours, problem = core.json(text)
        assert(fine or problem, text) -- what cjson refuses, we refuse: it is the laxer one
        if fine and not problem then
          taken = taken + 1
          assert(same(theirs, ours), text)
        end
      end
      assert.is_true(taken > 1000)
    end)
  end)
end)
