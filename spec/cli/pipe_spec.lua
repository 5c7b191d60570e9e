local cjson = require "cjson"
local cli = require "support.cli"
local process = require "support.process"
local pty = require "support.pty"
local shell = require "support.shell"
local simulator = require "support.simulator"
local timing = require "support.timing"

describe("in a pipe", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 25, days = 40, interval = 0, page_cap = 10 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  -- A shell function, so that the pipe's members each tell their status.
  local function bash(script)
    return shell.must("bash -c " .. shell.quote(script))
  end

  it("is JSON lines, with nothing else on standard output", function()
    local result = user:run "meters --interval 0"
    local count = 0
    for line in result.out:gmatch("([^\n]*)\n") do
      assert.equal("string", type(cjson.decode(line).meter_no))
      count = count + 1
    end
    assert.same({ 0, 25, "" }, { result.status, count, result.err })
  end)

  it("gives the first page before the second is there", function()
    local before = #platform:entries "meters"
    local child = process.start(user:command "meters --interval 30 --fields meter_no", '^{"meter_no":"(%d+)"}$')
    assert.equal(before + 1, #platform:entries "meters")
    child:stop()
  end)

  it("ends quietly and with status 0 when its reader has had enough", function()
    local command = user:command "readings --from -40d --interval 0"
    local output = bash(command .. ' 2>&1 | head -1; echo "${PIPESTATUS[0]}"')
    assert.matches('^{"device_id":[^\n]*}\n0\n$', output)
  end)

  it("does so at once, not when the next page comes", function()
    local command = user:command "readings --from -40d --interval 30 --limit 40"
    timing.within(0, 1.5, function()
      assert.matches("\n0\n$", bash(command .. ' 2>&1 | head -1; echo "${PIPESTATUS[0]}"'))
    end)
  end)

  it("says when its output can't be written", function()
    local output = bash("{ " .. user:command "meters --interval 0" .. " >/dev/full; echo $?; } 2>&1")
    assert.matches("standard output can't be written: No space left[^\n]*\n1\n$", output)
  end)

  it("prints help into a pipe that closes", function()
    assert.matches("\n0\n$", bash(user:command "help" .. ' | head -1; echo "${PIPESTATUS[0]}"'))
  end)

  it("streams many rows in little memory", function()
    local big = simulator.start { meters = 150, days = 365, interval = 0, offline = 0 }
    finally(function() big:stop() end)
    local command = user:command("readings --from -365d --to yesterday --interval 0 --format csv",
      { IMR_BASE_URL = big.url })
    local window = pty.open(command .. " >" .. user.home .. "/rows.csv")
    assert.equal(0, window:wait(60))
    assert.equal(150 * 365 + 1, tonumber(shell.lines("wc -l <" .. user.home .. "/rows.csv")[1]))
    assert.is_true(window.peak > 1 and window.peak < 40, ("%.1f MB"):format(window.peak))
  end)
end)

describe("--output", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 25, interval = 0, page_cap = 10 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
  end)

  before_each(function()
    shell.must("mkdir -p " .. user.home .. "/out && rm -f " .. user.home .. "/out/*")
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function write(arguments, environment)
    return user:run("meters --interval 0 --fields meter_no --output " .. user.home .. "/out/" .. arguments, environment)
  end

  it("puts the rows into a file, and nothing on standard output", function()
    local result = write "m.jsonl"
    assert.same({ 0, "" }, { result.status, result.out })
    assert.equal(25, select(2, user:read("out/m.jsonl"):gsub("\n", "")))
    assert.same({ "m.jsonl" }, user:list "out")
  end)

  it("keeps the rights of a file that it replaces", function()
    user:write("out/m.csv", "before", "640")
    assert.equal(0, write("m.csv --format csv").status)
    assert.equal("640", shell.lines("stat -c %a " .. user.home .. "/out/m.csv")[1])
    assert.matches("^meter_no\r\n", user:read "out/m.csv")
  end)

  it("writes where a link points to, and leaves the link", function()
    user:write("out/real", "before")
    shell.must("ln -s real " .. user.home .. "/out/link")
    write "link"
    shell.must("test -L " .. user.home .. "/out/link")
    assert.matches("^{", user:read "out/real")
  end)

  it("leaves a file alone when the listing fails", function()
    user:write("out/m", "before")
    assert.equal(4, write("m --retries 0", { IMR_BASE_URL = "http://127.0.0.1:1" }).status)
    assert.same({ "m" }, user:list "out")
    assert.equal("before", user:read "out/m")
  end)

  it("puts an incomplete listing beside it", function()
    local wrong = simulator.start { meters = 25, interval = 0, totals = "wrong_high" }
    finally(function() wrong:stop() end)
    user:write("out/m", "before")
    local result = write("m", { IMR_BASE_URL = wrong.url })
    assert.equal(5, result.status)
    assert.matches("is left as it was; the rows that came are in [^\n]*/out/m%.incomplete", result.err)
    assert.equal("before", user:read "out/m")
    assert.equal(25, select(2, user:read("out/m.incomplete"):gsub("\n", "")))
  end)

  it("leaves nothing behind where there is no room", function()
    user:write("out/m", "before")
    local output = shell.must("bash -c " .. shell.quote("trap '' XFSZ; ulimit -f 1; "
      .. user:command("meters --interval 0 --output " .. user.home .. "/out/m") .. " 2>&1; echo status=$?"))
    assert.matches("can't be written: File too large.*status=1", output)
    assert.same({ { "m" }, "before" }, { user:list "out", user:read "out/m" })
  end)

  it("takes another name where a process that was killed left one", function()
    local system, path = require "imr.os", user.home .. "/out/m"
    local _, first = system.prepare_output(path)
    local target, second = system.prepare_output(path)
    assert.equal(path, target)
    assert.are_not.equal(first, second)
    assert.equal(2, #user:list "out")
  end)

  it("does not replace a device", function()
    assert.equal(0, user:run("meters --interval 0 --output /dev/null").status)
    shell.must("test -c /dev/null")
  end)

  it("says what is wrong with the place", function()
    local result = write "nowhere/m"
    assert.equal(1, result.status)
    assert.matches("nowhere/m: No such file", result.err)
    assert.matches("Is a directory", write("").err)
  end)
end)
