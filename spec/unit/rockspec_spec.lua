local imr = require("imr")
local installed = require("support.installed")
local shell = require("support.shell")

local path = "imr-scm-1.rockspec"

local function load_rockspec()
  local rockspec = {}
  if setfenv then
    setfenv(assert(loadfile(path)), rockspec)()
  else
    assert(loadfile(path, "t", rockspec))()
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
  local modules = load_rockspec().build.modules

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
describe("luarocks make without a server", function()
  local scratch, tree

  setup(function()
    scratch = shell.scratch()
    tree = scratch .. "/tree"
    shell.must("mkdir " .. scratch .. "/src && cp -r csrc lua bin scripts " .. path .. " " .. scratch .. "/src")
    shell.must("cd " .. scratch .. "/src && rm -f csrc/*.o && " .. shell.clean(scratch)
      .. "LUAROCKS_CONFIG=scripts/luarocks-offline.lua luarocks --lua-version=" .. installed.abi
      .. " --tree=" .. tree .. " make " .. path)
  end)

  teardown(function()
    shell.must("rm -rf " .. scratch)
  end)

  for _, interpreter in ipairs(installed.interpreters) do
    it("installs a tree that loads in " .. interpreter, function()
      assert.equal(imr._VERSION, installed.load(interpreter, tree))
    end)
  end

  it("installs the program", function()
    assert.matches(imr._VERSION, installed.version(tree), 1, true)
  end)
end)
