-- The program as people expect it who come from others: what they try first, and what they see.
local cli = require "support.cli"
local pty = require "support.pty"
local simulator = require "support.simulator"

describe("whoever knows other programs", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 5, days = 2, interval = 0 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
    user.environment.IMR_DB = user.home .. "/imr.db"
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function run(arguments) return user:run(arguments) end

  it("asks for a meter that there is none of, and is told so", function()
    for _, command in ipairs { "meters", "latest" } do
      local result = run(command .. " --meter 0000 --interval 0")
      assert.same({ 5, "" }, { result.status, result.out })
      assert.matches("the platform lists no meter 0000\nimr: `imr meters` shows", result.err)
    end
    local known = cli.rows(run "meters --interval 0 --format jsonl")[1].meter_no
    local result = run(("latest --meter %s --meter 0000 --interval 0 --format jsonl"):format(known))
    assert.same({ 5, 1 }, { result.status, #cli.rows(result) })
    assert.equal(0, run(("latest --meter %s --interval 0"):format(known)).status)
    assert.equal(0, run("readings --from -2d --meter 0000 --interval 0").status) -- perhaps nothing in that period
  end)

  it("says a number below zero, and hears what it must be", function()
    for command, wanted in pairs { ["meters --limit -1"] = "--limit: '-1' is not a whole number from 1 on",
      ["sync --first-days -3"] = "--first-days: '-3' is not a whole number",
      ["meters --deadline -5"] = "--deadline: '-5' is not a number of seconds" } do
      local result = run(command)
      assert.equal(2, result.status)
      assert.truthy(result.err:find(wanted, 1, true), result.err)
    end
    assert.equal(0, run("meters --utc-offset -05:00 --interval 0").status)
  end)

  local function on_terminal(arguments, columns)
    local window = pty.open(user:command(arguments), columns)
    window:wait()
    return window.text
  end

  it("sees a table that fits the terminal, and with --wide all of it", function()
    local narrow = on_terminal("meters --interval 0", 80)
    assert.truthy(narrow:find("…", 1, true), narrow)
    local width = require("imr.cli.output.width").width
    for line in narrow:gsub("\27%[[%d;?]*%a", ""):gmatch "[^\r\n]+" do assert.is_true(width(line) <= 80, line) end
    local number = cli.rows(run "meters --interval 0 --format jsonl")[1].meter_no
    assert.truthy(narrow:find(number, 1, true))
    assert.is_nil(on_terminal("meters --interval 0 --wide", 80):find("…", 1, true))
  end)

  it("is told on a terminal what was written to a file", function()
    assert.matches("5 rows in " .. user.home .. "/rows.csv",
      (on_terminal("meters --interval 0 --output " .. user.home .. "/rows.csv", 100)))
  end)

  it("finds each command of the guide's page to work as it stands there", function()
    local page = require("support.files").read "doc/guide/getting-started.md"
    local rows = page:match "## For people who know gh, aws, psql\n(.-)\n## "
    local count = 0
    for command in rows:gmatch "\n| [^|]+ | `([^`]+)` |" do
      count = count + 1
      local arguments = command:match "imr (.*)$":gsub("%)$", "")
      if arguments == "login" then arguments = "login --help" end
      arguments = arguments:gsub("imr%.db", user.home .. "/imr.db"):gsub("june", user.home .. "/june")
      local result = user:run(arguments)
      assert.equal(0, result.status, command .. result.err)
    end
    assert.equal(10, count)
  end)

  it("completes values in bash, also under set -u, and no files where none belong", function()
    local path = user:write("completion", run("completion bash").out)
    local function complete(line)
      local words = {}
      for word in (line .. "|"):gmatch "%S+" do words[#words + 1] = "'" .. word:gsub("|$", "") .. "'" end
      return (require("support.shell").must(("cd / && bash -uc 'source %s; COMP_WORDS=(%s); COMP_CWORD=%d; _imr; "
        .. "echo ${COMPREPLY[*]-}'"):format(path, table.concat(words, " "):gsub("'", '"'), #words - 1)))
    end
    for line, wanted in pairs { ["imr me"] = "meters", ["imr readings --from yes"] = "yesterday",
      ["imr meters --fields supp"] = "supply", ["imr sync --listing to"] = "tou_readings tou",
      ["imr check --rules spi"] = "spike", ["imr help sup"] = "supply", ["imr plan rea"] = "readings",
      ["imr completion zs"] = "zsh", ["imr meters --format cs"] = "csv", ["imr meters --meter et"] = "",
      ["imr latest --meter "] = "", ["imr export --output et"] = "etc", ["imr "] = "login" } do
      local found = complete(line)
      local right = wanted == "" and found == "\n" or wanted ~= "" and found:find(wanted, 1, true)
      assert.truthy(right, line .. ": " .. found)
    end
  end)

  it("names a listing as another command does", function()
    for _, command in ipairs { "sync --interval 0 --listing tou", "sync --interval 0 --listing tou_readings",
      "export --table tou", "cutoff 2025-01-01T00:00 --source tou" } do
      local result = run(command)
      assert.is_true(result.status == 0 or result.status == 5, command .. result.err)
    end
    assert.equal(0, run("plan tou_readings --from -2d").status)
    local refused = run "sync --listing to"
    assert.equal(2, refused.status)
    assert.matches("tou_readings", refused.err)
  end)

  it("finds examples in each command's help, and they are right", function()
    local cli_module, examples = require "imr.cli", require "imr.cli.examples"
    local parser = cli_module.parser()
    for _, command in ipairs(parser._commands) do
      if command._name ~= "version" then
        assert.matches("\nExamples:\n  [^\n]*imr " .. command._name, command:get_help(), command._name)
      end
    end
    for name, list in pairs(examples) do
      for _, line in ipairs(list) do
        local words = {}
        for word in line:match "imr (.*)$":gsub("%)$", ""):gsub('"([^"]*)"', "x"):gsub(" (%-%d)", "=%1"):gmatch "%S+" do
          words[#words + 1] = word
        end
        local fine, problem = cli_module.parser():pparse(words)
        assert.is_true(fine, name .. ": " .. line .. ": " .. tostring(problem))
      end
    end
  end)

  it("finds the help of a command within a command, and the version", function()
    assert.matches("^Usage: imr supply disconnect", run("help supply disconnect").out)
    for _, version in ipairs { "--version", "-V", "version" } do assert.matches("^imr %d", run(version).out) end
  end)
end)
