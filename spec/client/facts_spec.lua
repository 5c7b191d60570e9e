-- What a program that watches a client needs to know.
local imr = require "imr"
local scripted = require "support.scripted"
local world = require "support.world"

describe("an event of a request", function()
  it("tells the encoding and, where the platform sent one, the date", function()
    local server = scripted.start [[
      c:send(answer('{"code":200,"data":[]}', "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))]]
    finally(function() server:stop() end)
    local events = {}
    local client = server:client_of { on_event = function(event) events[event.endpoint] = event end }
    assert(client:meters():collect())
    assert.same({ "Sun, 06 Nov 1994 08:49:37 GMT", "json" }, { events.meters.date, events.meters.encoding })
    assert.is_nil(events.login.date)
  end)
end)

describe("imr.sleep", function()
  it("lets light threads go on", function()
    world.run(nil, function(new_world)
      local order, began = {}, new_world:now()
      imr.all {
        function()
          imr.sleep(2)
          order[#order + 1] = "second"
        end,
        function()
          imr.sleep(1)
          order[#order + 1] = "first"
        end,
      }
      assert.same({ "first", "second" }, order)
      assert.equal(2, new_world:now() - began)
    end)
  end)

  it("wants seconds", function()
    assert.error_matches(function() imr.sleep "1" end, "imr.sleep takes seconds, not a string")
  end)
end)

describe("imr.schema", function()
  it("names the fields of each listing", function()
    local listings = {}
    for _, endpoint in ipairs(imr.schema()) do
      if endpoint.listing then listings[#listings + 1] = endpoint.name end
    end
    table.sort(listings)
    local expected = {}
    for index, name in ipairs(world.listings) do expected[index] = name end
    table.sort(expected)
    assert.same(expected, listings)
  end)
end)
