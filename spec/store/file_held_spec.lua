-- The slot file in other hands: one who keeps it locked holds up nobody for long, one who shortens it kills nobody.
local cli = require "support.cli"
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"
local timing = require "support.timing"

describe("the slot file", function()
  local scratch, state, slots, holder

  before_each(function()
    scratch, holder = shell.scratch(), nil
    state = scratch .. "/state"
    slots = state .. "/slots"
    shell.must("mkdir -m 700 " .. state)
  end)

  after_each(function()
    if holder then holder:stop() end
    shell.must("rm -rf " .. scratch)
  end)

  local function hold()
    shell.must("test -e " .. slots .. " || install -m 600 /dev/null " .. slots)
    holder = process.start(("flock -F -x %s sh -c 'echo held; exec sleep 120'"):format(slots), "^held")
  end

  it("that another process keeps locked is waited for, and no longer than the caller may wait", function()
    hold()
    local store = imr.store.file { path = state }
    for _, case in ipairs { { 0, 0 }, { 0.3, 0.3 }, { math.huge, 2 } } do
      timing.within(case[2], case[2] + 2, function()
        local start, wait, message = store:reserve("k", 1, core.now(), case[1])
        assert.same({}, { start, wait })
        assert.equal(slots .. " is locked by another process", message)
      end)
    end
    assert.same({}, { store:lock("k", core.now(), 10) })
    holder:stop()
    assert.is_number((store:reserve("k", 1, core.now(), 1)))
    assert.is_table((store:lock("k", core.now(), 10)))
  end)

  it("is used while another process keeps it locked, once it is built", function()
    assert(imr.store.file { path = state }:reserve("k", 0.01, core.now(), 10))
    hold()
    timing.within(0, 1, function() assert(imr.store.file { path = state }:reserve("k", 0.01, core.now(), 10)) end)
  end)

  it("that is locked lets other light threads go on", function()
    hold()
    local ticks, store = 0, imr.store.file { path = state }
    imr.run(imr.all, {
      function() store:reserve("k", 1, core.now(), 0.5) end,
      function() for _ = 1, 10 do imr.sleep(0.02) ticks = ticks + 1 end end,
    })
    assert.equal(10, ticks)
  end)

  it("that is locked does not keep the program from its deadline", function()
    local platform = simulator.start { meters = 3, days = 1, interval = 0 }
    local user = cli.user(platform.url, { IMR_STORE = state })
    hold()
    timing.within(0, 6, function()
      local result = user:run "meters --deadline 1"
      assert.not_equal(0, result.status)
      assert.matches("deadline", result.err)
    end)
    holder:stop()
    assert.equal(0, user:run("meters --deadline 20").status)
    user:remove()
    platform:stop()
  end)

  it("that is shortened again and again under a process does not end it", function()
    local path = scratch .. "/user.lua"
    files.write(path, [[
      local core = require "imr.core"
      local store = require("imr.store.file").new { path = os.getenv "STATE" }
      local taken, ends = 0, core.now() + 4
      while core.now() < ends do
        if store:reserve("k", 1e-6, core.now(), math.huge) then taken = taken + 1 end
        store:lock("k", core.now(), 1)
        store:push_back("k", core.now(), core.now())
      end
      print("taken", taken)
    ]])
    process.spawn(path, scratch .. "/output", { STATE = state })
    local ends, output = core.now() + 60, ""
    while core.now() < ends and output == "" do
      for _ = 1, 200 do io.open(slots, "w"):close() end
      output = files.read(scratch .. "/output")
    end
    assert.matches("^taken\t%d+\n$", output)
  end)
end)
