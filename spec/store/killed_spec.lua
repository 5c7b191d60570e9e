-- A process that is killed wastes one slot, however many of its callers waited, in any store.
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local redis = require "support.redis"
local shell = require "support.shell"

local INTERVAL = 0.6

-- Fifty callers of one endpoint, of whom the first is answered.
local WAITERS = [[
local imr = require "imr"
local kind, argument = arg[1], arg[2]
local store = imr.store[kind](kind == "file" and { path = argument } or { port = tonumber(argument) })
local Pace, runtime = require "imr.client.pace", require("imr.runtime").current()
local lifetime = require("imr.client.lifetime").new()
local pace = Pace.new { store = store, key = "k", interval = tonumber(arg[3]) }
imr.run(function()
  local waits = {}
  for index = 1, 50 do
    waits[index] = function()
      assert(pace:wait("meters", lifetime, { deadline = math.huge, max_wait = math.huge }))
      print "went"
      io.stdout:flush()
      if index > 1 then os.exit(1) end
      runtime:sleep(600)
    end
  end
  imr.all(waits)
end)
]]

describe("a process that is killed with fifty callers waiting", function()
  local scratch, server

  before_each(function() scratch = shell.scratch() end)
  after_each(function()
    if server then server:close() end
    server = nil
    shell.must("rm -rf " .. scratch)
  end)

  local kinds = {
    file = function() return scratch .. "/state", imr.store.file { path = scratch .. "/state" } end,
    redis = function()
      server = redis.start()
      return server.port, imr.store.redis { port = server.port }
    end,
  }

  for kind, open in pairs(kinds) do
    it("wastes one slot, with a " .. kind .. " store", function()
      local argument, store = open()
      files.write(scratch .. "/waiters.lua", WAITERS)
      local child = process.start(("scripts/run.sh luajit %s/waiters.lua %s %s %g"):format(scratch, kind, argument,
        INTERVAL), "^went") -- redis-lua is packaged for 5.1 alone
      shell.must("kill -KILL " .. child.pid)
      child:stop()
      local now = core.now()
      local start = assert(store:reserve("k|meters", INTERVAL, now, math.huge))
      assert.is_true(start - now <= 2 * INTERVAL * 1.06, start - now)
    end)
  end
end)
