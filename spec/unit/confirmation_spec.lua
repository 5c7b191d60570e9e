-- What a meter's readings say about a command: three clocks, and no more than is certain.
local confirmation = require "imr.client.confirmation"
local http_date = require "imr.base.http_date"

local BEFORE = { supply = "connected", read_time = 1000 }

local function judge(command, before, platform_time, ...)
  local case, said = confirmation.new(command, before, platform_time), nil
  for _, reading in ipairs { ... } do said = case:judge(reading) end
  return said
end

local function shows(supply, time) return { supply = supply, read_time = time } end

describe("a reading of a meter's number", function()
  it("is no witness when it is of another device", function()
    local case = confirmation.new("disconnect", BEFORE, 2000, "one")
    assert.is_nil(case:stranger { device_id = "one" })
    assert.is_nil(case:stranger { supply = "disconnected" })
    assert.is_nil(confirmation.new("disconnect", BEFORE, 2000):stranger { device_id = "other" })
    local err = case:stranger { device_id = "other", meter_no = "0001" }
    assert.equal("meter 0001 is device other by now: its reading says nothing of device one", err.message)
  end)
end)

describe("a reading", function()
  -- name, state before, the platform's time of acceptance, readings in order, what the last one says
  local cases = {
    { "with the wanted state is a change, whatever its time", BEFORE, 2000, { shows("disconnected", 1000) },
      "confirmed" },
    { "with the wanted state that stood before says nothing", shows("disconnected", 1000), 2000,
      { shows("disconnected", 1000) } },
    { "with the wanted state that stood before, but newer, confirms", shows("disconnected", 1000), 2000,
      { shows("disconnected", 2001) }, "confirmed" },
    { "from between the state before and the command says nothing", shows("disconnected", 1000), 2000,
      { shows("disconnected", 1999) } },
    { "with the opposite state after the command contradicts", BEFORE, 2000, { shows("connected", 2001) },
      "contradicted" },
    { "with the opposite state of the command's own second says nothing", BEFORE, 2000, { shows("connected", 2000) } },
    { "with the opposite state that was on its way says nothing", BEFORE, 2000, { shows("connected", 1500) } },
    { "not newer than the one before never contradicts, whatever the platform's clock", BEFORE, 10,
      { shows("connected", 1000) } },
    { "that is the first without a Date may have been on its way", BEFORE, nil, { shows("connected", 1500) } },
    { "that follows the first without a Date contradicts", BEFORE, nil,
      { shows("connected", 1500), shows("connected", 1600) }, "contradicted" },
    { "without a time contradicts nothing", BEFORE, 2000, { shows("connected", nil) } },
    { "without a time may show the change", BEFORE, 2000, { shows("disconnected", nil) }, "confirmed" },
    { "without a state says nothing", BEFORE, 2000, { shows(nil, 3000) } },
    { "with the wanted state says nothing where nothing was known before", nil, nil, { shows("disconnected", 3000) } },
    { "after the command confirms where nothing was known before", nil, 2000, { shows("disconnected", 3000) },
      "confirmed" },
  }
  for _, case in ipairs(cases) do
    it(case[1], function()
      assert.equal(case[5], judge("disconnect", case[2], case[3], (table.unpack or unpack)(case[4])))
    end)
  end

  it("that was not there before is what request_reading wanted", function()
    assert.equal("confirmed", judge("request_reading", BEFORE, 2000, shows("connected", 1001)))
    assert.is_nil(judge("request_reading", BEFORE, 2000, shows("connected", 1000)))
  end)

  it("confirms a reconnection the other way round", function()
    assert.equal("confirmed", judge("reconnect", shows("disconnected", 1), 2000, shows("connected", 1)))
    assert.equal("contradicted", judge("reconnect", shows("disconnected", 1), 2000, shows("disconnected", 2001)))
  end)
end)

it("an HTTP date is read, and nothing else", function()
  assert.equal(784111777, http_date("Sun, 06 Nov 1994 08:49:37 GMT"))
  for _, text in ipairs { "", "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Foo 1994 08:49:37 GMT", "1994-11-06" } do
    assert.is_nil(http_date(text))
  end
  assert.is_nil(http_date(nil))
end)
