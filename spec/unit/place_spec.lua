-- Who lived at a meter, where, and which device it was, of a moment: by hand.
local place = require "imr.workflow.metering.place"

local function entry(device, first_seen, project, address)
  return { device_id = device, first_seen = first_seen, project_code = project or "", address = address or device,
    user_code = "listed", user_name = "Listed", kind = "water" }
end

local function tenancy(code, since, till, project)
  return { user_code = code, user_name = code ~= "" and code:upper() or "Nameless", since = since, ["until"] = till,
    project_code = project or "", house_number = "h" .. code }
end

local MOVED = { history = { entry("D1", 100), entry("D2", 200) },
  tenancies = { tenancy("a", 100, 150), tenancy("b", 170, 250), tenancy("", 250) } }
local BACK = { history = { entry("D1", 100, nil, "old"), entry("D2", 200), entry("D1", 300, nil, "new") },
  tenancies = {} }
local TWO = { history = { entry("D1", 100, "P1"), entry("D2", 100, "P2") },
  tenancies = { tenancy("a", 100, nil, "P1"), tenancy("b", 100, nil, "P2") } }
local SHARED = { history = { entry("D1", 100, "P1", "one"), entry("D1", 100, "P2", "other") },
  tenancies = { tenancy("a", 100, nil, "P1"), tenancy("b", 100, nil, "P2") } }
local NOTHING = { history = {}, tenancies = {} }

local CASES = {
  { "before the first tenant is known, it is the first", MOVED, 50, nil, "a A ha D1 D1" },
  { "the one who lived there", MOVED, 149, nil, "a A ha D1 D1" },
  { "nobody, between two", MOVED, 150, nil, "- - - D1 D1" },
  { "the next one, from the first moment on", MOVED, 170, nil, "b B hb D1 D1" },
  { "the device of that time", MOVED, 200, nil, "b B hb D2 D2" },
  { "the device that the row says", MOVED, 210, { device_id = "D1" }, "b B hb D1 D1" },
  { "a device that is in no list", MOVED, 210, { device_id = "D9" }, "b B hb D9 D2" },
  { "a tenant without a code", MOVED, 260, nil, "- Nameless h D2 D2" },
  { "a device that came back", BACK, 310, nil, "listed Listed - D1 new" },
  { "the same before it left", BACK, 150, { device_id = "D1" }, "listed Listed - D1 old" },
  { "the project that the row says", TWO, 150, { project_code = "P2" }, "b B hb D2 D2" },
  { "the project of the device", TWO, 150, { device_id = "D1" }, "a A ha D1 D1" },
  { "a device in two projects is nobody's", SHARED, 150, { device_id = "D1" }, "- - - D1 -" },
  { "unless the row says which", SHARED, 150, { device_id = "D1", project_code = "P2" }, "b B hb D1 other" },
  { "nothing where nothing is known", NOTHING, 150, { device_id = "D1" }, "- - - D1 -" },
}

describe("the place of a meter", function()
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local found = place.at(case[2], case[3], case[4])
      local words = {}
      for index, name in ipairs { "user_code", "user_name", "house_number", "device_id", "address" } do
        words[index] = found[name] or "-"
      end
      assert.equal(case[5], table.concat(words, " "))
    end)
  end

  it("does not take from a row what it says itself", function()
    local row = place.fill({ user_name = "mine", device_id = "D1" }, MOVED, 120)
    assert.same({ user_name = "mine", user_code = "a", house_number = "ha", device_id = "D1", address = "D1",
      kind = "water" }, row)
  end)
end)

describe("a place in words", function()
  it("says the number of the house once", function()
    for text, row in pairs {
      ["3栋101室"] = { address = "3栋101室", house_number = "101室" }, ["3栋 101"] = { address = "3栋", house_number = "101" },
      ["3栋"] = { address = "3栋", house_number = "" }, ["102"] = { house_number = "102" },
    } do
      assert.equal(text, place.text(row))
    end
    assert.is_nil(place.text {})
    assert.is_nil(place.text { address = "", house_number = "" })
  end)
end)
