-- Values as JSON text: the same in every process, with all their digits.
local core = require "imr.core"
local json = require "imr.base.json"

describe("json.encode", function()
  it("writes keys in order, and what it writes is read back", function()
    local text = '{"a":[1,null,"x"],"b":{"c":true,"d":"\\"\\\\\\n\\u0001"},"ü":-2.5}'
    assert.equal(text, json.encode(assert(core.json(text))))
  end)

  it("writes all digits of a number, and no more than it needs", function()
    for _, text in ipairs { "0", "-7", "0.1", "12.5", "9007199254740991", "0.12345678901234568", "1e+300", "-0",
      "8986001234567" } do
      assert.equal(text, json.encode(assert(core.json(text))))
    end
    assert.equal("1000000000000000", json.encode(1e15))
  end)

  it("writes a whole number that is no float in full", function()
    if not math.type then return end
    assert.equal("9223372036854775807", json.encode(assert(core.json "9223372036854775807")))
  end)

  it("writes what JSON has no number for as a text", function()
    assert.matches('^"', json.encode(math.huge))
    assert.matches('^"', json.encode(-math.huge))
    assert.matches('^"', json.encode(0 / 0))
  end)

  it("takes a text with any byte", function()
    local all = {}
    for byte = 0, 127 do all[#all + 1] = string.char(byte) end
    local text = table.concat(all) .. "锦绣新村"
    assert.equal(text, core.json(json.quote(text)))
  end)
end)

describe("text from outside", function()
  it("is UTF-8 or not, and where not", function()
    for _, text in ipairs { "", "a", "锦绣", "\0", "\240\159\152\128" } do assert.is_true(core.is_utf8(text)) end
    assert.same({ false, 3 }, { core.is_utf8 "ab\255" })
    assert.same({ false, 1 }, { core.is_utf8 "\237\160\128" })
    assert.same({ false, 4 }, { core.is_utf8 "水\230\176" })
  end)

  it("is cut where a character ends", function()
    local text = "a水é\240\159\152\128b"
    local expected = { "", "a", "a", "a", "a水", "a水", "a水é" }
    for most = 0, 6 do assert.equal(expected[most + 1], core.cut(text, most)) end
    for most = 7, 9 do assert.equal("a水é", core.cut(text, most)) end
    assert.equal("a水é\240\159\152\128", core.cut(text, 10))
    for most = 11, 20 do assert.equal(text, core.cut(text, most)) end
    assert.equal("", core.cut(text, -1))
    assert.equal("\128\128\128", core.cut("\128\128\128\128\128", 3))
  end)

  it("is made UTF-8, and so is what is written as JSON", function()
    assert.equal("a\239\191\189b", core.as_utf8 "a\255b")
    assert.equal("水\239\191\189\239\191\189", core.as_utf8 "水\230\176")
    assert.equal('"a\239\191\189"', json.quote "a\255")
    assert.truthy(core.json(json.encode { ["\255"] = "\214\208" }))
  end)

  it("is read as GB18030", function()
    assert.equal("中文,1\n", core.from_gb18030 "\214\208\206\196,1\n")
    assert.equal("\240\159\152\128", core.from_gb18030 "\148\57\252\54")
    assert.is_nil((core.from_gb18030 "M\252\n"))
    assert.is_nil((core.from_gb18030 "\214"))
  end)
end)

it("is read and written by one module: a host's settings of its cjson change nothing", function()
  local found = {}
  for line in io.popen("grep -rlE 'require.*cjson' lua/imr"):lines() do found[#found + 1] = line end
  assert.same({ "lua/imr/cli/command/doctor/checks.lua" }, found) -- names its version
end)
