-- Values as JSON text: the same in every process, with all their digits.
local core = require "imr.core"
local json = require "imr.json"

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
