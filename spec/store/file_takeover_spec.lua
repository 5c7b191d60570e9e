-- A slot whose process has ended before it came, or that was given back, goes to the next who asks.
local core = require "imr.core"
local crowd = require "support.crowd"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local shell = require "support.shell"

local INTERVAL, FOREVER = 30, math.huge

-- Takes slots, says when they are, and then does nothing until it is ended.
local HOLDER = [[
local core, imr = require "imr.core", require "imr"
local store, starts = imr.store.file { path = arg[1] }, {}
for number = 1, tonumber(arg[2]) do starts[number] = ("%.6f"):format(store:reserve("k", 30, core.now(), math.huge)) end
print(table.concat(starts, " "))
io.stdout:flush()
core.sleep(600)
]]

describe("a slot of the file store", function()
  local scratch, state, store, children

  before_each(function()
    scratch, children = shell.scratch(), {}
    state = scratch .. "/state"
    store = imr.store.file { path = state }
    files.write(scratch .. "/holder.lua", HOLDER)
  end)

  after_each(function()
    for _, child in ipairs(children) do child:stop() end
    shell.must("rm -rf " .. scratch)
  end)

  local function reserve(interval, max_wait)
    return store:reserve("k", interval or INTERVAL, core.now(), max_wait or FOREVER)
  end

  local function near(expected, start) assert.near(expected, start, 1e-5) end

  -- Another process that holds the next `count` slots: it, and their starts.
  local function holder(count)
    local command = ("scripts/run.sh %s %s/holder.lua %s %d"):format(process.interpreter, scratch, state, count or 1)
    local child = process.start(command, "^[%d. ]+$")
    children[#children + 1] = child
    local starts = {}
    for start in child.match:gmatch("%S+") do starts[#starts + 1] = tonumber(start) end
    return child, starts
  end

  local function kill(child)
    shell.must("kill -KILL " .. child.pid)
    child:stop()
  end

  it("is taken over from a process that was killed", function()
    local first = assert(reserve())
    local child, starts = holder()
    near(first + INTERVAL, starts[1])
    local behind = assert(reserve())
    near(first + 2 * INTERVAL, behind)
    kill(child)
    near(starts[1], assert(reserve()))
    near(behind + INTERVAL, assert(reserve())) -- once
  end)

  it("is taken over in the order of time, from a process that had several", function()
    assert(reserve())
    local child, starts = holder(3)
    local last = assert(reserve())
    kill(child)
    for number = 1, 3 do near(starts[number], assert(reserve())) end
    near(last + INTERVAL, assert(reserve()))
  end)

  it("stays with a process that is alive", function()
    assert(reserve())
    local _, starts = holder(2)
    near(starts[2] + INTERVAL, assert(reserve()))
  end)

  it("goes to one of many", function()
    assert(reserve())
    local child, starts = holder()
    assert(reserve())
    kill(child)
    local taken = crowd.run(8, [[
      local imr = require "imr"
      local store = imr.store.file { path = os.getenv "STATE" }
      io.write(("%.6f"):format(store:reserve("k", 30, core.now(), math.huge)))
      core.sleep(3) -- or it would be free again
    ]], { STATE = state })
    local count = 0
    for _, start in ipairs(taken) do
      if math.abs(tonumber(start) - starts[1]) < 1e-5 then count = count + 1 end
    end
    assert.equal(1, count, table.concat(taken, " "))
  end)

  it("that was given back goes to the next, also with others behind it", function()
    assert(reserve())
    local second, third = assert(reserve()), assert(reserve())
    store:release("k", INTERVAL, second, core.now())
    near(second, assert(reserve()))
    near(third + INTERVAL, assert(reserve()))
  end)

  it("that was given back at the end of the queue is there once", function()
    assert(reserve())
    local second = assert(reserve())
    store:release("k", INTERVAL, second, core.now())
    near(second, assert(reserve()))
    near(second + INTERVAL, assert(reserve()))
  end)

  it("is left to pass by whoever needs more distance to the next", function()
    assert(reserve())
    local child, starts = holder()
    local last = assert(reserve())
    kill(child)
    near(last + INTERVAL, assert(reserve(INTERVAL + 0.1)))
    near(starts[1], assert(reserve()))
  end)

  it("is left to pass by when it is before the time to which the pace was pushed back", function()
    local first = assert(reserve())
    local child, starts = holder(2)
    kill(child)
    store:push_back("k", starts[2] + INTERVAL, core.now())
    near(starts[2] + INTERVAL, assert(reserve()))
    assert.is_true(first < starts[1])
  end)

  it("is taken over only by whom its wait suits", function()
    assert(reserve())
    local child, starts = holder()
    assert(reserve())
    kill(child)
    local start, wait = reserve(INTERVAL, 1)
    assert.is_nil(start)
    assert.is_true(wait > 1)
    near(starts[1], assert(reserve(INTERVAL, INTERVAL)))
  end)

  -- What processes write that look at the same slot at once, and one is killed at any time.
  it("is never with two, whoever is killed when", function()
    local program = [[
      local imr = require "imr"
      local store = imr.store.file { path = os.getenv "STATE" }
      local began, used = core.now(), 0
      while core.now() < began + 2 or used < 40 and core.now() < began + 60 do
        local start = store:reserve("k", 0.002, core.now(), math.huge)
        core.sleep(start - core.now())
        if core.now() - start < 0.0005 then
          io.write(("%.6f\n"):format(start))
          io.flush()
          used = used + 1
        end
        if NUMBER > 3 and math.random(40) == 1 then os.execute("kill -KILL $PPID") end
      end
    ]]
    local outputs = crowd.run(8, program, { STATE = state })
    local starts = {}
    for _, output in ipairs(outputs) do
      for line in output:gmatch("[%d.]+") do starts[#starts + 1] = tonumber(line) end
    end
    table.sort(starts)
    assert.is_true(#starts > 100, #starts .. " slots used")
    for index = 2, #starts do
      local gap = starts[index] - starts[index - 1]
      assert.is_true(gap > 0.001998, ("two slots %.6f s apart"):format(gap))
    end
  end)
end)
