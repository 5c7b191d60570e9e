-- A list of meters that shrinks to nothing is doubtful first of all.
local cli = require "support.cli"
local database = require "imr.database"
local scripted = require "support.scripted"

local METERS = [==[[{"deviceId":"1","tableNo":"001","gate":"合闸"},{"deviceId":"2","tableNo":"002","gate":"合闸"}]]==]

describe("imr sync, when no meter is listed any more,", function()
  local user

  before_each(function() user = cli.user("http://127.0.0.1:1", { IMR_STORE = "memory" }) end)
  after_each(function() user:remove() end)

  -- A run against a platform whose meter list is this.
  local function sync(meters)
    local server = scripted.start(([[
      c:send(ok(r.path:find("/meterList", 1, true) and r.body:find('"pageNo":1[,}]') and '%s' or "[]"))
    ]]):format(meters))
    local result = user:run("sync --interval 0 --listing meters --db " .. user.home .. "/imr.db",
      { IMR_BASE_URL = server.url })
    server:stop()
    return result
  end

  local function removed()
    local db = assert(database.open(user.home .. "/imr.db"))
    local list = {}
    for row in db:rows("SELECT meter_no, removed_at FROM meters ORDER BY meter_no") do
      list[#list + 1] = row.meter_no .. (row.removed_at and " removed" or "")
    end
    local complete = db:row("SELECT complete FROM listings ORDER BY id DESC").complete
    db:close()
    return list, complete == true or complete == 1
  end

  local nothings = { ["an empty list"] = "[]", ["only a meter without a number"] = [==[[{"deviceId":"3"}]]==] }
  for name, nothing in pairs(nothings) do
    it(("keeps them and says so: %s"):format(name), function()
      assert.equal(0, sync(METERS).status)
      local result = sync(nothing)
      assert.equal(5, result.status, result.err)
      assert.matches("imr: meters: no meter is listed any more: all are kept", result.err, 1, true)
      assert.same({ { "001", "002" }, false, n = 2 }, require("imr.base.pack")(removed()))
      assert.equal(0, sync(METERS).status)
    end)
  end

  it("but one is, takes the others for removed, as ever", function()
    sync(METERS)
    assert.equal(0, sync([==[[{"deviceId":"2","tableNo":"002"}]]==]).status)
    assert.same({ "001 removed", "002" }, (removed()))
  end)

  it("but one of many is, keeps them and says so: more than are left do not go at once", function()
    local many = {}
    for number = 1, 7 do many[number] = ('{"deviceId":"%d","tableNo":"00%d"}'):format(number, number) end
    local function list(last) return "[" .. table.concat(many, ",", 1, last) .. "]" end
    assert.equal(0, sync(list(7)).status)
    local result = sync(list(3))
    assert.equal(5, result.status, result.err)
    assert.matches("imr: meters: most meters are not listed any more: all are kept", result.err, 1, true)
    assert.same({ "001", "002", "003", "004", "005", "006", "007" }, (removed()))
    assert.equal(0, sync(list(4)).status)
    assert.same({ "001", "002", "003", "004", "005 removed", "006 removed", "007 removed" }, (removed()))
  end)

  it("and none was ever, has nothing to doubt", function()
    assert.equal(0, sync("[]").status)
  end)
end)
