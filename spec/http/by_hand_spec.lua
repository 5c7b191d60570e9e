-- Whoever calls a finalizer by hand, twice or in the midst of things, is told so at most; nothing is freed under a
-- reader. The sanitizers see what an assertion cannot.
local core = require "imr.core"
local curl = require "imr.curl"
local fetch = require "support.fetch"
local shell = require "support.shell"
local system = require "imr.os"
local wire = require "support.wire"

local function gc_of(object) return debug.getmetatable(object).__gc end

describe("a finalizer that is called by hand", function()
  local multi, server

  before_each(function()
    multi = curl.multi()
    server = wire.start([[
      for r in c.request, c do
        if r.path == "/hang" then c:stall() else c:send(answer(r.body)) end
      end
    ]])
  end)
  after_each(function()
    multi:close()
    server:stop()
  end)

  it("ends a transfer that runs, and a multi with those in it", function()
    local transfer = assert(multi:start { url = server.url:gsub("path", "hang"), body = "x" })
    multi:perform()
    for _ = 1, 2 do gc_of(transfer)(transfer) end
    transfer:cancel()
    assert.error_matches(function() transfer:result() end, "has been taken already")
    assert.equal("y", (select(2, fetch.get(multi, { url = server.url, body = "y" }))))
    local other = assert(multi:start { url = server.url:gsub("path", "hang"), body = "x" })
    multi:perform()
    for _ = 1, 2 do gc_of(multi)(multi) end
    assert.is_nil((other:result()))
    assert.is_nil((multi:start { url = server.url }))
    assert.equal(0, (multi:perform()))
    assert.is_nil(multi:finished())
    multi:poll(0)
    gc_of(other)(other)
  end)

  it("takes no other object for its own", function()
    local directory = shell.scratch()
    local objects = {
      multi, assert(multi:start { url = server.url, body = "x" }),
      assert(core.slots_open(directory .. "/slots")), assert(system.private_lock(directory .. "/lock")), io.stdout,
    }
    for index, object in ipairs(objects) do
      for other, wrong in ipairs(objects) do
        if index ~= other and object ~= io.stdout then
          assert.error(function() gc_of(object)(wrong) end)
          for _, method in pairs(debug.getmetatable(object).__index) do
            assert.error(function() method(wrong) end)
          end
        end
      end
      for _, nothing in ipairs { 1, "x", {}, print } do
        if object ~= io.stdout then assert.error(function() gc_of(object)(nothing) end) end
      end
    end
    for _, object in ipairs(objects) do
      if object ~= io.stdout then
        for _ = 1, 2 do gc_of(object)(object) end
        for _, method in pairs(debug.getmetatable(object).__index) do pcall(method, object, "key", 1, 1, 1) end
      end
    end
    shell.must("rm -r " .. directory)
  end)
end)
