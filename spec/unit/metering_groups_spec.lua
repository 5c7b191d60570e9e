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

  it("tell two tenants of one name by where they live, and two of one code by project", function()
    local sums, list = groups.new "tenant", {}
    for _, row in ipairs { { name = "张三", address = "1栋101" }, { name = "张三", address = "2栋101" },
      { name = "张三", address = "1栋101" }, { code = "u1", project = "P1", address = "3栋" },
      { code = "u1", project = "P2", address = "3栋" }, { code = "u1", project = "P1", address = "4栋" } } do
      sums:add { user_code = row.code, user_name = row.name, address = row.address, project_code = row.project,
        kind = "water", meter_no = "1", usage = "1", status = "measured" }
    end
    for index, row in ipairs(sums:rows()) do
      list[index] = ("%s %s %s"):format(row.user_code or row.user_name, row.address or row.project_code, row.usage)
    end
    assert.same({ "张三 1栋101 2", "张三 2栋101 1", "u1 P1 2", "u1 P2 1" }, list)
  end)
end)
