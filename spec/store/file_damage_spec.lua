-- The file store survives what happens to files.
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local native = require "support.native"
local process = require "support.process"
local shell = require "support.shell"
local timing = require "support.timing"

-- The header: magic 8, layout 4, header size 4, entry size 4, capacity 4, boot 8, born 8; then entries: key 8, next 8.
local BOOT, HEADER, ENTRY = 24, 40, 16
local SIZE = HEADER + 1024 * ENTRY
local FOREVER = math.huge
local NEAR = timing.room(0.2, 0.9) -- slots are two seconds apart

describe("the file store", function()
  local scratch, state, slots, events

  before_each(function()
    scratch, events = shell.scratch(), {}
    state = scratch .. "/state"
    slots = state .. "/slots"
  end)

  after_each(function() shell.must("rm -rf " .. scratch) end)

  local listener = function(event) table.insert(events, event.message) end

  local function open()
    local store = imr.store.file { path = state }
    store:listen(listener)
    return store
  end

  local function take(store, key)
    local start, wait, message = store:reserve(key or "k", 2, core.now(), FOREVER)
    return assert(start, message or wait)
  end

  -- What the file said is lost, so the first slot is an interval away, and from there on all is as ever.
  local function begins_anew(store)
    local now = core.now()
    local start = take(store)
    assert.near(now + 2, start, NEAR)
    assert.near(start + 2, take(store), 1e-5)
    assert.near(start + 4, take(open()), 1e-5)
  end

  local function told(text)
    assert.equal(1, #events, table.concat(events, "\n"))
    assert.truthy(events[1]:find(text, 1, true), events[1])
  end

  local damages = {
    { "truncated to nothing", function() files.write(slots, "") end, silent = true },
    { "truncated in its header", function() shell.must("truncate -s 20 " .. slots) end },
    { "truncated in its entries", function() shell.must("truncate -s 5000 " .. slots) end },
    { "overwritten with garbage", function() files.patch(slots, 0, files.garbage(SIZE, 7)) end },
    { "overwritten with zeros", function() files.patch(slots, 0, ("\0"):rep(SIZE)) end },
    { "replaced by a text", function() files.write(slots, "slots of Monday\n") end },
    { "replaced by something longer", function() files.write(slots, files.garbage(2 * SIZE, 3)) end },
    { "given an impossible time", function()
      for entry = 0, 1023 do files.patch(slots, HEADER + entry * ENTRY + 8, files.bytes(2 ^ 52, 8)) end
    end },
    { "given impossible sizes", function() files.patch(slots, 12, files.bytes(0xFFFFFFF0, 4):rep(3)) end },
  }

  for _, damage in ipairs(damages) do
    it("goes on with a file that was " .. damage[1] .. " while it was in use", function()
      local store = open()
      take(store)
      damage[2]()
      begins_anew(store)
      if not damage.silent then told("slots was damaged: built anew") end
    end)

    it("goes on with a file that was " .. damage[1] .. " before", function()
      take(open())
      damage[2]()
      begins_anew(open())
      if not damage.silent then told("slots was damaged: built anew") end
    end)
  end

  it("keeps the pace slowed down where what the slot said cannot be", function()
    local store, now = open(), core.now()
    take(store)
    for entry = 0, 1023 do files.patch(slots, HEADER + entry * ENTRY + 8, files.bytes(2 ^ 62, 8)) end
    store:push_back("k", now + 50, now)
    assert.near(now + 50, take(store), 1e-5)
  end)

  it("goes on with whatever bytes are there", function()
    shell.must("mkdir -m 700 " .. state)
    files.write(slots, "")
    shell.must("chmod 600 " .. slots)
    for seed = 1, 40 do
      local text = files.garbage(seed * 977 % 20000 + 1, seed)
      files.write(slots, seed % 2 == 0 and "imrslots" .. text or text)
      begins_anew(open())
    end
  end)

  it("goes on an interval later when the file, or all of the directory, is removed while it is in use", function()
    local store = open()
    for _, what in ipairs { slots, state } do
      take(store)
      shell.must("rm -r " .. what)
      begins_anew(store)
    end
    assert.same({}, events)
  end)

  it("counts nothing of an earlier boot, and says nothing about it", function()
    take(open())
    take(open())
    files.patch(slots, BOOT, "another!")
    begins_anew(open())
    assert.same({}, events)
  end)

  -- A header and entries of other lengths, and bytes of which this version knows nothing.
  local function another_layout(layout, header_size, entry_size, capacity)
    take(open())
    local boot = files.read(slots):sub(BOOT + 1, BOOT + 8)
    local header = "imrslots" .. files.bytes(layout, 4) .. files.bytes(header_size, 4) .. files.bytes(entry_size, 4) ..
      files.bytes(capacity, 4) .. boot .. files.bytes(0, 8) .. ("H"):rep(header_size - HEADER)
    local known = math.min(entry_size, ENTRY)
    files.write(slots, header .. (("\0"):rep(known) .. ("E"):rep(entry_size - known)):rep(capacity))
  end

  for name, sizes in pairs { ["an earlier"] = { 1, HEADER, ENTRY }, ["a later"] = { 4, 2 * HEADER, ENTRY + 16 } } do
    it("shares a file with " .. name .. " version", function()
      local header_size, entry_size = sizes[2], sizes[3]
      another_layout(sizes[1], header_size, entry_size, 16)
      local store, other = open(), open()
      local first = take(store)
      assert.near(core.now(), first, NEAR)
      assert.near(first + 2, take(other), 1e-5)
      assert.near(first + 4, take(store), 1e-5)
      assert(store:lock("k", core.now(), 60))
      assert.is_nil((other:lock("k", core.now(), 60)))
      local text = files.read(slots)
      assert.equal(header_size + 16 * entry_size, #text)
      assert.equal(("H"):rep(header_size - HEADER), text:sub(HEADER + 1, header_size))
      for entry = 1, 16 do
        local from, to = header_size + (entry - 1) * entry_size + ENTRY + 1, header_size + entry * entry_size
        assert.equal(("E"):rep(to - from + 1), text:sub(from, to))
      end
      assert.same({}, events)
    end)
  end

  it("says that the table is full, and goes on with the keys in it", function()
    another_layout(4, HEADER, ENTRY, 4)
    local store = open()
    for number = 1, 4 do take(store, "key " .. number) end
    local start, wait, message = store:reserve("key 5", 2, core.now(), FOREVER)
    assert.is_nil(start)
    assert.is_nil(wait)
    assert.truthy(message:find("slots is full", 1, true), message)
    assert.near(core.now() + 2, take(store, "key 2"), NEAR)
    store:push_back("key 5", core.now() + 1, core.now())
    told("slots is full")
  end)

  it("holds a thousand keys", function()
    local store = open()
    local starts = {}
    for number = 1, 1024 do starts[number] = take(store, "key " .. number) end
    for number = 1, 1024, 111 do
      assert.is_true(take(open(), "key " .. number) > starts[number] + 2 - 1e-5, number)
    end
    assert.is_nil((store:reserve("one more", 2, core.now(), FOREVER)))
  end)

  it("does all that on a host that has been up for long", function()
    local library, directory = native.preload([[
      #include <dlfcn.h>
      #include <time.h>
      int clock_gettime(clockid_t clock, struct timespec *time) {
        int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
        int failed = real(clock, time);
        time->tv_sec += 400 * 86400;
        return failed;
      }]])
    local ok, output = process.lua([[
      package.path = "./spec/?.lua;" .. package.path
      local core, imr = require "imr.core", require "imr"
      assert(core.now() > 400 * 86400)
      local function make() return imr.store.file { path = os.getenv "STATE" } end
      local cases = require "support.store_contract"
      cases.begin(make(), core.now, core.sleep)
      for number, case in ipairs(cases) do
        case[2] { store = make(), another = make, key = "key " .. number,
          near = require("support.timing").room(0.05, 0.4), now = core.now, pass = core.sleep, foreign = -86400 }
      end]], { env = { STATE = state, LD_PRELOAD = library } })
    shell.must("rm -r " .. directory)
    assert.is_true(ok, output)
  end)

  it("fails and recovers when the disk is full", function()
    if not files.is_root or not shell.run(("mkdir -m 700 %s && mount -t tmpfs -o size=320k,mode=700 tmpfs %s")
      :format(state, state)) then
      return pending("a full disk needs the right to mount one")
    end
    finally(function() shell.must("umount -l " .. state) end)
    shell.run(("dd if=/dev/zero of=%s/filler bs=4096"):format(state))
    local store = open()
    local start, wait, message = store:reserve("k", 2, core.now(), FOREVER)
    assert.is_nil(start or wait)
    assert.truthy(message:find("No space left", 1, true), message)
    local ok, problem = store:put_token("k", { token = "t", id = "1", obtained = 0 }, core.now())
    assert.is_nil(ok)
    assert.truthy(problem:find("No space left", 1, true), problem)
    assert.is_nil((store:get_token("k", core.now())))
    shell.must("rm " .. state .. "/filler")
    local first = take(store)
    assert(store:put_token("k", { token = "t", id = "1", obtained = 0 }, core.now()))
    shell.run(("dd if=/dev/zero of=%s/filler bs=4096"):format(state))
    assert.near(first + 2, take(store), NEAR)
    assert.is_nil((store:put_token("k", { token = ("t"):rep(5000), id = "1", obtained = 0 }, core.now())))
    assert.equal("t", store:get_token("k", core.now()).token)
  end)
end)
