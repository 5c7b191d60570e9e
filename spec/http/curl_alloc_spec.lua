-- Memory that runs out at every single allocation that libcurl and imr.curl make for a request.
local files = require "support.files"
local native = require "support.native"
local process = require "support.process"
local shell = require "support.shell"
local wire = require "support.wire"

local ECHO = 'while true do local r = c:request() if not r then break end c:send(answer(r.body)) end'

-- Tries each kind of request with memory that fails once, a few times and for good from the n-th allocation on, until a
-- request does not come to its n-th. Prints how many were tried, and how many blocks are in use after each round.
local PROGRAM = [[
  local memory = package.loadlib(os.getenv "LIBRARY", "luaopen_failing_malloc")()
  local send = require("imr.transport.curl").new()
  local url, tried = os.getenv "URL", 0

  local function request_of(case)
    local request = { url = url, body = ("x"):rep(3000), headers = { ["Content-Type"] = "text/plain" } }
    for name, value in pairs(case) do request[name] = value end
    return request
  end

  local function check(request, n, failures)
    memory.arm(n, failures)
    local ran, status, body = pcall(send, request)
    local hit = memory.disarm()
    assert(ran, status)
    if status then
      assert(status == 200 and tostring(body) == request.body, "a wrong answer")
    else
      -- On the way to a proxy libcurl calls it a failed look-up or connection.
      assert(request.proxy or body.message:find "memory", body.message)
      assert(body.executed == "no" or body.executed == "maybe", body.executed)
    end
    status, body = send(request)
    assert(status == 200 and tostring(body) == request.body, "the next request failed")
    return hit
  end

  assert(send(request_of {}) == 200) -- loads what is loaded when it is needed

  for _ = 1, 3 do
    for _, case in ipairs { {}, { command = true }, { proxy = url } } do
      for _, failures in ipairs { 1, 3, 1e9 } do
        local n = 1
        while check(request_of(case), n, failures) do n = n + 1 end
        tried = tried + n
      end
    end
    collectgarbage()
    collectgarbage()
    print(("blocks %d"):format(memory.blocks()))
  end
  print("tried " .. tried)
]]

describe("memory that runs out in a request", function()
  local server, library, directory

  setup(function()
    server = wire.start(ECHO)
    library, directory = native.preload(assert(files.read("spec/support/failing_malloc.c")), native.headers())
  end)

  teardown(function()
    server:stop()
    shell.must("rm -r " .. directory)
  end)

  it("is an error that says so, loses no memory, and the next request works", function()
    local ok, output = process.lua(PROGRAM, { env = { LD_PRELOAD = library, LIBRARY = library, URL = server.url } })
    assert.is_true(ok, output)
    local second, third = output:match("blocks %d+%s+blocks (%d+)%s+blocks (%d+)")
    assert.is_truthy(second, output)
    -- The first round leaves what libcurl keeps, and it may keep less after another one.
    assert.is_true(tonumber(third) <= tonumber(second), output)
    assert.is_true(tonumber(output:match("tried (%d+)")) > 1000, output)
  end)
end)
