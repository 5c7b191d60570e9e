-- scripts/deps.sh where apt's programs are stand-ins, which have the packages that a case names.
local files = require "support.files"
local once = require "support.once"
local shell = require "support.shell"

if not once("scripts/deps.sh") then return end

local scratch

-- What the script itself runs.
local TOOLS = "sh env cat grep sed tr dirname test echo"

-- Of packages whose name is not that of what they bring.
local BRINGS = { ["lua-check"] = "luacheck", procps = "ps", luajit2 = "luajit" }

local function program(name, text)
  local path = scratch .. "/bin/" .. name
  files.write(path, "#!/bin/sh\n" .. text .. "\n")
  shell.must("chmod 755 " .. path)
end

local function present(names)
  for name in names:gmatch "%S+" do program(name, "exit 0") end
end

-- `packages` is what apt has: name = "what the package depends on". A package brings the program of its name.
local function apt(packages)
  local cases, depends, installs = {}, {}, {}
  for name, needs in pairs(packages) do
    cases[#cases + 1] = ('%s) echo "  Candidate: 1.0" ;;'):format(name)
    depends[#depends + 1] = ('%s) echo "  Depends: %s" ;;'):format(name, needs)
    local brings = BRINGS[name] or name
    installs[#installs + 1] = ('%s) ln -sf /bin/true "%s/bin/%s" ;;'):format(name, scratch, brings)
  end
  program("apt-cache", ([[
    case $1 in
      show) exit 0 ;;
      policy) [ -n "$2" ] || { echo "500 http://deb.example/debian"; exit; }
        echo "$2:"; case $2 in %s *) echo "  Candidate: (none)" ;; esac ;;
      depends) case $2 in %s esac ;;
    esac]]):format(table.concat(cases, "\n"), table.concat(depends, "\n")))
  program("apt-get", ([[
    [ "$1" = install ] || exit 0
    PATH=/usr/bin:/bin
    for name; do case $name in %s esac; done]]):format(table.concat(installs, "\n")))
end

local function run(groups, user)
  program("id", "echo " .. (user or 0))
  return shell.run(("PATH=%s/bin sh %s/deps.sh %s"):format(scratch, scratch, groups))
end

local ALL_BUT_CHROMIUM_AND_NGINX =
  "cc lua5.4 lua5.1 lua5.3 pkg-config luajit busted luarocks openssl redis-server initdb ps pdftotext pgbouncer"

local NOT_THERE = "%s: installed, but what it should bring is not there, or too old: %s\n"

describe("scripts/deps.sh", function()
  before_each(function()
    scratch = shell.scratch()
    shell.must("mkdir " .. scratch .. "/bin && cp scripts/deps.sh " .. scratch)
    -- Not the real one, which looks into /usr/sbin too.
    files.write(scratch .. "/has.sh",
      '#!/bin/sh\ncase $1 in nginx) command -v openresty ;; *) command -v "$1" ;; esac >/dev/null\n')
    shell.must("chmod 755 " .. scratch .. "/has.sh")
    for name in TOOLS:gmatch "%S+" do shell.must(("ln -s /bin/%s %s/bin"):format(name, scratch)) end
  end)

  after_each(function() shell.must("rm -r " .. scratch) end)

  it("takes the other name where the first one is only replaced", function()
    present((ALL_BUT_CHROMIUM_AND_NGINX .. " chromium openresty"):gsub("luajit", ""))
    apt { luajit = "libc6" }
    local ok, output = run "test"
    assert.is_true(ok, output)
    assert.matches("Installing: luajit\n", output, 1, true)
  end)

  it("tells who is not root the names that exist here", function()
    present((ALL_BUT_CHROMIUM_AND_NGINX .. " chromium openresty"):gsub("luajit", ""))
    apt { luajit = "libc6" }
    local ok, output = run("test", 1000)
    assert.is_false(ok)
    assert.equal("Missing, to be installed as root: apt-get install luajit\n", output)
  end)

  it("says what is still not there after the installation", function()
    BRINGS.cppcheck = "something-else"
    finally(function() BRINGS.cppcheck = nil end)
    apt { ["lua-check"] = "libc6", ["clang-format"] = "libc6", ["clang-tidy"] = "libc6", cppcheck = "libc6" }
    local ok, output = run "lint"
    assert.is_false(ok)
    assert.matches(NOT_THERE:format("cppcheck", "has cppcheck"), output, 1, true)
    assert.is_nil(output:find("lua-check:", 1, true))
  end)

  it("asks for a newer argparse", function()
    present "lua5.4 lua5.1 lua-argparse"
    for _, lua in ipairs { "lua5.4", "lua5.1" } do
      program(lua, 'case "$*" in *argparse*version*) exit 1 ;; esac')
    end
    apt { ["lua-argparse"] = "libc6" }
    local ok, output = run "run"
    assert.is_false(ok)
    assert.matches(NOT_THERE:format("lua-argparse", "argparse_0_7"), output, 1, true)
  end)

  it("leaves out what a distribution has only as a snap, or not at all", function()
    present(ALL_BUT_CHROMIUM_AND_NGINX)
    apt { chromium = "snapd", nginx = "libc6" }
    for user, sudo in pairs { [0] = false, [1000] = true, [1001] = false } do
      if sudo then program("sudo", 'exec "$@"') end
      local ok, output = run("test", user)
      assert.is_true(ok, output)
      assert.equal("Specs in a browser are left out: there is no chromium to install here.\n"
        .. "Specs inside nginx are left out: there is no libnginx-mod-http-lua to install here.\n", output)
      os.remove(scratch .. "/bin/sudo")
    end
  end)

  it("names a package that there is not", function()
    apt { ["clang-format"] = "libc6", ["clang-tidy"] = "libc6", cppcheck = "libc6" }
    local ok, output = run "lint"
    assert.is_false(ok)
    assert.matches("There is no package for: lua-check.", output, 1, true)
  end)
end)
