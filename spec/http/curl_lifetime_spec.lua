-- How transfers and multis end: cancelled, closed, collected.
local curl = require("imr.curl")
local fetch = require("support.fetch")
local this = require("support.own")
local wire = require("support.wire")

describe("a curl transfer", function()
  local multi, server

  before_each(function()
    multi = curl.multi()
  end)

  after_each(function()
    multi:close()
    if server then
      server:stop()
    end
    server = nil
  end)

  local function serve(script)
    server = wire.start(script)
    return server
  end

  local function assert_failure(...)
    assert.is_nil(fetch.mismatch(...))
  end

  describe("cancelled", function()
    it("closes its connection at once", function()
      serve([[c:request(); c:stall()]])
      local transfer = multi:start({ url = server.url, body = "{}" })
      while server:count("request") == 0 do
        multi:perform()
        multi:poll(0.01)
      end
      transfer:cancel()
      transfer:cancel()
      assert_failure({ kind = "network", executed = "maybe", message = "cancelled" }, transfer:result())
      assert.equal(0, multi:perform())
      assert.is_nil(multi:finished())
      server:wait("end", 1)
    end)

    it("before it began has sent nothing", function()
      serve([[c:request(); c:stall()]])
      local transfer = multi:start({ url = server.url, body = "{}", command = true })
      transfer:cancel()
      assert_failure({ kind = "network", executed = "no" }, transfer:result())
      multi:perform()
      assert.equal(0, server:count("connect"))
    end)

    it("after its end changes nothing", function()
      serve([[c:request(); c:send(answer("done"))]])
      local transfer = multi:start({ url = server.url, body = "{}" })
      fetch.turn(multi)
      transfer:cancel()
      assert.equal(200, (transfer:result()))
      transfer:cancel()
    end)
  end)

  describe("'s multi", function()
    it("when closed ends what is running, and starts nothing more", function()
      serve([[c:request(); c:stall()]])
      local transfer = multi:start({ url = server.url, body = "{}" })
      multi:perform()
      multi:close()
      multi:close()
      assert_failure({ kind = "network", message = "was closed" }, transfer:result())
      transfer:cancel()
      local started, message = multi:start({ url = server.url })
      assert.is_nil(started)
      assert.equal("the multi is closed", message)
      assert.equal(0, multi:perform())
      assert.is_nil(multi:finished())
    end)

    it("opens nothing before the first start", function()
      collectgarbage()
      collectgarbage()
      local before = this.descriptors()
      local fresh = curl.multi()
      assert.equal(0, fresh:perform())
      fresh:poll(0)
      assert.is_nil(fresh:finished())
      assert.equal(before, this.descriptors())
    end)

    it("and its transfers are collected", function()
      serve([[for r in c.request, c do c:send(answer(r.body)) end]])
      local seen = setmetatable({}, { __mode = "v" })
      do
        local own = curl.multi()
        seen.multi = own
        seen.done = own:start({ url = server.url, body = "{}" })
        fetch.turn(own)
        seen.running = own:start({ url = server.url, body = "{}" })
        own:perform()
        seen.refused = own:start({ url = server.url, body = "{}" })
      end
      for _ = 1, 4 do
        collectgarbage()
      end
      assert.is_nil(next(seen))
    end)

    it("keeps a transfer that nobody else does", function()
      serve([[c:request(); c:sleep(0.1); c:send(answer("kept"))]])
      multi:start({ url = server.url, body = "{}" })
      multi:perform()
      for _ = 1, 4 do
        collectgarbage()
      end
      local transfer
      repeat
        multi:poll(1)
        multi:perform()
        transfer = multi:finished()
      until transfer
      local _, body = transfer:result()
      assert.equal("kept", body)
    end)

    it("is kept by a running transfer", function()
      serve([[c:request(); c:stall()]])
      local transfer
      do
        local own = curl.multi()
        transfer = own:start({ url = server.url, body = "{}" })
        own:perform()
      end
      for _ = 1, 4 do
        collectgarbage()
      end
      assert.equal(0, select("#", transfer:result()))
      transfer:cancel()
    end)
  end)
end)
