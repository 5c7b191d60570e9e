-- Checkouts as people have them: a path with a blank and Chinese characters, a tree that nothing may be written into,
-- and what is built elsewhere.
local once = require "support.once"
local process = require "support.process"
local shell = require "support.shell"

if not once("make in other checkouts") then return end

local BUILT = os.getenv "IMR_BUILD" or "build"

-- A spec each that starts a server, the program, and nginx.
local SPECS = "spec/http/curl_replay_spec.lua spec/cli/simulate_spec.lua spec/nginx/phases_spec.lua"

describe("make with BUILD=dir, in a checkout with blanks in its path", function()
  local scratch, tree, make

  setup(function()
    scratch = shell.scratch()
    tree = scratch .. "/a checkout 计量"
    -- Times are kept, so that only what is missing is built.
    local quoted = shell.quote(tree)
    shell.must(("mkdir %s %s/out && chmod 755 %s"):format(quoted, scratch, scratch))
    shell.must("cp -rp $(ls -A | grep -vxE 'build|\\.git') " .. quoted)
    shell.must(("cp -rp %s/lua5.* %s/out"):format(shell.quote(BUILT), scratch))
    make = ("cd %s && %smake --no-print-directory BUILD=%s/out "):format(quoted, shell.clean(scratch), scratch)
  end)

  teardown(function() shell.must("rm -rf " .. scratch) end)

  local function files_of(directory)
    return shell.must("cd " .. shell.quote(directory) .. " && find . -newer " .. scratch .. "/before -o -name build")
  end

  it("runs specs, the program and make install, and writes nothing into the tree", function()
    shell.must("touch " .. scratch .. "/before")
    local output = shell.must(make .. ("test LUAS=%s SPEC='%s'"):format(process.interpreter, SPECS))
    assert.matches("\n%d%d+ passed, 0 failed", output)
    local run = ("cd / && %sIMR_BUILD=%s/out %s/scripts/run.sh %s %s/bin/imr version"):format(shell.clean(scratch),
      scratch, shell.quote(tree), process.interpreter, shell.quote(tree))
    assert.matches(require("imr")._VERSION, shell.must(run), 1, true)
    shell.must(make .. ("install LUA=%s PREFIX=%s/prefix"):format(process.interpreter, scratch))
    assert.equal("", files_of(tree))
  end)

  it("installs from its own build directory", function()
    shell.must(("cp -rp %s/out %s/build"):format(scratch, shell.quote(tree)))
    local output = shell.must(("cd %s && %smake test LUAS=%s SPEC=spec/unit/install_spec.lua"):format(shell.quote(tree),
      shell.clean(scratch), process.interpreter))
    assert.matches("\n%d+ passed, 0 failed", output)
    shell.must("rm -r " .. shell.quote(tree .. "/build"))
  end)

  it("refuses a BUILD with a blank, which make itself cannot take", function()
    local ok, output = shell.run(shell.clean(scratch) .. "make BUILD='a b' lua5.4")
    assert.is_false(ok)
    assert.matches("BUILD is 'a b'; it must be one directory, without a blank in its name", output, 1, true)
  end)
end)
