-- The pieces below the file store, one by one: slots in a mapped file, private files, locks, token life.
local core = require "imr.core"
local files = require "support.files"
local native = require "support.native"
local shell = require "support.shell"
local system = require "imr.os"

describe("a slot file", function()
  local scratch, path
  before_each(function()
    scratch = shell.scratch()
    path = scratch .. "/slots"
  end)
  after_each(function() shell.must("rm -rf " .. scratch) end)

  it("tells whether something else was there", function()
    assert.is_false(select(2, core.slots_open(path)))
    assert.is_false(select(2, core.slots_open(path)))
    files.patch(path, 0, "x")
    assert.is_true(select(2, core.slots_open(path)))
    assert.is_false(select(2, core.slots_open(path)))
  end)

  it("takes any time and any key", function()
    local slots = core.slots_open(path)
    for _, key in ipairs { "", "\0", ("k"):rep(10000), "键" } do
      local month = 30 * 86400
      local before = core.now()
      local start = assert(slots:reserve(key, math.huge, math.huge)) -- a new file knows nothing of what was before
      assert.is_true(start >= before + month - 0.1 and start <= core.now() + month + 0.1, start)
      assert.is_nil((slots:reserve(key, -1, math.huge))) -- no wait is longer than a month
      assert.is_true(slots:push_back(key, math.huge))
      assert.is_nil((slots:reserve(key, 1, 1)))
    end
    assert.is_true(slots:push_back("nan", 0 / 0))
    assert.is_number((slots:reserve("nan", 0 / 0, 0 / 0)))
    slots:reserve("nan", 1, 1, 1e300, -1e300)
    slots:reserve("nan", 1, 1, 0 / 0, 0 / 0)
    assert.is_number((slots:look("nan")))
  end)

  it("takes no lock's number but one that it gives out", function()
    local slots = core.slots_open(path)
    for _, number in ipairs { 1e300, -1e300, 0 / 0, math.huge } do
      assert.error_matches(function() slots:lock("k", 1, number) end, "what lock() returned expected", 1, true)
      assert.error_matches(function() slots:unlock("k", number) end, "what lock() returned expected", 1, true)
    end
    slots:unlock("k", assert(slots:lock("k", 1)))
    assert(slots:lock("k", 1))
  end)

  it("is of no use when it is closed, twice is fine", function()
    local slots = core.slots_open(path)
    slots:close()
    slots:close()
    assert.same({}, { slots:reserve("k", 1, 1) })
    assert.same({}, { slots:push_back("k", 1) })
    assert.same({}, { slots:look("k") })
  end)

  it("refuses what is no slot file's own", function()
    local slots = core.slots_open(path)
    assert.has_error(function() slots.reserve(io.stdout, "k", 1, 1) end)
    assert.has_error(function() slots:reserve("k", {}, 1) end)
    assert.has_error(function() slots:reserve(nil, 1, 1) end)
    local found, message = core.slots_open(scratch .. "/none/slots")
    assert.is_nil(found)
    assert.truthy(message:find("none/slots: No such file", 1, true), message)
  end)

  it("gives every slot once to two processes", function()
    local program = files.write(scratch .. "/program.lua", [[
      local core = require "imr.core"
      local slots
      repeat slots = core.slots_open(arg[1]) until slots -- nil while the other one makes the file
      for _ = 1, 20000 do io.write(("%.6f\n"):format(slots:reserve("k", 0.001, math.huge))) end
      -- The slots of a process that ends would go to the other.
      local both = 0
      io.open(arg[1] .. arg[2], "w"):close()
      while both < 2 do
        both = 0
        for number = 1, 2 do both = both + (io.open(arg[1] .. number) and 1 or 0) end
        core.sleep(0.01)
      end]])
    assert.is_nil(program)
    shell.must(("for i in 1 2; do scripts/run.sh luajit %s/program.lua %s $i >%s/$i & done; wait"):format(
      scratch, path, scratch))
    local starts = shell.lines(("sort -n %s/1 %s/2"):format(scratch, scratch))
    assert.equal(40000, #starts)
    for index = 2, #starts do
      local gap = tonumber(starts[index]) - tonumber(starts[index - 1])
      assert.is_true(gap > 0.000998, "two slots " .. gap .. " s apart")
    end
  end)
end)

describe("a private file", function()
  local scratch
  before_each(function() scratch = shell.scratch() end)
  after_each(function() shell.must("rm -rf " .. scratch) end)

  it("is read as it was written", function()
    local path = scratch .. "/file"
    assert.is_nil((system.private_read(path)))
    assert.is_nil(select(2, system.private_read(path)))
    for _, text in ipairs { "", "text", "\0\255\n", ("x"):rep(65536) } do
      assert(system.private_write(path, text))
      assert.equal(text, system.private_read(path))
    end
    assert.same({ "file" }, files.list(scratch))
  end)

  it("is not written where there is no directory", function()
    local ok, message = system.private_write(scratch .. "/none/file", "x")
    assert.is_nil(ok)
    assert.truthy(message:find("none/file", 1, true), message)
  end)

  it("is made empty, or left as it is", function()
    local path = scratch .. "/file"
    assert.is_true(system.private_make(path))
    assert.same({ "600", "" }, { files.mode(path), system.private_read(path) })
    assert(system.private_write(path, "text"))
    assert.is_true(system.private_make(path))
    assert.equal("text", system.private_read(path))
  end)

  it("is not made where it could not be trusted", function()
    shell.must(("cd %s && touch open && chmod 644 open && ln -s nothing link && mkdir directory"):format(scratch))
    for name, why in pairs { open = "chmod", link = "kind", directory = "kind", ["none/file"] = "No such file" } do
      local made, message = system.private_make(scratch .. "/" .. name)
      assert.is_nil(made)
      assert.matches(why, message, 1, true)
    end
    assert.same({ "directory", "link", "open" }, files.list(scratch))
  end)
end)

describe("a lock", function()
  local scratch, path
  before_each(function()
    scratch = shell.scratch()
    path = scratch .. "/lock"
  end)
  after_each(function() shell.must("rm -rf " .. scratch) end)

  it("goes with the file that is at its path", function()
    local first = assert(system.private_lock(path))
    os.remove(path)
    local second = assert(system.private_lock(path))
    first:release()
    assert.is_nil((system.private_lock(path)))
    second:release()
    second:release()
    assert(system.private_lock(path)):release()
  end)

  it("ends with release, also while a forked child has the descriptor too", function()
    local fork = native.fork()
    local lock = assert(system.private_lock(path))
    local child = fork.fork()
    if child == 0 then
      core.sleep(0.4)
      fork.exit(0)
    end
    lock:release()
    local again = system.private_lock(path)
    fork.wait(child)
    assert.truthy(again)
  end)

  it("is not ended by a forked child", function()
    local fork = native.fork()
    local lock = assert(system.private_lock(path))
    local child = fork.fork()
    if child == 0 then
      lock:release()
      fork.exit(system.private_lock(path) and 1 or 0)
    end
    assert.equal(0, fork.wait(child))
    assert.is_nil((system.private_lock(path)))
    lock:release()
  end)
end)

describe("token life", function()
  local cases = {
    { "new", 1000, 1000, true }, { "nearly due", 1000, 1000 + 7079, true }, { "due", 1000, 1000 + 7080, false },
    { "expired", 1000, 1000 + 7200, false }, { "from the future", 1000, 999, false },
    { "of no time", 0 / 0, 1, false }, { "of ever", -math.huge, 1, false },
  }
  for _, case in ipairs(cases) do
    it("is over for a token that is " .. case[1] .. ": " .. tostring(not case[4]), function()
      assert.equal(case[4], core.token_fresh(case[2], case[3]))
    end)
  end

  it("tells credentials apart", function()
    local seen = {}
    for _, texts in ipairs { { "a", "b" }, { "ab", "" }, { "", "ab" }, { "a", "b", "" }, { "a\0", "b" }, { "b", "a" },
      { "ab" }, { "a", "c" } } do
      local print_of = core.fingerprint((table.unpack or unpack)(texts))
      assert.truthy(print_of:find("^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$"))
      assert.is_nil(seen[print_of], table.concat(texts, "|"))
      seen[print_of] = true
    end
    assert.equal(core.fingerprint("a", "b"), core.fingerprint("a", "b"))
  end)
end)
