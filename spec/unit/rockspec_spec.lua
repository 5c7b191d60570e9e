local files = require("support.files")
local imr = require("imr")
local shell = require("support.shell")

local path = "imr-scm-1.rockspec"

local function load_rockspec(name)
  local rockspec = {}
  if setfenv then
    setfenv(assert(loadfile(name)), rockspec)()
  else
    assert(loadfile(name, "t", rockspec))()
  end
  return rockspec
end

--- The files in `wanted` that are not in `listed`, and the other way round.
local function difference(wanted, listed)
  local open, found = {}, {}
  for _, file in ipairs(listed) do
    open[file] = true
  end
  for _, file in ipairs(wanted) do
    if not open[file] then
      found[#found + 1] = "missing: " .. file
    end
    open[file] = nil
  end
  for file in pairs(open) do
    found[#found + 1] = "does not exist: " .. file
  end
  table.sort(found)
  return found
end

local function assert_complete(wanted, listed)
  local found = difference(wanted, listed)
  if #found > 0 then
    local advice = "\n`lua5.4 scripts/rockspec_modules.lua` lists every file."
    error(path .. "\n" .. table.concat(found, "\n") .. advice, 2)
  end
end

describe("the rockspec", function()
  local modules = load_rockspec(path).build.modules
  local libraries = { "core", "curl", "os" }

  it("lists every C file", function()
    local listed, seen = {}, {}
    for _, module in ipairs(libraries) do
      for _, file in ipairs(modules["imr." .. module].sources) do
        if not seen[file] then listed[#listed + 1] = file end
        seen[file] = true
      end
    end
    local optional = load_rockspec("imr-xlsx-scm-1.rockspec").build.modules["imr.xlsx"].sources
    for _, file in ipairs(optional) do listed[#listed + 1] = file end
    assert_complete(shell.lines("find csrc -name '*.c'"), listed)
  end)

  it("makes each library of the folders that the Makefile makes it of", function()
    local makefile = files.read "Makefile"
    for _, module in ipairs(libraries) do
      local folders = makefile:match("\n" .. module .. "_DIRS *:= ([^\n]*)")
      local list = "LC_ALL=C; cd csrc && ls " .. folders:gsub("(%S+)", "%1/*.c")
      local wanted = {}
      for _, file in ipairs(shell.lines(list)) do wanted[#wanted + 1] = "csrc/" .. file end
      assert.same(wanted, modules["imr." .. module].sources)
    end
  end)

  it("lists every Lua file", function()
    local listed = {}
    for _, file in pairs(modules) do
      listed[#listed + 1] = type(file) == "string" and file or nil
    end
    assert_complete(shell.lines("find lua -name '*.lua'"), listed)
  end)

  it("names each Lua module after its file", function()
    for module, file in pairs(modules) do
      if type(file) == "string" then
        local base = "lua/" .. module:gsub("%.", "/")
        assert.is_true(file == base .. ".lua" or file == base .. "/init.lua", module .. " = " .. file)
      end
    end
  end)

  it("passes LuaRocks' own check", function()
    shell.must("luarocks lint " .. path)
  end)
end)

describe("the version", function()
  it("is in one place, and what the changelog says", function()
    local newest = files.read("CHANGELOG.md"):match "\n## %[?(%d+%.%d+%.%d+)"
    assert.equal(imr._VERSION, newest)
    local pattern = imr._VERSION:gsub("%.", "%%.")
    for _, file in ipairs(shell.lines "find lua csrc bin scripts imr-scm-1.rockspec Makefile README.md -type f") do
      local content = files.read(file)
      if file ~= "lua/imr/version.lua" then assert.is_nil(content:find('"' .. pattern .. '["-]'), file) end
    end
  end)

  it("is that of a release's rockspec, which LuaRocks accepts", function()
    local scratch = shell.scratch()
    finally(function() shell.must("rm -rf " .. scratch) end)
    local name = ("%s/imr-%s-1.rockspec"):format(scratch, imr._VERSION)
    shell.must("lua5.4 scripts/release_rockspec.lua git+https://example.com/imr.git >" .. name)
    shell.must("luarocks lint " .. name)
    local release = load_rockspec(name)
    assert.equal(imr._VERSION .. "-1", release.version)
    assert.same({ url = "git+https://example.com/imr.git", tag = "v" .. imr._VERSION }, release.source)
    assert.same(load_rockspec(path).build, release.build)
  end)
end)
