-- What a server leaves in a kept connection is nobody's answer, and costs nobody a try.
local certificate = require "support.certificate"
local curl = require "imr.curl"
local fetch = require "support.fetch"
local leftovers = require "support.leftovers"
local scripted = require "support.scripted"
local shell = require "support.shell"
local wire = require "support.wire"

for _, scheme in ipairs { "http", "https" } do
  describe("a kept connection over " .. scheme, function()
    local scratch, base, multi, server

    setup(function()
      scratch = shell.scratch()
      base = scheme == "https" and certificate(scratch, "right", "IP:127.0.0.1") or nil
    end)
    teardown(function() shell.must("rm -r " .. scratch) end)
    after_each(function()
      if multi then multi:close() end
      if server then server:stop() end
      multi, server = nil, nil
    end)

    local function ask(body)
      local status, answer = fetch.get(multi, { url = server.url, body = body, ca_file = base and base .. ".pem" })
      assert.is_truthy(status, type(answer) == "table" and answer.message)
      return answer
    end

    for _, portion in ipairs { 8192, 2 ^ 20 } do
      for _, case in ipairs(leftovers.cases) do
        it(("with %s in it is not used again (portions of %d)"):format(case[1], portion), function()
          multi = curl.multi(portion)
          server = wire.start(leftovers.script(case), base)
          local first = ask("first"):gsub(" ", "")
          assert.is_true(first == "first" or first == "", first)
          server:wait("sent", 1)
          for _, body in ipairs { "second", "third" } do assert.equal(body, ask(body)) end
          assert.is_true(server:count("connect") == 2 or case.dropped)
          assert.equal(3, server:count("request"))
        end)
      end
    end

    it("is used again when nothing is in it", function()
      multi = curl.multi()
      server = wire.start([[for r in c.request, c do c:send(answer(r.body)) end]], base)
      for index = 1, 5 do assert.equal("n" .. index, ask("n" .. index)) end
      assert.equal(1, server:count("connect"))
    end)
  end)
end

describe("a connection", function()
  local multi, server

  after_each(function()
    multi:close()
    server:stop()
  end)

  it("over which an answer comes before the request gets nothing", function()
    multi = curl.multi()
    server = wire.start([[c:send(answer("unasked")) log("sent") c:stall()]])
    local transfer = assert(multi:start { url = server.url, body = "secret", command = true })
    multi:perform()
    server:wait("sent", 1)
    fetch.turn(multi)
    local status, err = transfer:result()
    assert.is_nil(fetch.mismatch({ kind = "network", executed = "no", message = "spoke before it was asked" },
      status, err))
  end)

  it("takes a GET with a body that nobody sends", function()
    multi = curl.multi()
    server = wire.start([[for r in c.request, c do c:send(answer(r.method)) end]])
    local _, method = fetch.get(multi, { url = server.url, method = "GET", body = "{}" })
    assert.equal("GET", method)
  end)

  it("over which an answer begins while the request leaves is at its end", function()
    multi = curl.multi()
    server = wire.start([[c:read(1000) c:send(answer("early")) c:stall()]])
    local status, err = fetch.get(multi, { url = server.url, body = ("x"):rep(2 ^ 25) })
    assert.is_nil(fetch.mismatch({ kind = "protocol", executed = "maybe", message = "began before all was asked" },
      status, err))
  end)
end)

describe("listings over kept connections", function()
  it("keep their rows, whatever lies behind an answer, and no read loses a try", function()
    local server = scripted.start([[
      count = (count or 0) + 1
      local row = ok('[{"tableNo":"' .. ("%03d"):format(r.body:match('"pageSize[^%d]*(%d+)')) .. '"}]')
      local wrong = ok('[{"tableNo":"WRONG"}]')
      if count % 3 == 1 then c:send(row) c:sleep(0.02) c:send(wrong)
      elseif count % 3 == 2 then c:send(row .. wrong)
      else c:send(row) end
      log("sent", count)
    ]])
    finally(function() server:stop() end)
    local client = server:client_of()
    for index = 1, 30 do
      local row = assert(client:meters({ page_size = index }):next())
      assert.equal(("%03d"):format(index), row.meter_no)
      server.wire:wait("sent", index)
    end
    assert.equal(30, #server:requests())
    client:close()
  end)
end)
