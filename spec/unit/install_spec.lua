local files = require("support.files")
local imr = require("imr")
local installed = require("support.installed")
local once = require "support.once"
local shell = require("support.shell")

if not once("make install") then return end

describe("make install", function()
  local scratch

  setup(function()
    scratch = shell.scratch()
  end)

  teardown(function()
    shell.must("rm -rf " .. shell.quote(scratch))
  end)

  local function install(arguments)
    local build = os.getenv "IMR_BUILD"
    local elsewhere = build and build ~= shell.lines("pwd")[1] .. "/build"
    return shell.run(shell.clean(scratch) .. "make --no-print-directory install " .. arguments
      .. (elsewhere and " BUILD=" .. shell.quote(build) or ""))
  end

  for _, interpreter in ipairs(installed.interpreters) do
    describe("for " .. interpreter, function()
      local prefix

      setup(function()
        prefix = scratch .. "/a prefix " .. interpreter
        local ok, output = install("LUA=" .. interpreter .. " PREFIX=" .. shell.quote(prefix))
        assert(ok, output)
      end)

      it("puts a tree there that loads", function()
        assert.equal(imr._VERSION, installed.load(interpreter, prefix))
      end)

      it("puts a program there that runs under that interpreter", function()
        assert.matches(imr._VERSION, installed.version(prefix), 1, true)
        local first = shell.lines("head -n 1 " .. shell.quote(prefix .. "/bin/imr"))[1]
        assert.equal("#!/usr/bin/env " .. interpreter, first)
      end)

      it("copies every Lua file, and the types for editors", function()
        local places = { lua = "/share/lua/" .. installed.abi, library = "/share/imr/library" }
        for from, to in pairs(places) do
          local there = shell.lines("cd " .. shell.quote(prefix .. to) .. " && find . -type f")
          local here = shell.lines("cd " .. from .. " && find . -type f -name '*.lua'")
          table.sort(there)
          table.sort(here)
          assert.same(here, there)
        end
      end)
    end)
  end

  it("writes below DESTDIR, where the program works too", function()
    local stage = scratch .. "/stage"
    local ok, output = install("PREFIX=/opt/imr LUA=" .. installed.interpreters[1] .. " DESTDIR=" .. stage)
    assert(ok, output)
    assert.matches(imr._VERSION, installed.version(stage .. "/opt/imr"), 1, true)
  end)

  it("takes a relative PREFIX", function()
    local ok, output = install("PREFIX=there LUA=" .. installed.interpreters[1] .. " DESTDIR=" .. scratch)
    assert(ok, output)
    assert.matches(imr._VERSION, installed.version(scratch .. "/there"), 1, true)
  end)

  it("knows Lua 5.3, which it builds for then", function()
    if installed.abi ~= "5.4" or not shell.run "command -v lua5.3 && pkg-config --exists lua5.3" then return end
    local prefix = scratch .. "/for 5.3"
    local ok, output = install("LUA=lua5.3 PREFIX=" .. shell.quote(prefix))
    assert(ok, output)
    assert.matches(imr._VERSION, installed.version(prefix), 1, true)
    assert.truthy(files.read(prefix .. "/lib/lua/5.3/imr/curl.so"))
  end)

  it("says what one's own scripts need, and can be undone without a rest", function()
    local prefix, lua = scratch .. "/once more", installed.interpreters[1]
    local given = (" LUA=%s PREFIX=%s"):format(lua, shell.quote(prefix))
    local ok, output = install(given)
    assert(ok, output)
    assert.matches("^imr %d", installed.version(prefix))
    local export = output:match "(export LUA_PATH=[^\n]+)"
    assert.matches(imr._VERSION, shell.must(("cd / && %ssh -c %s"):format(shell.clean(scratch), shell.quote(export
      .. "; " .. lua .. " -e 'io.write(require(\"imr\")._VERSION)'"))), 1, true)
    assert.truthy(files.read(prefix .. "/share/man/man1/imr.1"):find("imr supply disconnect", 1, true))
    local other = prefix .. "/share/lua/" .. installed.abi .. "/other.lua"
    shell.must("touch " .. shell.quote(other))
    assert(shell.run(shell.clean(scratch) .. "make --no-print-directory uninstall" .. given))
    assert.same({ other }, shell.lines(("find %s -type f"):format(shell.quote(prefix))))
    assert.same({}, shell.lines(("find %s -name '*imr*'"):format(shell.quote(prefix))))
  end)

  it("names the interpreters that it knows", function()
    local ok, output = install("LUA=lua5.2 PREFIX=" .. scratch)
    assert.is_false(ok)
    assert.matches("LUA is 'lua5.2'; it must be lua5.4, lua5.3, luajit or lua5.1", output, 1, true)
  end)
end)
