local cjson = require "cjson"
local cli = require "support.cli"
local exit = require "imr.cli.exit"
local shell = require "support.shell"
local simulator = require "support.simulator"

describe("the exit code", function()
  local user

  setup(function() user = cli.user(nil, { IMR_STORE = "memory" }) end)
  teardown(function() user:remove() end)

  -- The status and error of a run against a platform with these options.
  local function run(options, arguments, more)
    local platform = simulator.start(options)
    local environment = { IMR_BASE_URL = platform.url, IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret" }
    for name, value in pairs(more or {}) do environment[name] = value end
    local result = user:run((arguments or "meters") .. " --interval 0 --json-errors", environment)
    platform:stop()
    return result
  end

  local function kind_of(result)
    return cjson.decode(result.err:match("({[^\n]*})\n$")).kind
  end

  it("is 0 when all went well", function()
    assert.equal(0, run({ interval = 0 }).status)
  end)

  it("is 2 where a path is empty or cannot be told, with no traceback", function()
    for arguments, environment in pairs { ["meters --output ''"] = {}, meters = { HOME = false, IMR_STORE = false } } do
      local result = run({ interval = 0 }, arguments, environment)
      assert.same({ 2, "usage" }, { result.status, kind_of(result) }, result.err)
      assert.is_nil(result.err:find("traceback", 1, true))
    end
  end)

  it("is 1 when the platform fails", function()
    local result = run({ interval = 0, faults = { ["1001"] = 1 } }, "meters --retries 0")
    assert.same({ 1, "failed" }, { result.status, kind_of(result) })
  end)

  it("comes with the platform's words, but not with what they would do to a terminal", function()
    local wire = require("support.scripted").start(
      [[c:send(answer('{"code":1001,"msg":"x\\u001b[2Jy\\nimr: all is well"}'))]])
    local result = user:run("meters --interval 0 --retries 0", { IMR_BASE_URL = wire.url, IMR_USERNAME = "demo",
      IMR_PASSWORD = "demo-secret" })
    wire:stop()
    assert.equal(1, result.status)
    assert.matches("x?[2Jy?imr: all is well", result.err, 1, true)
    assert.is_nil(result.err:find("\27", 1, true))
  end)

  it("is 2 for wrong use", function()
    local result = run({}, "readings")
    assert.same({ 2, "usage" }, { result.status, kind_of(result) })
    assert.equal(2, user:run("nonsense").status)
    assert.equal(2, user:run("").status)
  end)

  it("is 3 without credentials, with wrong ones, or without the right", function()
    local result = run({}, "meters", { IMR_PASSWORD = false })
    assert.same({ 3, "credentials" }, { result.status, kind_of(result) })
    result = run({}, "meters", { IMR_PASSWORD = "wrong-password" })
    assert.same({ 3, "auth" }, { result.status, kind_of(result) })
    assert.is_nil(result.err:find("wrong-password", 1, true))
    result = run({ interval = 0, forbidden = { "meters" } })
    assert.same({ 3, "forbidden" }, { result.status, kind_of(result) })
  end)

  it("is 4 when throttled, unreachable or out of time", function()
    local result = run({ interval = 0, faults = { ["1011"] = 1 } }, "meters --retries 0")
    assert.same({ 4, "throttled" }, { result.status, kind_of(result) })
    result = run({}, "meters --retries 0", { IMR_BASE_URL = "http://127.0.0.1:1" })
    assert.same({ 4, "network" }, { result.status, kind_of(result) })
    result = run({ interval = 0, latency = 3 }, "meters --deadline 0.3")
    assert.same({ 4, "timeout" }, { result.status, kind_of(result) })
    result = run({ interval = 0, faults = { ["502"] = 1 } }, "meters --retries 0")
    assert.same({ 4, "http" }, { result.status, kind_of(result) })
  end)

  it("is 5 when rows came, but not known to be all", function()
    local result = run { interval = 0, meters = 12, totals = "wrong_high" }
    assert.equal(5, result.status)
    assert.equal(12, select(2, result.out:gsub("\n", "")))
    assert.matches("not known to be complete", result.err)
  end)

  it("is 6 when nobody knows whether a command was executed", function()
    assert.equal(6, exit.status_of { kind = "unknown_outcome" })
  end)

  it("is 130 after Ctrl-C, also where nothing has caught it yet", function()
    assert.equal(130, exit.status_of { kind = "interrupted", signal = 2 })
    assert.equal(130, exit.status_of "lua5.4: interrupted!")
    assert.equal(143, exit.status_of { kind = "interrupted", signal = 15 })
  end)

  it("is documented", function()
    local result = user:run "help exit-codes"
    assert.equal(0, result.status)
    for _, entry in ipairs(exit.codes) do
      assert.is_truthy(result.out:find(("%3d  %s"):format(entry[1], entry[2]), 1, true))
    end
    assert.is_truthy(user:run("--help").out:find("imr help exit-codes", 1, true))
  end)

  it("comes with the whole error object when a program asks for it", function()
    local result = run({}, "meters", { IMR_PASSWORD = "wrong-password" })
    local object = cjson.decode(result.err)
    assert.same({ "auth", 1005, "login", false, "no", 3 },
      { object.kind, object.code, object.endpoint, object.retryable, object.executed, object.exit_status })
  end)

  it("comes with what to do when a person reads it", function()
    local result = user:run("meters --retries 0", {
      IMR_BASE_URL = "http://127.0.0.1:1", IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret",
    })
    assert.matches("\nimr: `imr doctor` looks for the cause\n$", result.err)
    assert.matches("imr meters %-%-help", user:run("meters --limt 3").err)
    assert.matches("`imr supply disconnect --help`", user:run("supply disconnect 1 --reson x").err, 1, true)
    local login = user:run("login --password hidden")
    assert.equal(2, login.status)
    assert.matches("a password has no place in the arguments", login.err, 1, true)
    assert.is_nil(login.err:find("hidden", 1, true))
  end)
end)

describe("imr help", function()
  local user = cli.user()
  teardown(function() user:remove() end)

  it("leaves --version to version", function()
    assert.same({ 0, user:run("version").out }, { user:run("--version").status, user:run("--version").out })
  end)

  it("explains every command in a summary of its own", function()
    local result = user:run "help"
    for _, name in ipairs {
      "login", "meters", "latest", "readings", "consumption", "tou", "camera", "plan", "supply", "doctor",
      "simulate", "completion", "version",
    } do
      assert.matches("\n   " .. name .. " +%u", result.out)
      assert.matches("Usage: imr " .. name, user:run("help " .. name).out)
    end
  end)

  it("explains the configuration, and knows what it does not know", function()
    assert.matches("IMR_PASSWORD_FILE", user:run("help config").out)
    for _, name in ipairs { "IMR_DB", "IMR_LEDGER", "IMR_PROTECTED" } do
      assert.matches(name, user:run("help config").out, 1, true)
    end
    for _, words in ipairs { "nothing", "supply nothing", "exit-codes nothing" } do
      local result = user:run("help " .. words)
      assert.equal(2, result.status)
      assert.matches("there is no help on '" .. words .. "'", result.err, 1, true)
    end
    assert.matches("^Usage: imr supply cancel ", user:run("help supply cancel").out)
  end)

  -- The headings of a command's help, in order.
  local function headings(text)
    local list = {}
    for heading in text:gmatch "\n(%u[%l ]+):\n" do list[#list + 1] = heading end
    return table.concat(list, ", ")
  end

  it("begins with what is a command's own", function()
    for words, expected in pairs {
      latest = "Options, Output, Connection, Other options, Examples",
      check = "Options, Output, Configuration, Other options, Examples",
      ["supply read"] = "Arguments, Options, Output, Connection, Other options",
    } do
      local text = user:run("help " .. words).out
      assert.equal(expected, headings(text))
      assert.matches("%[%-h%]", text:match("^Usage:.-\n\n"):match "%-%-utc%-offset OFFSET%].*$")
      assert.matches("\n   %-h, %-%-help ", text:match "\nOther options:.*$")
    end
  end)

  it("offers no connection to a command that uses the database alone", function()
    for _, name in ipairs { "check", "export", "report", "usage", "cutoff", "bill" } do
      local text = user:run(name .. " --help").out
      for _, option in ipairs { "--base-url", "--username", "--store", "--interval", "--ca-file", "Connection" } do
        assert.is_nil(text:find(option, 1, true), name .. " " .. option)
      end
      assert.matches("--utc-offset", text, 1, true)
      assert.matches("--profile", text, 1, true)
    end
  end)
end)

describe("imr completion", function()
  local user = cli.user()
  teardown(function() user:remove() end)

  for _, name in ipairs { "bash", "zsh", "fish" } do
    it("knows every command and flag for " .. name, function()
      local result = user:run("completion " .. name)
      assert.equal(0, result.status)
      for _, word in ipairs { "readings", "list-size", "json-errors", "electricity", "granularity" } do
        assert.is_truthy(result.out:find(word, 1, true), word)
      end
    end)
  end

  it("completes in a real bash", function()
    local script = user:write("complete.bash", user:run("completion bash").out)
    local function complete(words, index)
      return shell.must("bash -c " .. shell.quote(("source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _imr; "
        .. 'printf "%%s " "${COMPREPLY[@]}"'):format(script, words, index)))
    end
    assert.matches("readings ", complete("imr rea", 1))
    assert.matches("%-%-granularity ", complete("imr consumption --gr", 2))
    assert.matches("jsonl", complete("imr meters --format js", 3))
  end)
end)
