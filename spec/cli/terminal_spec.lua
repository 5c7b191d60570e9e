local cli = require "support.cli"
local pty = require "support.pty"
local shell = require "support.shell"
local simulator = require "support.simulator"
local text = require "imr.cli.output.width"
local timing = require "support.timing"

local SIGTERM, SIGINT = 15, 2
local CTRL_C = "\3"

describe("on a terminal", function()
  local platform, user

  setup(function()
    platform = simulator.start { meters = 25, days = 20, interval = 0, offline = 0.2 }
    user = cli.user(platform.url, { IMR_STORE = "memory" })
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local function terminal(arguments, environment, columns)
    return pty.open(user:command(arguments, environment), columns)
  end

  it("shows a table whose columns stand straight in spite of Chinese", function()
    local window = terminal "meters --interval 0"
    assert.equal(0, window:wait())
    local lines = window:screen()
    assert.equal(26, #lines)
    local head = lines[1]
    assert.matches("^meter_no +kind +address +user_name +online +supply +last_online$", head)
    local column = text.width(head:match("^(.-)last_online$"))
    for index = 2, 26 do
      local before = lines[index]:match("^(.*)20%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d$")
      assert.equal(column, text.width(before), lines[index])
    end
  end)

  it("cuts a progress line between characters, and counts wide ones twice", function()
    for columns, wanted in pairs { [0] = "", [1] = "a", [2] = "a", [3] = "a中", [4] = "a中b", [5] = "a中b", [6] = "a中b文",
      [60] = "a中b文" } do
      assert.equal(wanted, text.cut("a中b文", columns))
    end
  end)

  it("has colour", function()
    local window = terminal "meters --interval 0 --offline"
    window:wait()
    assert.is_truthy(window.text:find("\27[1mmeter_no", 1, true))
    assert.is_truthy(window.text:find("\27[31mno", 1, true))
  end)

  it("has none with NO_COLOR or on a dumb terminal", function()
    for _, environment in ipairs { { NO_COLOR = "1" }, { TERM = "dumb" } } do
      local window = terminal("meters --interval 0 2>/dev/null", environment)
      window:wait()
      assert.is_nil(window.text:find("\27[", 1, true))
    end
  end)

  it("has none where the output goes elsewhere", function()
    local window = terminal "meters --interval 0 | cat"
    window:wait()
    assert.is_nil(window.text:find("\27[1m", 1, true))
    assert.is_truthy(window.text:find('{"project_code":', 1, true))
  end)

  it("shows how far it is, and takes that away in the end", function()
    local slow = simulator.start { meters = 25, interval = 0, page_cap = 10, latency = 0.3 }
    finally(function() slow:stop() end)
    local window = terminal("meters --interval 0.5 >/dev/null", { IMR_BASE_URL = slow.url })
    window:expect "meters: 1 page, 10 rows, "
    window:expect " left"
    window:expect "meters: 2 pages, 20 rows"
    assert.equal(0, window:wait())
    assert.same({}, window:screen())
  end)

  it("keeps progress and rows on one terminal apart", function()
    local slow = simulator.start { meters = 25, interval = 0, page_cap = 10, latency = 0.3 }
    finally(function() slow:stop() end)
    local window = terminal("meters --interval 0 --fields meter_no", { IMR_BASE_URL = slow.url })
    assert.equal(0, window:wait())
    local lines = window:screen()
    assert.equal(26, #lines)
    for index = 2, 26 do assert.matches("^%d+$", lines[index]) end
  end)

  it("cuts the progress line to a narrow window", function()
    local slow = simulator.start { meters = 25, interval = 0, page_cap = 10, latency = 0.3 }
    finally(function() slow:stop() end)
    local window = terminal("meters --interval 0 >/dev/null", { IMR_BASE_URL = slow.url }, 12)
    window:expect "meters: 0 p"
    window:wait()
    assert.same({}, window:screen())
  end)

  describe("Ctrl-C", function()
    local slow

    setup(function()
      slow = simulator.start { meters = 25, interval = 0, page_cap = 10, latency = 0.2 }
    end)

    teardown(function()
      slow:stop()
    end)

    local function start(arguments, environment)
      environment = environment or {}
      environment.IMR_BASE_URL = slow.url
      return terminal(arguments, environment)
    end

    it("ends a wait for the pace at once, with 130 and a clean line", function()
      local window = start "meters --interval 60 --format jsonl --output /dev/null"
      window:expect "1 page, 10 rows"
      timing.within(0, 1, function()
        window:type(CTRL_C)
        assert.equal(130, window:wait())
      end)
      for _, line in ipairs(window:screen()) do assert.is_nil(line:find("pages", 1, true), line) end
    end)

    it("leaves neither a half file nor a changed one", function()
      user:write("out/meters.csv", "before")
      local window = start("meters --interval 60 --output " .. user.home .. "/out/meters.csv")
      window:expect "1 page, 10 rows"
      assert.equal(2, #user:list "out")
      window:type(CTRL_C)
      assert.equal(130, window:wait())
      assert.same({ "meters.csv" }, user:list "out")
      assert.equal("before", user:read "out/meters.csv")
    end)

    it("says so to a program that wants JSON", function()
      local window = start "meters --interval 60 --json-errors"
      window:expect "1 page"
      window:type(CTRL_C)
      window:expect '"kind":"interrupted"'
      assert.equal(130, window:wait())
    end)

    it("is not the only signal that is obeyed", function()
      local window = start "meters --interval 60"
      window:expect "1 page"
      window:signal(SIGTERM)
      assert.equal(143, window:wait())
    end)
  end)

  describe("imr login", function()
    local function login(arguments, environment)
      environment = environment or {}
      environment.IMR_PASSWORD = false
      environment.IMR_STORE = false
      return terminal("login " .. (arguments or ""), environment)
    end

    after_each(function()
      shell.must("rm -rf " .. user.home .. "/.config " .. user.home .. "/.local")
    end)

    it("asks with echo off, and what follows needs no password", function()
      local window = login()
      window:expect "Password of demo: "
      assert.is_false(window:echoes())
      window:type "demo-secret\n"
      window:expect "logged in as demo"
      assert.equal(0, window:wait())
      assert.is_nil(window.text:find("demo-secret", 1, true))
      local result = user:run("meters --interval 0 --limit 1", { IMR_PASSWORD = false, IMR_USERNAME = false })
      assert.equal(0, result.status, result.err)
    end)

    it("asks for the account when nobody has named it", function()
      local window = login("--no-save", { IMR_USERNAME = false })
      window:expect "Account: "
      assert.is_true(window:echoes())
      window:type "demo\n"
      window:expect "Password of demo: "
      window:type "demo-secret\n"
      assert.equal(0, window:wait())
      assert.is_nil(user:read ".config/imr/credentials")
    end)

    it("keeps no wrong password, and tries anew when it is asked to", function()
      local window = login()
      window:expect "Password"
      window:type "demo-wrong\n"
      window:expect "wrong password"
      assert.equal(3, window:wait())
      assert.is_nil(user:read ".config/imr/credentials")
      window = login()
      window:expect "Password"
      window:type "demo-secret\n"
      assert.equal(0, window:wait())
    end)

    for name, interrupt in pairs {
      ["Ctrl-C"] = function(window) window:type(CTRL_C) end,
      ["a signal"] = function(window) window:signal(SIGTERM) end,
    } do
      it("gives the echo back after " .. name, function()
        local window = login()
        window:expect "Password"
        assert.is_false(window:echoes())
        interrupt(window)
        window:expect "\n"
        assert.is_true(window:echoes())
        assert.equal(name == "Ctrl-C" and 128 + SIGINT or 128 + SIGTERM, window:wait())
      end)
    end

    it("takes Ctrl-Z for a letter: nobody gets a shell without echo", function()
      local window = login()
      window:expect "Password"
      window:type "\26"
      window:type "\21demo-secret\n" -- Ctrl-U takes it back
      assert.equal(0, window:wait())
    end)
  end)
end)
