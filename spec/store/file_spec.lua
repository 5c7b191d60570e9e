-- The file store keeps secrets: who may be let near them, and where they are.
local core = require "imr.core"
local files = require "support.files"
local imr = require "imr"
local process = require "support.process"
local shell = require "support.shell"

local NOBODY = 65534
local RECORD = { token = "a-token", id = "1", obtained = 0, encoding = "json" }

describe("the file store", function()
  local scratch, state

  before_each(function()
    scratch = shell.scratch()
    state = scratch .. "/state"
  end)

  after_each(function() shell.must("rm -rf " .. scratch) end)

  local function open() return imr.store.file { path = state } end

  -- A store that has made all its files.
  local function used()
    local store = open()
    assert(store:reserve("k", 2, core.now(), 2))
    assert(store:put_token("k", RECORD, core.now()))
    store:unlock("k", assert(store:lock("k", core.now(), 1)))
    return store
  end

  local function path_of(ending)
    for _, name in ipairs(files.list(state)) do
      if name:find(ending, 1, true) then return state .. "/" .. name end
    end
    error("no " .. ending)
  end

  local uses = {
    reserve = function(store) return select(3, store:reserve("k", 2, core.now(), 10)) end,
    get_token = function(store) return select(2, store:get_token("k", core.now())) end,
    put_token = function(store) return select(2, store:put_token("k", RECORD, core.now())) end,
    lock = function(store) return select(2, store:lock("k", core.now(), 1)) end,
  }

  local function refuses(use, text)
    local message = uses[use](open())
    assert.truthy(message, use .. " was not refused")
    assert.truthy(message:find(text, 1, true), message)
  end

  it("is its owner's alone, whatever the umask", function()
    local program = [[
      local core, store = require "imr.core", require("imr.store").file { path = os.getenv "STATE" }
      store:reserve("k", 2, core.now(), 0)
      assert(store:put_token("k", { token = "t", id = "1", obtained = 0 }, core.now()))
      assert(store:lock("k", core.now(), 1))]]
    local deep = scratch .. "/above/state"
    for _, umask in ipairs { "000", "022", "077" } do
      local ok, output = process.lua(program, { env = { STATE = deep }, before = "sh -c 'umask " .. umask ..
        "; exec \"$@\"' sh" })
      assert.is_true(ok, output)
      assert.equal("700", files.mode(deep))
      assert.equal("700", files.mode(scratch .. "/above"))
      assert.equal(2, #files.list(deep))
      for _, name in ipairs(files.list(deep)) do assert.equal("600", files.mode(deep .. "/" .. name)) end
      shell.must("rm -r " .. scratch .. "/above")
    end
  end)

  it("refuses a directory that others can use", function()
    for _, mode in ipairs { "755", "750", "701", "710" } do
      shell.must(("mkdir -p %s; chmod %s %s"):format(state, mode, state))
      for _, use in ipairs { "reserve", "put_token", "lock" } do refuses(use, "can be used by others") end
      assert.equal(0, #files.list(state))
    end
  end)

  it("refuses a directory that is a link, also when a slash follows", function()
    shell.must(("mkdir -m 700 %s/real; ln -s real %s"):format(scratch, state))
    for _, use in ipairs { "reserve", "put_token", "lock" } do refuses(use, "not of the expected kind") end
    local store = imr.store.file { path = state .. "//" }
    assert.truthy(select(3, store:reserve("k", 2, core.now(), 1)))
    assert.equal(0, #files.list(scratch .. "/real"))
  end)

  it("refuses a file in place of the directory", function()
    files.write(state, "")
    for _, use in ipairs { "reserve", "put_token", "lock" } do refuses(use, "state") end
  end)

  it("refuses what belongs to somebody else", function()
    if not files.is_root then return pending("only root can give a file away") end
    used()
    shell.must(("chown %d %s"):format(NOBODY, state))
    for _, use in ipairs { "reserve", "put_token", "lock" } do refuses(use, "belongs to another user") end
    shell.must(("chown 0 %s; chown %d %s/*"):format(state, NOBODY, state))
    for _, use in ipairs { "reserve", "get_token", "lock" } do refuses(use, "belongs to another user") end
  end)

  local file_of = { reserve = "slots", get_token = ".token", lock = "slots" }

  for use, ending in pairs(file_of) do
    it("refuses to " .. use .. " with a file that others can read, link to, or point elsewhere", function()
      used()
      local path = path_of(ending)
      for _, mode in ipairs { "640", "604", "620", "601" } do
        shell.must(("chmod %s %s"):format(mode, path))
        refuses(use, "can be used by others")
      end
      shell.must(("chmod 600 %s; ln %s %s/linked"):format(path, path, scratch))
      refuses(use, "linked to from elsewhere")
      shell.must(("rm %s; ln -s %s/linked %s"):format(path, scratch, path))
      local before = files.read(scratch .. "/linked")
      refuses(use, "is a symbolic link")
      assert.equal(before, files.read(scratch .. "/linked"))
      shell.must(("rm %s; mkfifo -m 600 %s"):format(path, path))
      refuses(use, "not of the expected kind")
    end)
  end

  it("writes into no file that stands in its way", function()
    used()
    local path, other = path_of(".token"), scratch .. "/precious"
    files.write(other, "precious")
    for _, link in ipairs { "ln -s", "ln" } do
      shell.must(("%s %s %s.new"):format(link, other, path))
      assert(open():put_token("k", RECORD, core.now()))
      assert.equal("precious", files.read(other))
      assert.equal("a-token", open():get_token("k", core.now()).token)
    end
    assert.equal(2, #files.list(state))
  end)

  it("makes a call fail with what is wrong, before anything is sent", function()
    shell.must("mkdir -m 755 " .. state)
    local sent = 0
    local client = assert(imr.new { username = "u", password = "a-password", store = open(), retries = 0,
      transport = function() sent = sent + 1 return nil, "no" end })
    local _, err = client:meters():collect()
    assert.equal("store", err.kind)
    assert.equal("no", err.executed)
    assert.truthy(tostring(err):find(state .. " can be used by others", 1, true), tostring(err))
    assert.equal(0, sent)
  end)

  it("finds its place from XDG_STATE_HOME, else from HOME", function()
    local program = [[io.write(tostring(require("imr.store").file()))]]
    local function place(settings)
      local ok, output = process.lua(program, { env = settings })
      assert.is_true(ok, output)
      return output
    end
    assert.equal("imr.store.file(/x/imr)", place { XDG_STATE_HOME = "/x", HOME = "/h" })
    assert.equal("imr.store.file(/h/.local/state/imr)", place { XDG_STATE_HOME = "", HOME = "/h" })
    assert.equal("imr.store.file(/h/.local/state/imr)", place { XDG_STATE_HOME = "relative", HOME = "/h" })
    local ok, output = process.lua(program, { env = { XDG_STATE_HOME = "", HOME = "" } })
    assert.is_false(ok)
    assert.truthy(output:find("needs a path", 1, true), output)
  end)

  it("tells wrong use", function()
    assert.error_matches(function() imr.store.file { pth = "x" } end, "did you mean 'path'")
    assert.error_matches(function() imr.store.file { path = 5 } end, "file store option 'path' must be a string")
    assert.error_matches(function() imr.store.file "x" end, "file store options are a table, not a string")
    assert.error_matches(function() imr.store.file { path = "" } end, "needs a path")
    assert.error_matches(function() imr.store.file { path = 1 } end, "path")
  end)

  it("is shared by Lua 5.4 and LuaJIT", function()
    local program = [[
      local core, store = require "imr.core", require("imr.store").file { path = os.getenv "STATE" }
      io.write(("%.6f"):format(store:reserve("k", 90, core.now(), 1000)), " ")
      local record = store:get_token("k", core.now())
      io.write(record and record.token or "none", " ", record and ("%.3f"):format(record.obtained) or "")
      assert(store:put_token("k", { token = _VERSION, id = "1", obtained = 5.125, encoding = "form" }, core.now()))]]
    local path = scratch .. "/program.lua"
    files.write(path, program)
    local starts, tokens = {}, {}
    for run, lua in ipairs { "lua5.4", "luajit", "lua5.4", "luajit" } do
      local output = shell.must(("STATE=%s scripts/run.sh %s %s"):format(state, lua, path))
      starts[run], tokens[run] = output:match("^(%S+) (.*)$")
    end
    for run = 2, 4 do assert.near(tonumber(starts[1]) + (run - 1) * 90, tonumber(starts[run]), 1e-5) end
    assert.same({ "none ", "Lua 5.4 5.125", "Lua 5.1 5.125", "Lua 5.4 5.125" }, tokens)
  end)
end)
