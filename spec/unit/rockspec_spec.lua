local files = require("support.files")
local imr = require("imr")
local installed = require("support.installed")
local shell = require("support.shell")
local simulator = require("support.simulator")

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

  it("lists every C file", function()
    local listed = {}
    for _, module in ipairs({ "imr.core", "imr.curl" }) do
      for _, file in ipairs(modules[module].sources) do
        listed[#listed + 1] = file
      end
    end
    assert_complete(shell.lines("find csrc -name '*.c'"), listed)
  end)

  it("builds each C file into the module that the Makefile builds it into", function()
    for _, module in ipairs({ "imr.core", "imr.curl" }) do
      for _, file in ipairs(modules[module].sources) do
        assert.equal(module, file:find("^csrc/curl") and "imr.curl" or "imr.core", file)
      end
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

-- The build writes beside the sources, so it works on a copy.
for _, target in ipairs(installed.targets) do
  describe("LuaRocks without a server, for Lua " .. target.abi, function()
    local scratch, made, unpacked, platform

    local function luarocks(directory, tree, arguments)
      return shell.must(("cd %s && %sLUAROCKS_CONFIG=%s/src/scripts/luarocks-offline.lua luarocks --lua-version=%s "
        .. "--tree=%s %s"):format(directory, shell.clean(scratch), scratch, target.abi, tree, arguments))
    end

    setup(function()
      scratch = shell.scratch()
      made, unpacked = scratch .. "/made", scratch .. "/unpacked"
      platform = simulator.start { meters = 3, days = 1 }
      shell.must("mkdir " .. scratch .. "/src && cp -r csrc lua bin scripts doc examples library " .. path .. " "
        .. scratch .. "/src")
      shell.must("rm -f " .. scratch .. "/src/csrc/*.o")
      -- Without optimisation: it is the packaging that is tested here.
      luarocks(scratch .. "/src", made, "make " .. path .. " CFLAGS='-O0 -fPIC'")
      luarocks(scratch, made, "pack imr")
      luarocks(scratch, unpacked, "install " .. scratch .. "/imr-scm-1.*.rock")
    end)

    teardown(function()
      if platform then platform:stop() end
      shell.must("rm -rf " .. scratch)
    end)

    for _, interpreter in ipairs(target.interpreters) do
      it("makes a tree that loads in " .. interpreter, function()
        assert.equal(imr._VERSION, installed.load(interpreter, made, target.abi))
      end)

      it("packs a rock that, installed, reads a listing in " .. interpreter, function()
        local code = ([[
          local imr = require "imr"
          local client = imr.new { base_url = %q, username = "demo", password = "demo-secret" }
          io.write(#client:meters():collect())
        ]]):format(platform.url)
        assert.equal("3", installed.run(interpreter, unpacked, code, target.abi))
      end)
    end

    it("installs the program", function()
      assert.matches(imr._VERSION, installed.version(unpacked), 1, true)
    end)

    it("ships documents, examples and the types for editors", function()
      local rocks = unpacked .. "/lib/luarocks/rocks-" .. target.abi .. "/imr/scm-1/"
      for _, file in ipairs { "doc/guide/pacing.md", "examples/tou_bill.lua", "library/imr/core.lua" } do
        assert.is_truthy(files.read(rocks .. file), file)
      end
    end)
  end)
end

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
