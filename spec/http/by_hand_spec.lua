-- Whoever calls a finalizer by hand, twice or in the midst of things, is told so at most; nothing is freed under a
-- reader. The sanitizers see what an assertion cannot.
local codec = require "imr.client.codec"
local core = require "imr.core"
local curl = require "imr.curl"
local fetch = require "support.fetch"
local shell = require "support.shell"
local system = require "imr.os"
local wire = require "support.wire"

local PAGE = '{"code":200,"data":[' .. ('{"tableNo":"001"},'):rep(3000) .. '{"tableNo":"002"}]}'

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

  local function body_of(text)
    return (select(2, fetch.get(multi, { url = server.url, body = text, as_body = true })))
  end

  it("frees no body under a decoder, and frees it behind it", function()
    local body = body_of(PAGE)
    local decoder = codec.decoder("meters", body, "number", 0)
    local answer = decoder:read(1000)
    while answer == false do
      for _ = 1, 2 do gc_of(body)(body) end
      body:release()
      answer = decoder:read(5000)
    end
    assert.equal(3001, #answer.rows)
    assert.equal("002", answer.rows[3001].meter_no)
    assert.error_matches(function() return tostring(body) end, "has been released")
    assert.error_matches(function() return codec.decode("meters", body, "number", 0) end, "has been released")
    assert.equal(#PAGE, #body)
  end)

  it("frees no body under one of two decoders", function()
    local body = body_of(PAGE)
    local one, other = codec.decoder("meters", body, "number", 0), codec.decoder("meters", body, "number", 0)
    assert.is_false((one:read(1000)))
    gc_of(body)(body)
    for _ = 1, 2 do gc_of(one)(one) end
    assert.error_matches(function() one:read(1000) end, "has come to its end")
    assert.equal(3001, #other:read(1e6).rows)
    for _ = 1, 2 do gc_of(other)(other) end
    assert.error_matches(function() return body:sub(1, 2) end, "has been released")
  end)

  it("frees no body while it is decoded at once", function()
    local body = body_of(PAGE)
    local freed = 0
    local function again()
      local made = newproxy and newproxy(true) or setmetatable({}, { __gc = true })
      local handler = function()
        gc_of(body)(body)
        freed = freed + 1
        if freed < 1000 then again() end
      end
      if newproxy then getmetatable(made).__gc = handler else setmetatable(made, { __gc = handler }) end
    end
    again()
    assert.equal(3001, #codec.decode("meters", body, "number", 0).rows)
    freed = 1000
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
    local body = body_of(PAGE)
    local objects = {
      multi, body, assert(multi:start { url = server.url, body = "x" }), codec.decoder("meters", body, "number", 0),
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
