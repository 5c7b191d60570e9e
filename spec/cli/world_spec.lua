-- What a server sends into an error must leave it as JSON that everybody can read.
local cjson = require "cjson"
local cli = require "support.cli"
local simulator = require "support.simulator"
local wire = require "support.wire"

describe("--json-errors", function()
  local function error_of(answer)
    local server = wire.start("for r in c.request, c do c:send(" .. answer .. ") end")
    local user = cli.user(("http://127.0.0.1:%d"):format(server.port), { IMR_STORE = "memory" })
    local result = user:run "meters --json-errors --interval 0 --retries 0"
    server:stop()
    user:remove()
    assert.is_nil(result.err:find("traceback", 1, true), result.err)
    assert.same({ "", 1 }, { result.out, select(2, result.err:gsub("\n", "")) }, result.err)
    local object = cjson.decode(result.err)
    assert.is_true(require("imr.core").is_utf8(result.err))
    assert.equal(result.status, object.exit_status)
    return object
  end

  it("has bytes that are no UTF-8 as text", function()
    for _, answer in ipairs { [[answer('{"code":1001,"msg":"\255\254\200 \192\128"}')]], [[answer("\255\240\159\152")]],
      [[answer("\200\201", "Location: http://\255\200/\r\n", "302 \255")]] } do
      assert.is_string(error_of(answer).message)
    end
  end)

  it("has a finite pause, however long the server's is", function()
    for text, seconds in pairs { [("9"):rep(400)] = 2592000, ["1" .. ("0"):rep(309) .. ".5"] = 2592000,
      ["3.5"] = 3.5, ["Fri, 31 Dec 9999 23:59:59 GMT"] = 2592000 } do
      local object = error_of(([[answer("", "Retry-After: %s\r\n", "503 Busy")]]):format(text))
      assert.same({ "http", 503 }, { object.kind, object.http_status })
      assert.is_true(math.abs(object.retry_after - seconds) < 60, text)
    end
  end)
end)

describe("the program behind a symbolic link", function()
  it("finds its modules, through several and from anywhere", function()
    local shell = require "support.shell"
    local scratch = shell.scratch()
    local place = scratch .. "/it's a bin"
    local here = shell.lines("pwd")[1]
    shell.must(("mkdir %s && ln -s %s/bin/imr %s/one && ln -s one %s/two && ln -s %s %s/three"):format(
      shell.quote(place), shell.quote(here), shell.quote(place), shell.quote(place), shell.quote(place .. "/two"),
      scratch))
    for _, link in ipairs { place .. "/one", place .. "/two", scratch .. "/three" } do
      local output = shell.must(("cd / && env -i PATH=%s %s %s version"):format(shell.quote(os.getenv "PATH"),
        cli.interpreter, shell.quote(link)))
      assert.matches("^imr %d", output)
    end
    assert.matches("^imr %d", shell.must(("cd / && env -i PATH=%s:%s two version"):format(shell.quote(place),
      shell.quote(os.getenv "PATH"))))
    shell.must("rm -r " .. scratch)
  end)
end)

describe("an output that is full", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 3, days = 2, interval = 0 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
    user.environment.IMR_DB = user.home .. "/imr.db"
    assert.equal(0, user:run("sync --interval 0 --first-days 2").status)
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local COMMANDS = {
    "version", "--version", "-V", "--help", "-h", "help", "help config", "help exit-codes", "help supply disconnect",
    "meters --help", "supply --help", "supply disconnect -h", "completion bash", "completion zsh", "completion fish",
    "doctor --interval 0", "printf demo-secret | LOGIN", "login --forget", "simulate --exit-after 0", "check --list",
    "meters --interval 0", "meters --interval 0 --format table", "meters --interval 0 --format csv", "export",
    "usage --from -2d", "cutoff 2025-01-01T00:00", "plan --from -2d --meters 3", "plan --sync",
    "sync --interval 0", "sync --certificate this-month", "supply history --help",
  }

  it("ends each command with 1, and stderr says so", function()
    for _, command in ipairs(COMMANDS) do
      local before = command:match "^(.*| )LOGIN$"
      if before then command = "login --password-stdin" end
      local line = (before or "") .. user:command(command)
      local _, output = require("support.shell").run("{ " .. line .. "; } 2>&1 >/dev/full; echo code=$?")
      assert.matches("standard output can't be written: No space left on device", output, 1, true)
      assert.equal("1", output:match "code=(%d+)", command .. output)
    end
  end)
end)
