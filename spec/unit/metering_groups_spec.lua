-- Sums by tenant, building and project: their order.
local groups = require "imr.workflow.metering.groups"

describe("sums of usage", function()
  it("have the kinds of a building together, where its first meter was", function()
    local sums = groups.new "building"
    for _, row in ipairs { { "3栋", "electricity" }, { "1栋", "water" }, { "3栋", "water" }, { "1栋", "water" } } do
      sums:add { address = row[1], kind = row[2], meter_no = row[1] .. row[2], usage = "1", status = "measured" }
    end
    local list = {}
    for index, row in ipairs(sums:rows()) do list[index] = row.building .. " " .. row.kind .. " " .. row.usage end
    assert.same({ "3栋 electricity 1", "3栋 water 1", "1栋 water 2" }, list)
  end)
end)
