local cli = require "support.cli"
local simulator = require "support.simulator"

describe("the configuration", function()
  local platform, other, user

  -- Two platforms that differ in account and password, so that what was used shows.
  setup(function()
    platform = simulator.start { meters = 3, interval = 0 }
    other = simulator.start { meters = 5, interval = 0, account = "north", password = "north-secret" }
  end)

  teardown(function()
    platform:stop()
    other:stop()
  end)

  before_each(function() user = cli.user(nil, { IMR_STORE = "memory" }) end)
  after_each(function() user:remove() end)

  local function config(text, mode)
    return user:write(".config/imr/config.lua", text, mode)
  end

  local function meters(arguments, environment)
    local result = user:run("meters --interval 0 " .. (arguments or ""), environment)
    return result.status == 0 and select(2, result.out:gsub("\n", "")) or result.err, result.status
  end

  local function both()
    return config(([[return {
      base_url = %q, username = "demo", password = "demo-secret",
      profiles = { north = { base_url = %q, username = "north", password = "north-secret" } },
    }]]):format(platform.url, other.url))
  end

  it("comes from a file", function()
    both()
    assert.equal(3, (meters()))
  end)

  it("has profiles, chosen by flag, environment or the file itself", function()
    both()
    assert.equal(5, (meters "--profile north"))
    assert.equal(5, (meters("", { IMR_PROFILE = "north" })))
    config(([[return { profile = "n", profiles = {
      n = { base_url = %q, username = "north", password = "north-secret" },
    } }]]):format(other.url))
    assert.equal(5, (meters()))
    assert.matches("has no profile 'south'; it has: n", (meters "--profile south"))
    config [[return { profiles = { n = { quality = { without = { "gap" } } } } }]]
    assert.matches("profile n: 'quality' has its place outside of the profiles", (meters "--profile n"), 1, true)
  end)

  it("loses to the environment, and that to a flag", function()
    config(('return { base_url = "http://127.0.0.1:1", username = "demo", password = "demo-secret" }'))
    assert.equal(3, (meters("", { IMR_BASE_URL = platform.url })))
    assert.equal(3, (meters("--base-url " .. platform.url, { IMR_BASE_URL = "http://127.0.0.1:1" })))
  end)

  it("takes the password from a file", function()
    local path = user:write("secret", "demo-secret\r\nmore\n")
    local environment = { IMR_BASE_URL = platform.url, IMR_USERNAME = "demo" }
    assert.equal(3, (meters("--password-file " .. path, environment)))
    environment.IMR_PASSWORD_FILE = path
    assert.equal(3, (meters("", environment)))
    environment.IMR_PASSWORD_FILE = user.home .. "/nowhere"
    assert.matches("the password file can't be read", (meters("", environment)))
    user:write("secret", "")
    assert.matches("is empty", (meters("--password-file " .. path, { IMR_USERNAME = "demo" })))
  end)

  it("never sends one account's password for another account", function()
    both()
    local before = #platform:entries "login"
    local message, status = meters "--username somebody"
    assert.matches("no password for somebody", message)
    assert.same({ 3, before }, { status, #platform:entries "login" })
  end)

  it("has no flag for a password", function()
    local _, status = meters "--password x"
    assert.equal(2, status)
    assert.matches("others can read them", (meters "--store redis://:secret@127.0.0.1"))
    assert.matches("set proxy in the configuration", (meters "--proxy http://me:secret@127.0.0.1:1"))
  end)

  it("is refused when others can read it", function()
    for _, mode in ipairs { "644", "640", "660", "604" } do
      config("return {}", mode)
      local message, status = meters()
      assert.matches("refused: .*config.lua can be used by others", message)
      assert.equal(2, status)
    end
  end)

  it("can call nothing", function()
    for _, text in ipairs {
      'os.execute("true") return {}', 'return { username = io.open("/etc/passwd") }', 'return require "os"',
      'return { username = ("x"):rep(10) }', 'return { username = getmetatable("") }', "return { username = _G.x }",
    } do
      config(text)
      local message, status = meters()
      assert.matches("config.lua", message)
      assert.equal(2, status)
    end
  end)

  it("does not run for ever", function()
    config "while true do end"
    assert.matches("does not come to an end", (meters()))
    config "local function f() return f() end return f()"
    assert.matches("does not come to an end", (meters()))
  end)

  it("is text that returns a table", function()
    config(string.dump(function() return {} end))
    assert.equal(2, select(2, meters()))
    config "return 1"
    assert.matches("returns a number; it has to return a table", (meters()))
    config "return {"
    assert.matches("config.lua:1:", (meters()))
    config 'return { password = "hunter2secret,'
    assert.matches("config.lua:1: unfinished string", (meters()))
    assert.is_nil((meters()):find("hunter2", 1, true))
  end)

  it("that is no Lua is named, in one line", function()
    local deep = ("local s = 's'\nreturn { username = %s }"):format(("s .. "):rep(300) .. "s")
    for _, text in ipairs { "\27Lua", "return {", deep } do
      local path = config(text)
      local said, status = meters()
      assert.equal(2, status)
      assert.matches("^imr: [^\n]*\n$", said)
      assert.matches(path, said, 1, true)
    end
  end)

  it("is checked, name by name", function()
    config 'return { user_name = "demo" }'
    assert.matches("unknown option 'user_name', did you mean 'username'", (meters()))
    config "return { interval = \"soon\" }"
    assert.matches("interval must be a number", (meters()))
    for _, offset in ipairs { "8", "+8", "0800", "480" } do -- meant as hours or minutes, not as so many seconds
      config(("return { utc_offset = %q }"):format(offset))
      assert.matches("utc_offset must be like +08:00", (meters()), 1, true)
    end
  end)

  it("knows XDG_CONFIG_HOME", function()
    user:write("elsewhere/imr/config.lua", ('return { base_url = %q, username = "demo", password = "demo-secret" }')
      :format(platform.url))
    assert.equal(3, (meters("", { XDG_CONFIG_HOME = user.home .. "/elsewhere" })))
  end)

  it("shows no store's password, and takes none from the arguments", function()
    both()
    for _, store in ipairs { "redis://:s3/kret@127.0.0.1:1", "redis://s3kret@127.0.0.1:1", "redis://:s3kret@:x" } do
      local result = user:run("doctor", { IMR_STORE = store })
      assert.is_truthy(result.out:find("FAIL store", 1, true))
      assert.is_nil((result.out .. result.err):find("kret", 1, true), result.out .. result.err)
      result = user:run("meters --store " .. store)
      assert.equal(2, result.status)
      assert.matches("set IMR_STORE", result.err)
    end
  end)

  it("may begin with a byte order mark, and is not UTF-16", function()
    config(('\239\187\191return { base_url = %q, username = "demo", password = "demo-secret" }'):format(platform.url))
    assert.equal(3, (meters()))
    for _, mark in ipairs { "\255\254r\0", "\254\255\0r" } do
      local path = config(mark)
      local said, status = meters()
      assert.equal(2, status)
      assert.equal(("imr: %s is in UTF-16: save it as UTF-8\n"):format(path), said)
    end
  end)

  it("names a password file that is a directory", function()
    local environment = { IMR_BASE_URL = platform.url, IMR_USERNAME = "demo", IMR_PASSWORD_FILE = user.home }
    local said, status = meters("", environment)
    assert.equal(3, status)
    assert.matches("^imr: the password file " .. user.home .. " can't be read: Is a directory\n", said)
  end)

  it("is not needed where there is no home", function()
    local environment = { HOME = false, IMR_BASE_URL = platform.url, IMR_USERNAME = "demo",
      IMR_PASSWORD = "demo-secret" }
    assert.equal(3, (meters("", environment)))
    environment.IMR_STORE = false
    for command, wanted in pairs { meters = "file store needs a path",
      ["sync --db " .. user.home .. "/db"] = "file store needs a path",
      ["supply history"] = "supply ledger: there is no HOME", ["login --password-stdin"] = "no password was given",
      ["login --forget"] = "nothing was saved: there is no HOME" } do
      local result = user:run(command .. " </dev/null", environment)
      assert.truthy(result.err:find(wanted, 1, true), command .. result.err)
      assert.is_nil(result.err:find("traceback", 1, true), result.err)
      assert.is_true(result.status == 1 or result.status == 2 or result.status == 3, command)
    end
    assert.matches("there is no HOME or XDG_CONFIG_HOME", user:run("help config", environment).out)
    assert.matches("FAIL store", user:run("doctor", environment).out)
  end)

  it("takes an empty variable for one that is not set", function()
    both()
    assert.equal(3, (meters("", { IMR_PROFILE = "", IMR_BASE_URL = "", IMR_PASSWORD = "" })))
  end)

  it("shows no password, whatever happens", function()
    both()
    for _, arguments in ipairs { "meters --base-url http://127.0.0.1:1 --retries 0", "doctor", "meters --profile x" } do
      local result = user:run(arguments)
      assert.is_nil((result.out .. result.err):find("demo-secret", 1, true), arguments)
    end
  end)

  it("shares pace and token through files unless told otherwise", function()
    local environment = { IMR_STORE = false, IMR_BASE_URL = platform.url, IMR_USERNAME = "demo",
      IMR_PASSWORD = "demo-secret" }
    local before = #platform:entries "login"
    meters("", environment)
    meters("", environment)
    assert.equal(before + 1, #platform:entries "login")
    assert.is_true(#user:list ".local/state/imr" > 0)
    meters("--store " .. user.home .. "/mine", environment)
    assert.is_true(#user:list "mine" > 0)
  end)
end)

describe("imr login without a terminal", function()
  local platform, user

  setup(function()
    platform = simulator.start { interval = 0 }
    user = cli.user(platform.url, { IMR_PASSWORD = false })
    user.environment.IMR_PASSWORD = nil
  end)

  teardown(function()
    platform:stop()
    user:remove()
  end)

  local shell = require "support.shell"

  it("says what else there is", function()
    local result = user:run("login", {})
    local text = shell.must("setsid -w " .. user:command "login" .. " 2>&1 || echo code=$?")
    assert.matches("there is no terminal to ask at: set IMR_USERNAME and IMR_PASSWORD_FILE", text)
    assert.matches("code=3", text)
    assert.equal(3, result.status)
  end)

  it("takes the password from standard input, keeps it 0600 and forgets it when asked to", function()
    shell.must("echo demo-secret | " .. user:command "login --password-stdin")
    assert.equal("600", shell.lines("stat -c %a " .. user.home .. "/.config/imr/credentials")[1])
    assert.equal(0, user:run("meters --limit 1").status)
    assert.equal("forgot 1 kept password\n", user:run("login --forget").out)
    assert.equal(3, user:run("meters --limit 1").status)
  end)

  it("writes over no file that it cannot read", function()
    for _, text in ipairs { "[{", '[{"base_url":"http://x","username":"u"}]', "[1]", '"x"' } do
      user:write(".config/imr/credentials", text)
      local result = user:run("login --password-stdin </dev/null")
      assert.equal(3, result.status)
      assert.matches("is not what `imr login` writes", result.err, 1, true)
      shell.must("echo demo-secret | " .. user:command "login --password-stdin" .. " 2>&1 || true")
      assert.equal(text, user:read ".config/imr/credentials")
    end
    shell.must("rm " .. user.home .. "/.config/imr/credentials")
  end)

  it("uses a password that is there already, and keeps no copy of it", function()
    local result = user:run("login", { IMR_PASSWORD = "demo-secret" })
    assert.same({ 0, "logged in as demo at " .. platform.url .. "; the password is not kept\n" },
      { result.status, result.out })
    assert.is_nil((user:read ".config/imr/credentials" or ""):find("demo-secret", 1, true))
  end)
end)
