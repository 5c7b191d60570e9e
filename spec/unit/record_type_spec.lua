-- The decoder knows no platform: what it makes of an answer is what a record type says.
local core = require "imr.core"
local list_of = require("support.identities").list

local function decode(type, data, decimals)
  local answer = assert(core.decode(type, ('{"code":200,"data":%s}'):format(data), decimals or "number", 0))
  return answer
end

local function shipments()
  return core.record_type({
    { name = "parcel", type = "str", wire = { "Paket", "paket" } },
    { name = "weight", type = "dec", wire = { "Gewicht" } },
    { name = "size", type = "int", wire = { "Groesse" }, derived = {
      { name = "class", type = "str", values = { [1] = "small", [2] = "big" } },
      { name = "is_small", type = "enum", values = { [1] = true }, otherwise = false },
    } },
    { name = "state", type = "enum", wire = { "Zustand" }, words = { ja = true, nein = false, ["weiß"] = "unknown" } },
    { name = "sent", type = "time", wire = { "Zeit" } },
  }, { identity = { "parcel" }, telling = 2 + 4, beyond = { 2 }, foreign = { Mast = 1 } })
end

describe("a record type", function()
  it("gives records of any kind", function()
    local answer = decode(shipments(), '[{"Paket":"A","Gewicht":"1.50","Groesse":2,"Zustand":"weiß","Zeit":'
      .. '"1970-01-01 00:01:00","Farbe":"rot"},{"paket":"B","Groesse":"1","Zustand":"nein"},{"Groesse":"x"},{}]')
    assert.same({
      { parcel = "A", weight = 1.5, size = 2, class = "big", is_small = false, state = "unknown", sent = 60,
        extra = { Farbe = "rot" } },
      { parcel = "B", size = 1, class = "small", is_small = true, state = false },
      { invalid = { size = "x" } }, {},
    }, answer.rows)
    assert.equal("1.50", decode(shipments(), '[{"Gewicht":"1.50"}]', "string").rows[1].weight)
  end)

  it("derives fields from the value that counts, however it is written", function()
    for text, class in pairs { ["1"] = "small", ['"2"'] = "big", ["2.0"] = "big", ["20e-1"] = "big",
      ["4294967297"] = "", ["1,\"Groesse\":2"] = "big", ["1,\"Groesse\":\"2e0\""] = "big", ["1,\"Groesse\":7"] = "",
      ["2,\"Groesse\":\"\""] = "big", ["2,\"Groesse\":\"x\""] = "" } do
      local row = decode(shipments(), ('[{"Groesse":%s}]'):format(text)).rows[1]
      assert.equal(class, row.class or "", text)
      if row.size then assert.equal(class == "small", row.is_small, text) else assert.is_nil(row.is_small, text) end
    end
  end)

  it("says what tells one record from another", function()
    local ids = list_of(decode(shipments(), '[{"Paket":"A","Gewicht":1},{"Paket":"A","Gewicht":2},{"Paket":"B"}]').ids)
    assert.equal(ids[1], ids[2])
    assert.not_equal(ids[1], ids[3])
  end)

  it("says what tells its rows from others", function()
    assert.is_false(decode(shipments(), '[{"Gewicht":1}]').misfit)
    assert.is_true(decode(shipments(), '[{"Paket":"A"}]').misfit) -- nothing telling
    assert.is_false(decode(shipments(), '{"Paket":"A"}').misfit)
    assert.is_true(decode(shipments(), '[{"Groesse":1,"Mast":1}]').misfit) -- all of it may be the other's
    assert.is_false(decode(shipments(), '[{"Gewicht":1,"Mast":1}]').misfit)
  end)

  it("keeps what it needs", function()
    local type = shipments()
    for _ = 1, 3 do collectgarbage() end
    local decoder = core.decoder(type, '{"code":200,"data":[' .. ('{"Paket":"A","Groesse":1},'):rep(500) .. "{}]}",
      "number", 0)
    type = nil
    local answer = decoder:read(10)
    while answer == false do
      collectgarbage()
      answer = decoder:read(1000)
    end
    assert.same({ parcel = "A", size = 1, class = "small", is_small = true }, answer.rows[500])
    assert.is_nil(type)
  end)

  local function with(change)
    local field = { name = "a", type = "str", wire = { "A" } }
    for name, value in pairs(change) do field[name] = value end
    return { field }
  end

  local too_many = {}
  for index = 1, 41 do too_many[index] = { name = "f" .. index, type = "str", wire = { "F" .. index } } end

  local wrong = {
    { {}, "1 to 40 fields" }, { too_many, "1 to 40 fields" }, { { 1 }, "a field is a table" },
    { with { name = 1 }, "'name' is no text" }, { with { name = 'a"]' }, "small letters" },
    { with { type = "float" }, "there is no type 'float'" }, { with { wire = "A" }, "'wire' is no list" },
    { with { wire = {} }, "'wire' is no text" }, { with { wire = { "A", 1 } }, "'wire' is no text" },
    { with { words = { 1 } }, "'words' is no text" }, { with { words = { x = 1 } }, "'words' is no text" },
    { with { derived = { 1 } }, "a derived field is a table" },
    { with { derived = { { name = "b" } } }, "'values' is no table" },
    { with { derived = { {}, {}, {}, {}, {} } }, "more than 4 of 'derived'" },
    { with {}, "there is no field 'b'", { identity = { "b" } } },
    { with {}, "'foreign' is no text", { foreign = { 1 } } },
    { with {}, "more than 4 of 'identity'", { identity = { "a", "a", "a", "a", "a" } } },
  }
  for _, case in ipairs(wrong) do
    it("is refused: " .. case[2], function()
      assert.error_matches(function() core.record_type(case[1], case[3]) end, case[2], 1, true)
    end)
  end

  it("takes as many fields as it says", function()
    local most = {}
    for index = 1, 40 do most[index] = too_many[index] end
    most[40] = { name = "f40", type = "str", wire = { "F40" }, derived = { { name = "g", values = { x = "y" } } } }
    assert.same({ f40 = "x", g = "y" }, decode(core.record_type(most), '[{"F40":"x"}]').rows[1])
  end)
end)
