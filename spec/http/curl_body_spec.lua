-- What libcurl received: how much of it comes at a stretch.
local curl = require "imr.curl"
local fetch = require "support.fetch"
local imr = require "imr"
local scripted = require "support.scripted"
local wire = require "support.wire"

local PORTION = 8192

-- The server sends as many bytes as the body asks for, counting up, and packed where the path says so.
local COUNTING = [[
  local function counted(length)
    local parts, size = {}, 0
    while size < length do
      parts[#parts + 1] = ("%07d "):format(#parts)
      size = size + 8
    end
    return table.concat(parts):sub(1, length)
  end
  for r in c.request, c do
    local body, headers = counted(tonumber(r.body:match("%d+"))), nil
    if r.path == "/packed" then
      local path = os.tmpname()
      local pipe = io.popen("gzip >" .. path, "w")
      pipe:write(body) pipe:close()
      body, headers = io.open(path, "rb"):read("*a"), "Content-Encoding: gzip\r\n"
      os.remove(path)
    end
    c:send(answer(body, headers))
  end
]]

local function counted(length)
  local parts = {}
  for index = 0, math.ceil(length / 8) - 1 do parts[#parts + 1] = ("%07d "):format(index) end
  return table.concat(parts):sub(1, length)
end

describe("a received body", function()
  local multi, server

  before_each(function()
    multi = curl.multi(PORTION)
    server = wire.start(COUNTING)
  end)

  after_each(function()
    multi:close()
    server:stop()
  end)

  local function get(request)
    request.url = request.url or server.url
    return fetch.get(multi, request)
  end

  for _, path in ipairs { "/plain", "/packed" } do
    it("comes whole, in portions: " .. path, function()
      for _, length in ipairs { 0, 1, 4095, 4096, 4097, 8191, 8192, 8193, 16384, 100003, 1000000 } do
        local transfer = assert(multi:start { url = server.url:gsub("/path", path), body = tostring(length) })
        local performs, running, more = 0, 1, nil
        while running > 0 do
          if not more then multi:poll(1) end
          running, more = multi:perform()
          performs = performs + 1
        end
        assert.equal(transfer, multi:finished())
        local status, body = transfer:result()
        assert.equal(200, status)
        assert.is_true(body == counted(length), length .. " bytes")
        assert.is_true(performs >= length / (3 * PORTION), performs .. " performs")
      end
    end)
  end

  it("may be given up between two portions", function()
    local given_up = 0
    for _ = 1, 30 do
      local transfer = assert(multi:start { url = server.url, body = "1000000" })
      local running, more = 1, nil
      while running > 0 and not more do
        multi:poll(1)
        running, more = multi:perform()
      end
      -- On a busy machine each portion may be taken before the next one comes.
      if more then
        given_up = given_up + 1
        transfer:cancel()
        assert.equal("network", select(2, transfer:result()).kind)
      else
        assert.equal(transfer, multi:finished())
      end
      if given_up == 3 then break end
    end
    assert.equal(3, given_up)
    assert.equal(200, (get { body = "5" }))
  end)

  it("is refused as soon as it is too large, also when libcurl kept the rest of it", function()
    for length = PORTION + 1, 3 * PORTION, 1111 do
      local status, err = get { body = tostring(length), max_body = length - 1 }
      assert.is_nil(fetch.mismatch({ kind = "protocol", message = "is larger than max_body" }, status, err))
    end
  end)

  it("is read in portions that make sense", function()
    for _, wrong in ipairs { 0, -1, 4095, 2 ^ 31 } do
      assert.error_matches(function() curl.multi(wrong) end, "4,096 bytes to 1 GiB expected")
    end
  end)
end)

describe("who gives imr.new a transport", function()
  it("gets requests that ask for text", function()
    local server = scripted.start("c:send(ok('[]'))")
    local ours, seen = require("imr.transport.curl").new(), {}
    local client = server:client_of { transport = function(request)
      local status, body, headers = ours(request)
      seen[#seen + 1] = type(body)
      return status, body, headers
    end }
    assert(client:meters():collect())
    assert.same({ "string", "string" }, seen)
    client:close()
    server:stop()
  end)

  it("is told when it returns an object in a body's place", function()
    local client = assert(imr.new { username = "demo", password = "demo-secret", retries = 0, interval = 0,
      store = imr.store.memory(), transport = function() return 200, io.stdout, {} end })
    local _, err = client:login()
    assert.equal("protocol", err.kind)
    assert.truthy(err.message:find("returned no status, body and headers", 1, true))
    client:close()
  end)
end)
