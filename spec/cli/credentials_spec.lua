-- Passwords from all their sources, the accounts that `imr login` keeps, and the refusals that the store remembers:
-- what is not meant is not sent, and a wrong password is sent once. The real program.
local cli = require "support.cli"
local pty = require "support.pty"
local shell = require "support.shell"
local simulator = require "support.simulator"
local timing = require "support.timing"

local BOM, KEPT = "\239\187\191", ".config/imr/credentials"

local platform, user

local function logins()
  return #platform:entries "login"
end

local function utf16(text)
  return "\255\254" .. text:gsub(".", "%0\0")
end

before_each(function()
  platform = simulator.start { meters = 3, days = 1, interval = 0 }
  user = cli.user(platform.url)
  user.environment.IMR_PASSWORD = nil
end)

after_each(function()
  platform:stop()
  user:remove()
end)

describe("a password", function()
  local function by_variable(password)
    return user:run("meters --limit 1 --store memory", { IMR_PASSWORD = password })
  end

  local function by_file(password)
    return user:run("meters --limit 1 --store memory --password-file " .. user:write("secret", password))
  end

  local function by_file_variable(password)
    return user:run("meters --limit 1 --store memory", { IMR_PASSWORD_FILE = user:write("secret", password) })
  end

  local function by_config(password)
    local text = password:gsub(".", function(byte) return ("\\%03d"):format(byte:byte()) end)
    user:write(".config/imr/config.lua", ('return { password = "%s" }'):format(text))
    return user:run "meters --limit 1 --store memory"
  end

  local function by_stdin(password)
    local path = user:write("secret", password)
    local command = user:command "login --password-stdin --no-save --store memory"
    local out = shell.must(("%s <%s 2>&1; echo code=$?"):format(command, path))
    return { status = tonumber(out:match "code=(%d+)"), err = out }
  end

  local sources = { variable = by_variable, file = by_file, ["file of a variable"] = by_file_variable,
    configuration = by_config, ["standard input"] = by_stdin }

  for name, run in pairs(sources) do
    it("loses a byte order mark and one line end: " .. name, function()
      for _, password in ipairs { "demo-secret", "demo-secret\r\n", "demo-secret\n", "demo-secret\r",
        BOM .. "demo-secret", BOM .. "demo-secret\r\n" } do
        local result = run(password)
        assert.equal(0, result.status, result.err)
      end
    end)

    it("that cannot be meant is not sent: " .. name, function()
      local wrong = { "demo-\27secret", "demo-secret\r\r", "demo\tsecret", "\214\208\206\196", "demo\127secret",
        "demo\194\133secret", BOM .. BOM .. "demo-secret", "demo-secret\226\128\139", "demo\226\128\168secret",
        BOM, ("x"):rep(1001), ("x"):rep(5000) }
      if run ~= by_variable then
        for _, more in ipairs { utf16 "demo-secret\r\n", (utf16("demo-secret"):sub(3)), "demo\0secret",
          "\254\255\0d\0e" } do wrong[#wrong + 1] = more end
      end
      for _, password in ipairs(wrong) do
        local result = run(password)
        assert.equal(3, result.status, result.err)
        assert.is_nil(result.err:find("secret", 1, true) and result.err:find("demo.?secret"))
      end
      assert.equal(0, logins())
    end)
  end

  it("as an option of imr.new is treated alike", function()
    local imr = require "imr"
    local function new(password) return imr.new { username = "demo", password = password } end
    for _, password in ipairs { "x\r\n", BOM .. "x", "x\n" } do assert.truthy(new(password)) end
    for _, password in ipairs { "x\27", "\214\208", utf16 "x", "x\0", "\n", BOM, "x\n\n" } do
      local fine, problem = pcall(new, password)
      assert.is_false(fine)
      assert.matches("option 'password' ", problem, 1, true)
    end
    assert.is_false(pcall(imr.new, { username = "de\27mo", password = "x" }))
  end)

  it("that is typed is treated alike", function()
    for typed, status in pairs { ["demo-\27secret\n"] = 3, ["demo-secret\n"] = 0 } do
      local window = pty.open(user:command "login --no-save --store memory")
      window:expect "Password of demo"
      window:type(typed)
      assert.equal(status, window:wait())
    end
    assert.equal(1, logins())
  end)

  it("belongs to a name that is treated alike", function()
    local environment = { IMR_PASSWORD = "demo-secret", IMR_USERNAME = "demo\r" }
    assert.equal(0, user:run("meters --limit 1", environment).status)
    environment.IMR_USERNAME = "de\27mo"
    assert.equal(3, user:run("meters --limit 1 --store memory", environment).status)
    assert.equal(1, logins())
  end)
end)

describe("the accounts that imr login keeps", function()
  local function account(name, password)
    return ('{"base_url":"%s","username":"%s","password":"%s"}'):format(platform.url, name, password)
  end

  it("belong to a platform however its address is spelled", function()
    local login = ("printf demo-secret | %s"):format(user:command("login --password-stdin --store memory",
      { IMR_BASE_URL = platform.url:gsub("http://", "HTTP://") .. "/" }))
    assert.matches("logged in as demo at " .. platform.url .. "; the password is kept", shell.must(login))
    for _, spelled in ipairs { platform.url, platform.url .. "//", (platform.url:gsub("http", "Http")) } do
      assert.equal(0, user:run("meters --store memory", { IMR_BASE_URL = spelled }).status, spelled)
    end
    local function saved(address)
      user:write(KEPT, ('[{"base_url":"%s","password":"demo-secret","username":"demo"}]'):format(address))
    end
    for address, other in pairs { ["HTTP://LocalHost:080/x/"] = "http://localhost/x",
      ["https://h.example:443"] = "https://H.Example/", ["http://h:8080"] = "HTTP://H:08080" } do
      saved(address)
      assert.matches("forgot 1 kept password", user:run("login --forget --base-url " .. other).out)
    end
    saved "http://h:443"
    assert.matches("no password was kept", user:run("login --forget --base-url http://h").out)
  end)

  it("stay readable beside one that is not", function()
    local good, bad = account("demo", "demo-secret"), account("other", "\214\208\\\\\206\196}\\\"{")
    for _, text in ipairs { ("[%s,%s]"):format(bad, good), ("[%s,%s]"):format(good, bad), good .. bad:sub(1, 40),
      ("[%s,%s]"):format(good, '{"username":"x"}'), ("[7,%s]"):format(good) } do
      user:write(KEPT, text)
      local result = user:run "meters --limit 1 --store memory"
      assert.equal(0, result.status, text .. result.err)
      assert.matches("1 of the accounts in .* cannot be read: left out", result.err)
    end
  end)

  it("let go of what cannot be read, into a file beside, when something is written", function()
    local bad = account("other", "\214\208")
    user:write(KEPT, ("[%s,%s]"):format(bad, account("demo", "old")))
    local out = shell.must("echo demo-secret | " .. user:command "login --password-stdin" .. " 2>&1")
    assert.matches("1 account was moved to .*credentials%.unreadable", out)
    assert.equal(bad .. "\n", user:read(KEPT .. ".unreadable"))
    assert.same({ "600" }, shell.lines("stat -c %a " .. user.home .. "/" .. KEPT .. ".unreadable"))
    local result = user:run "meters --limit 1"
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(0, user:run("login --forget", { IMR_USERNAME = false, IMR_BASE_URL = false }).status)
    assert.is_nil(user:read(KEPT .. ".unreadable"))
  end)

  it("take in no password that could not be read again", function()
    user:write(KEPT, "[" .. account("demo", "demo-secret") .. "]")
    local before = user:read(KEPT)
    local out = shell.must("printf '\\326\\320\\n' | " .. user:command "login --password-stdin" .. " 2>&1; echo $?")
    assert.matches("the password is not UTF%-8.*\n3\n$", out)
    assert.same({ before, 0 }, { user:read(KEPT), logins() })
  end)
end)

describe("a refusal in the store", function()
  local WRONG = { IMR_PASSWORD = "wrong" }

  local function damage(change)
    local path = shell.lines("ls " .. user.home .. "/.local/state/imr/*.token")[1]
    local file = assert(io.open(path, "rb"))
    local text = file:read("*a")
    file:close()
    user:write(path:sub(#user.home + 2), change(text))
  end

  it("counts also where its record is damaged: the password is not tried again", function()
    for _, change in ipairs {
      function(text) return (text:gsub('"message":"', '%0\230\176')) end,
      function(text) return text:sub(1, -5) end,
      function(text) return (text:gsub('"backoff":%d+', '"backoff":null')) end,
      function(text) return (text:gsub('"layout":1', '"layout":9')) end,
    } do
      user:run("meters", WRONG)
      local before = logins()
      damage(change)
      for _ = 1, 3 do
        local result = user:run("meters", WRONG)
        assert.equal(3, result.status, result.err)
      end
      assert.equal(before, logins())
      shell.must("rm " .. user.home .. "/.local/state/imr/*.token")
    end
  end)

  it("with a message that is cut is cut between characters, and read again", function()
    local imr = require "imr"
    for shift = 0, 2 do
      local said, asked = ("x"):rep(shift) .. ("密码错误"):rep(1000), 0
      local function new()
        return assert(imr.new { base_url = "http://platform.invalid", username = "u", password = "wrong",
          store = imr.store.file { path = user.home .. "/state" }, on_event = function() end, transport = function()
            asked = asked + 1
            return 200, ('{"code":1005,"msg":"%s"}'):format(said), {}
          end })
      end
      for _ = 1, 3 do
        local client = new()
        local _, err = client:login()
        assert.same({ "auth", 1005 }, { err.kind, err.code })
        assert.is_true(require("imr.core").is_utf8(err.message))
        client:close()
      end
      assert.equal(1, asked)
      shell.must("rm -r " .. user.home .. "/state")
    end
  end)

  it("is forgotten by imr login", function()
    user:run("meters", { IMR_PASSWORD = "demo-secret", IMR_USERNAME = "other" })
    user:run("meters", WRONG)
    damage(function(text) return text:sub(1, -5) end)
    assert.equal(2, logins())
    user:run("login", WRONG)
    assert.equal(3, logins())
  end)
end)

describe("the configuration", function()
  local function refused(text, why)
    user:write(".config/imr/config.lua", text)
    local began = os.time()
    local result = user:run "meters --limit 1"
    assert.equal(2, result.status)
    assert.matches(why, result.err, 1, true)
    assert.is_true(os.time() - began < timing.room(10, 120))
  end

  it("cannot take all memory", function()
    refused('local s = "x" for i = 1, 60 do s = s .. s end return {}', "too much memory")
    refused('local s = "x" while true do s = s .. s .. s .. s .. s .. s .. s .. s end', "too much memory")
    refused("local t = {} while true do t = { t, {} } end", "too much memory")
  end)

  it("is not cut off where it is long, but refused", function()
    refused("return {} --" .. ("x"):rep(65536), "config.lua is longer than 64 KiB")
    user:write(".config/imr/config.lua", "return {}")
    user:write(KEPT, ("x"):rep(65537))
    local result = user:run "meters --limit 1"
    assert.equal(3, result.status)
    assert.matches("is longer than 64 KiB", result.err, 1, true)
  end)
end)
