-- The login lock of the file store: its time ends it, its process's end too, and never have it two.
local core = require "imr.core"
local crowd = require "support.crowd"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local shell = require "support.shell"
local timing = require "support.timing"

describe("the file store's login lock", function()
  local scratch, state
  before_each(function()
    scratch = shell.scratch()
    state = scratch .. "/state"
  end)
  after_each(function() shell.must("rm -rf " .. scratch) end)

  local function open() return imr.store.file { path = state } end

  local function lock(store, ttl, owner) return store:lock("k", core.now(), ttl or 60, owner) end

  -- What another process does, until it has said `word`.
  local function start(program, word)
    local path, output = scratch .. "/program.lua", scratch .. "/output"
    files.write(path, [[
      local core, store = require "imr.core", require("imr.store").file { path = os.getenv "STATE" }
      local function say(word) io.write(word, "\n") io.flush() end
    ]] .. program)
    local pid = process.spawn(path, output, { STATE = state })
    local function said(what)
      local limit = core.now() + 60
      while not files.read(output):find(what, 1, true) do
        assert(core.now() < limit, files.read(output))
        core.sleep(0.01)
      end
    end
    said(word)
    return pid, said
  end

  it("of a process that was stopped ends with its time, and that notices", function()
    local pid, said = start([[
      local owner = assert(store:lock("k", core.now(), 1.5))
      say "locked"
      while owner do
        core.sleep(0.02)
        local kept, problem = store:lock("k", core.now(), 1.5, owner)
        if not kept then store:unlock("k", owner) end
        owner = kept or say(problem or "lost")
      end]], "locked")
    local store = open()
    for _ = 1, 8 do
      assert.is_nil((lock(store)))
      core.sleep(0.2)
    end
    shell.must("kill -STOP " .. pid)
    core.sleep(1.6)
    local owner = assert(lock(store))
    shell.must("kill -CONT " .. pid)
    said "lost"
    assert.is_nil((lock(open())))
    assert(lock(store, 60, owner))
  end)

  it("of a process that was killed is free at once", function()
    local pid = start([[assert(store:lock("k", core.now(), 60)) say "locked" core.sleep(60)]], "locked")
    assert.is_nil((lock(open())))
    shell.must("kill -KILL " .. pid)
    timing.within(0, 0.2, function()
      while not lock(open()) do core.sleep(0.01) end
    end)
  end)

  it("is not taken by a container that shares the file and has other process numbers", function()
    local unshare = "unshare --pid --fork --mount-proc --kill-child"
    if not shell.run(unshare .. " true") then return pending "needs the right to make a namespace" end
    assert(lock(open()))
    local _, output = process.lua([[
      local store = require("imr.store").file { path = os.getenv "STATE" }
      print(store:lock("k", require("imr.core").now(), 60) and "taken" or "locked")
    ]], { env = { STATE = state }, before = unshare })
    assert.equal("locked\n", output)
  end)

  it("is nobody else's to give back or to keep", function()
    local one, other = open(), open()
    local first = assert(lock(one, 0.1))
    core.sleep(0.15)
    local second = assert(lock(other))
    one:unlock("k", first)
    assert.is_nil((lock(one, 60, first)))
    assert.is_nil((lock(one)))
    other:unlock("k", second)
    assert(lock(one))
  end)

  it("has one owner in a file of an earlier version too", function()
    open():reserve("k", 2, core.now(), 0)
    local slots = state .. "/slots"
    local head = "imrslots" .. files.bytes(1, 4) .. files.bytes(40, 4) .. files.bytes(16, 4) .. files.bytes(16, 4)
    files.write(slots, head .. files.read(slots):sub(25, 40) .. ("\0"):rep(256))
    local one, other = open(), open()
    local first = assert(lock(one, 1))
    assert.is_nil((lock(other)))
    assert(lock(one, 1, first))
    core.sleep(1.1)
    local second = assert(lock(other))
    assert.is_nil((lock(one, 60, first)))
    other:unlock("k", second)
    assert(lock(one))
  end)

  -- Some hold it for longer than its time, so that it is taken over while they do.
  it("is never with two", function()
    local outputs = crowd.run(8, [[
      local store = require("imr.store").file { path = os.getenv "STATE" }
      local began, times, random = core.now(), 0, NUMBER * 7919
      while core.now() < began + 2 or times < 8 and core.now() < began + 60 do
        local owner = store:lock("k", core.now(), 0.004)
        local got = core.now()
        random = (random * 1103515245 + 12345) % 2147483648
        core.sleep(random / 2147483648 * 0.006)
        local ended = core.now()
        if owner and store:lock("k", ended, 0.004, owner) then
          io.write(("%.6f %.6f\n"):format(got, ended))
          times = times + 1
          store:unlock("k", owner)
        end
      end]], { STATE = state })
    local held = {}
    for _, output in ipairs(outputs) do
      for began, ended in output:gmatch("(%S+) (%S+)\n") do
        held[#held + 1] = { began = tonumber(began), ended = tonumber(ended) }
      end
    end
    table.sort(held, function(a, b) return a.began < b.began end)
    assert.is_true(#held > 50, #held .. " times")
    for index = 2, #held do assert.is_true(held[index].began >= held[index - 1].ended, "two had it") end
  end)
end)
