-- Texts that were cut inside a character, as they come over the wire.
local cli = require "support.cli"
local database = require "imr.database"
local scripted = require "support.scripted"

-- On one line, with `?` where a character's second half is lost.
local function json(text) return (text:gsub("\n%s*", ""):gsub("?", "\230")) end

local METERS = json [=[[
  {"deviceId":"D1","tableNo":"0031","user_code":"c1","user_name":"李?","tableAddress":"李?","gate":"合闸"},
  {"deviceId":"D2","tableNo":"00?32","user_code":"c2","user_name":"Li","gate":"合闸"}]]=]
local ROWS = json [=[[{"deviceId":"D1","tableNo":"0031","reading":"41.5","readTime":"%s 09:00:00","user_code":"c1?"},
  {"deviceId":"D1?","tableNo":"0031","reading":"41.7","readTime":"%s 10:00:00","user_code":"c1"},
  {"deviceId":"D2","tableNo":"00?32","reading":"7.0","readTime":"%s 09:00:00","tableAddress":"李?"}]]=]

describe("imr sync, of texts that were cut inside a character,", function()
  local user, server

  before_each(function()
    local day = os.date("!%Y-%m-%d", os.time() - 86400)
    server = scripted.start(([=[
      local first = r.body:find('"pageNo":1[,}]')
      c:send(ok(first and r.path:find("/meterList", 1, true) and [==[%s]==]
        or first and r.path:find("/readMeterList", 1, true) and [==[%s]==] or "[]"))
    ]=]):format(METERS, ROWS:format(day, day, day)))
    user = cli.user(server.url, { IMR_STORE = "memory" })
  end)
  after_each(function()
    server:stop()
    user:remove()
  end)

  local function stored(query)
    local db = assert(database.open(user.home .. "/imr.db"))
    local list = {}
    for row in db:rows(query) do list[#list + 1] = row.text end
    db:close()
    return list
  end

  it("keeps them escaped, loses no row, and takes nobody for another tenant or device", function()
    for _ = 1, 2 do
      local result = user:run("sync --interval 0 --listing meters --listing readings --db " .. user.home .. "/imr.db")
      assert.equal(0, result.status, result.err)
    end
    assert.same({ [[0031 李\xE6 李\xE6]], [[00\xE632 Li -]] },
      stored("SELECT meter_no || ' ' || user_name || ' ' || COALESCE(address, '-') AS text FROM meters ORDER BY 1"))
    assert.same({ "0031 41.5 - D1", "0031 41.7 - ", [[00\xE632 7.0 李\xE6 D2]] },
      stored [[SELECT meter_no || ' ' || reading || ' ' || COALESCE(address, '-') || ' ' || device_id AS text
        FROM readings ORDER BY 1]])
    assert.same({ "c1", "c2" }, stored "SELECT user_code AS text FROM tenancies ORDER BY 1")
    assert.same({ 0 }, stored "SELECT count(*) AS text FROM rejected")
  end)
end)
