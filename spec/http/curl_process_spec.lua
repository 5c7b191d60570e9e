-- imr.curl as a guest in somebody's process: forks, signals, threads that hang, unloading.
local curl = require("imr.curl")
local fetch = require("support.fetch")
local native = require("support.native")
local process = require("support.process")
local shell = require("support.shell")
local timing = require("support.timing")
local wire = require("support.wire")

describe("a fork", function()
  local server, multi, fork

  setup(function()
    fork = native.fork()
  end)

  before_each(function()
    server = wire.start([[for r in c.request, c do c:sleep(0.1); c:send(answer(r.body)) end]])
    multi = curl.multi()
  end)

  after_each(function()
    multi:close()
    server:stop()
  end)

  -- What `fn` returned in a forked child, which then ends without any clean-up.
  local function in_child(fn)
    local path = os.tmpname()
    local pid = fork.fork()
    if pid == 0 then
      local ok, text = pcall(fn)
      local file = io.open(path, "w")
      file:write(ok and "" or "raised: ", tostring(text))
      file:close()
      fork.exit(0)
    end
    assert.equal(0, fork.wait(pid))
    local file = io.open(path)
    local text = file:read("*a")
    file:close()
    os.remove(path)
    return text
  end

  it("'s child is refused the parent's handles, with the way out", function()
    local transfer = multi:start({ url = server.url, body = "mine" })
    multi:perform()
    local text = in_child(function()
      local messages = {}
      local function try(object, method, ...)
        local ok, message = pcall(object[method], object, ...)
        table.insert(messages, method .. ": " .. tostring(ok or message))
      end
      try(multi, "start", { url = server.url })
      try(multi, "perform")
      try(multi, "poll", 0)
      try(multi, "finished")
      try(transfer, "result")
      try(transfer, "cancel")
      try(multi, "close")
      return table.concat(messages, "\n")
    end)
    for _, method in ipairs({ "start", "perform", "poll", "finished", "result" }) do
      local pattern = method .. ": this %a+ belongs to process %d+ and can't be used in process %d+ after a fork:"
      assert.truthy(text:find(pattern .. " open a new multi"), text)
    end
    assert.truthy(text:find("cancel: true\nclose: true", 1, true), text)
    fetch.turn(multi)
    local _, body = transfer:result()
    assert.equal("mine", body)
  end)

  it("'s child collects them without touching the parent's connection", function()
    fetch.get(multi, { url = server.url, body = "before" })
    local transfer = multi:start({ url = server.url, body = "during" })
    multi:perform()
    local text = in_child(function()
      local sockets = "readlink /proc/$PPID/fd/* | grep socket"
      collectgarbage()
      local before = shell.must(sockets)
      local seen = setmetatable({ [multi] = true, [transfer] = true }, { __mode = "k" })
      transfer, multi = nil, nil
      for _ = 1, 4 do
        collectgarbage()
      end
      assert(next(seen) == nil, "they are still there")
      return before == shell.must(sockets) and "the same" or before .. "\n" .. shell.must(sockets)
    end)
    assert.equal("the same", text)
    fetch.turn(multi)
    local _, body = transfer:result()
    assert.equal("during", body)
    _, body = fetch.get(multi, { url = server.url, body = "after" })
    assert.equal("after", body)
    assert.equal(1, server:count("connect"))
  end)

  it("'s child has connections of its own in a new multi", function()
    fetch.get(multi, { url = server.url, body = "parent" })
    local text = in_child(function()
      assert(multi:is_forked())
      local own = curl.multi()
      local _, body = fetch.get(own, { url = server.url, body = "child" })
      return body
    end)
    assert.equal("child", text)
    assert.is_false(multi:is_forked())
    assert.equal(2, server:count("connect"))
  end)
end)

describe("a resolver that hangs", function()
  local library, directory

  setup(function()
    library, directory = native.preload([[
      #include <dlfcn.h>
      #include <netdb.h>
      #include <stdlib.h>
      #include <unistd.h>
      int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
        (void)node, (void)service, (void)hints, (void)found;
        sleep(atoi(getenv("HANGS")));
        return EAI_AGAIN;
      }
    ]])
  end)

  teardown(function()
    shell.must("rm -r " .. directory)
  end)

  local program = [[
    local now = require("socket").gettime
    local multi = require("imr.curl").multi()
    local slowest = 0
    local function timed(fn, ...)
      local before = now()
      fn(...)
      slowest = math.max(slowest, now() - before)
    end
    local function begin()
      local transfer = multi:start({ url = "http://slow.invalid/", body = "{}", connect_timeout = 0.1 })
      for _ = 1, 5 do
        timed(multi.perform, multi)
        multi:poll(0.01)
      end
      return transfer
    end
    begin()
    while not multi:finished() do timed(multi.perform, multi) multi:poll(0.01) end -- the connect timeout
    local transfer = begin()
    timed(transfer.cancel, transfer)
    transfer = begin()
    timed(multi.close, multi)
    multi = require("imr.curl").multi()
    transfer = begin()
    transfer, multi = nil, nil
    timed(collectgarbage)
    timed(collectgarbage)
    print("slowest", slowest)
    multi = require("imr.curl").multi()
    transfer = begin() -- lua_close meets it running
  ]]

  it("holds up neither perform, cancel, close, the collector nor the end", function()
    timing.within(0, 1.4, function()
      local ok, output = process.lua(program, { env = { LD_PRELOAD = library, HANGS = "60" } })
      assert.is_true(ok, output)
      assert.is_true(tonumber(output:match("slowest%s+(%S+)")) < timing.room(0.5, 10), output)
    end)
  end)

  -- The host closes its Lua state, which unloads C modules, and lives on until the thread returns.
  it("finds the library still there when the Lua state is gone", function()
    local version = "lua" .. _VERSION:match("%d%.%d")
    local host = directory .. "/host"
    local source = assert(io.open(host .. ".c", "w"))
    source:write([[
      #include <lauxlib.h>
      #include <lualib.h>
      #include <stdio.h>
      #include <unistd.h>
      int main(int argc, char **argv) {
        lua_State *L = luaL_newstate();
        luaL_openlibs(L);
        if (argc != 2 || luaL_dostring(L, argv[1])) return fprintf(stderr, "%s\n", lua_tostring(L, -1)), 1;
        lua_close(L);
        usleep(2000000);
        puts("alive");
        return 0;
      }
    ]])
    source:close()
    shell.must(("cc -o %s %s.c $(pkg-config --cflags --libs %s)"):format(host, host, version))
    local script = [[
      package.path, package.cpath = %q, %q
      local multi = require("imr.curl").multi()
      multi:start({ url = "http://slow.invalid/", body = "{}" })
      multi:perform()
    ]]
    local words = { "HANGS=1 LD_PRELOAD=" .. library, host, shell.quote(script:format(package.path, package.cpath)) }
    assert.equal("alive\n", shell.must(table.concat(words, " ")))
  end)
end)

describe("a write to a dead connection", function()
  -- What an older TLS library does: write() instead of send(MSG_NOSIGNAL). Without TLS libcurl itself sends, and asks
  -- for no signal.
  local source = [[
    #include <errno.h>
    #include <signal.h>
    #include <sys/socket.h>
    __attribute__((constructor)) static void undo_what_was_inherited(void) { signal(SIGPIPE, SIG_DFL); }
    ssize_t send(int socket, const void *data, size_t length, int flags) {
      (void)socket, (void)data, (void)length, (void)flags;
      raise(SIGPIPE);
      errno = EPIPE;
      return -1;
    }
  ]]

  it("does not end the process, and leaves SIGPIPE as it was", function()
    local server = wire.start([[c:stall()]])
    local library, directory = native.preload(source)
    local program = [[
      local multi = require("imr.curl").multi()
      local status, err = require("support.fetch").get(multi, { url = %q, body = "{}" })
      print(status, err.kind, err.message:match("Broken pipe"))
      for line in io.lines("/proc/self/status") do
        local name, mask = line:match("^(Sig%%a+):%%s*%%x*(%%x%%x%%x%%x)$")
        if name == "SigPnd" or name == "SigBlk" then print(name, mask) end
      end
    ]]
    local whole = program:format((server.url:gsub("^http", "https")))
    local ok, output = process.lua(whole, { env = { LD_PRELOAD = library } })
    server:stop()
    shell.must("rm -r " .. directory)
    assert.is_true(ok, output)
    assert.equal("nil\tnetwork\tBroken pipe\nSigPnd\t0000\nSigBlk\t0000\n", output)
  end)
end)

describe("the end of a Lua state", function()
  local program = [[
    local multi = require("imr.curl").multi()
    local fetch = require("support.fetch")
    local url = %q
    kept = {}
    assert(fetch.get(multi, { url = url, body = "one" }) == 200)
    fetch.get(multi, { url = url, body = "two", command = true, max_body = 1 })
    kept.cancelled = multi:start({ url = url, body = "three" })
    multi:perform()
    kept.cancelled:cancel()
    kept.untaken = multi:start({ url = url, body = "four" })
    fetch.turn(multi)
    pcall(multi.start, multi, { url = url, headers = { A = "1", B = "2\n" } })
    pcall(multi.start, multi, { url = url, headers = { A = "1" }, body = "x", timeout = -1 })
    multi:start({ url = "http://", headers = { A = "1" } })
    kept.closed = require("imr.curl").multi()
    kept.of_closed = kept.closed:start({ url = url, body = "five" })
    kept.closed:perform()
    kept.closed:close()
    kept.running = multi:start({ url = url, body = "six" })
    multi:perform()
    kept.multi = multi
  ]]

  it("leaks nothing and frees nothing twice, whatever is still running", function()
    if not shell.run("command -v valgrind") then
      return pending("valgrind is not installed")
    end
    local server = wire.start([[for r in c.request, c do c:send(answer(r.body)) end]])
    local before = "valgrind -q --error-exitcode=9 --leak-check=full --errors-for-leak-kinds=definite,possible"
    local ok, output = process.lua(program:format(server.url), { before = before })
    server:stop()
    assert.is_true(ok, output)
    assert.equal("", output)
  end)
end)
