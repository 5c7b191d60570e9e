-- A process that is killed in the middle of anything leaves a file store that the others go on with.
local core = require "imr.core"
local imr = require "imr"
local native = require "support.native"
local process = require "support.process"
local shell = require "support.shell"
local timing = require "support.timing"

-- Ends the process before or after its n-th call of what changes files; KILL_AT counts both, from os.remove on, with
-- which the program begins: a sanitizer makes directories before it is ready itself.
local KILLER = [[
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
static int begun;
int remove(const char *path) {
  (void)path;
  begun = 1;
  return 0;
}
static void step(void) {
  static int count;
  const char *at = begun ? getenv("KILL_AT") : NULL;
  if (at && ++count == atoi(at)) raise(SIGKILL);
}
#define AROUND(type, name, parameters, arguments) \
  type name parameters { \
    type (*real) parameters = dlsym(RTLD_NEXT, #name); \
    step(); \
    type result = real arguments; \
    step(); \
    return result; \
  }
AROUND(int, mkdir, (const char *path, mode_t mode), (path, mode))
AROUND(int, flock, (int fd, int how), (fd, how))
AROUND(int, rename, (const char *from, const char *to), (from, to))
AROUND(int, unlink, (const char *path), (path))
AROUND(int, posix_fallocate, (int fd, off_t at, off_t length), (fd, at, length))
AROUND(ssize_t, write, (int fd, const void *bytes, size_t length), (fd, bytes, length))
]]

-- One round is all that a process does to a store.
local PROGRAM = [[
os.remove "begin"
local core, store = require "imr.core", require("imr.store").file { path = os.getenv "STATE" }
local text = ("a-token "):rep(500)
for _ = 1, tonumber(os.getenv "ROUNDS") do
  local now = core.now()
  assert(store:reserve("k", 1e-6, now, 100))
  store:push_back("k", now, now)
  local owner = store:lock("k", now, 60)
  if owner then
    assert(store:put_token("k", { token = text, id = "1", obtained = now, encoding = "form" }, now))
    store:unlock("k", owner)
  end
  local record = store:get_token("k", now)
  assert(not record or record.token == text)
end
io.write("done")
]]

describe("the file store and a process that is killed", function()
  local scratch, state
  before_each(function()
    scratch = shell.scratch()
    state = scratch .. "/state"
  end)
  after_each(function() shell.must("rm -rf " .. scratch) end)

  -- All that another process needs of it; each time with a key of its own.
  local used = 0
  local function is_usable()
    used = used + 1
    local key = "k" .. used
    local events, store = {}, imr.store.file { path = state }
    local listener = function(event) table.insert(events, event.message) end
    store:listen(listener)
    local now = core.now()
    local start, wait, message = store:reserve(key, 20, now, 100)
    assert(start, message or wait)
    assert.is_true(start < now + timing.room(20.2, 25), "it has to wait")
    assert.near(start + 20, (store:reserve(key, 20, now, 100)), 0.001)
    local record, problem = store:get_token("k", now)
    assert.is_nil(problem)
    assert.is_true(not record or #record.token == 4000)
    local owner
    timing.within(0, 0.5, function() -- what a process had open is closed a moment before it is gone
      repeat owner = store:lock("k", now, 60) until owner
    end)
    assert(store:put_token("k", { token = ("a-token "):rep(500), id = "2", obtained = now }, now))
    store:unlock("k", owner)
    assert.equal("2", store:get_token("k", now).id)
    return events
  end

  it("leaves a usable store wherever it was killed", function()
    local library, directory = native.preload(KILLER)
    finally(function() shell.must("rm -r " .. directory) end)
    local steps, finished = 0
    repeat
      steps = steps + 1
      shell.must("rm -rf " .. state)
      local _, output = process.lua(PROGRAM, { env = {
        STATE = state, ROUNDS = "2", LD_PRELOAD = library, KILL_AT = tostring(steps) } })
      finished = output == "done"
      is_usable()
    until finished
    assert.is_true(steps > 30, steps .. " steps")
  end)

  it("leaves a usable store when it is killed at any time, again and again", function()
    math.randomseed(20240)
    is_usable() -- a file that is half built when its builder dies is built anew, with a word: that is the spec above
    local killed = 0
    for _ = 1, 25 do
      local seconds = ("%.4f"):format(0.002 + math.random() * 0.04)
      local _, output = process.lua(PROGRAM, { env = { STATE = state, ROUNDS = "1e9" },
        before = "timeout -s KILL " .. seconds })
      assert.is_nil(output:find("assert", 1, true), output)
      killed = killed + 1
      assert.same({}, is_usable())
    end
    assert.equal(25, killed)
  end)
end)
