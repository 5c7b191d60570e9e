-- Several columns in one, as the databases write them.
local databases = require "support.databases"
local database = require "imr.database"
local packed = require "imr.database.packed"

describe("a list of values", function()
  for text, expected in pairs {
    ["[]"] = {}, ['["a","",null,12,true,false]'] = { "a", "", nil, 12, true, false },
    ['["a", null, "b"]'] = { "a", nil, "b" },
    [ [=[["\"","\\","\\\\\"","a\\nb","a\nb","\u0001\t"]]=] ] = { '"', "\\", '\\\\"', "a\\nb", "a\nb", "\1\t" },
    ['["3栋2单元",",","]","["]'] = { "3栋2单元", ",", "]", "[" }, ["[null,null]"] = {}, ['["\255\\/"]'] = { "\255/" },
    ["[1751302625,-3,1.5]"] = { 1751302625, -3, 1.5 },
  } do
    it("is read from " .. text:gsub("%c", "?"), function() assert.same(expected, packed.values(text)) end)
  end
end)

for name, place in pairs(databases.places(setup, teardown)) do
  it("comes out of " .. name .. " as it went in", function()
    local where = place()
    local db = assert(database.open(where))
    local values = { "1,2", 'q"u\\ote\\"', "line\nand\ttab", "\\u0041 \\" }
    db:execute([[INSERT INTO meters (meter_no, device_id, first_seen, address, user_name, house_number, user_code,
      online, meter_type) VALUES ('9', 'd', 5, ?, ?, ?, ?, ?, 12)]], values[1], values[2], values[3], values[4], true)
    local sql = packed.sql(db, { "address", "user_name", "house_number", "user_code", "kind", "online",
      "meter_type" })
    local found = packed.values(db:lists("SELECT " .. sql .. " FROM meters")()[1])
    assert.same({ values[1], values[2], values[3], values[4] }, { found[1], found[2], found[3], found[4] })
    assert.is_nil(found[5])
    assert.is_true(found[6] == true or found[6] == 1)
    assert.equal(12, found[7])
    db:close()
    databases.remove(where)
  end)
end
