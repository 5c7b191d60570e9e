-- The CI workflow runs what there is: make targets, scripts, and each Lua on each system.
local files = require "support.files"

describe("the CI workflow", function()
  local text = files.read ".github/workflows/ci.yml"

  it("runs targets of the Makefile and scripts of the tree", function()
    local makefile, count = files.read "Makefile", 0
    for target in text:gmatch "run: make (%l+)" do
      count = count + 1
      assert.is_truthy(makefile:find("\n" .. target .. ":", 1, true), target)
    end
    for path in text:gmatch "run: (scripts/[%w_%.]+)" do assert.is_truthy(files.read(path), path) end
    assert.is_true(count >= 4)
  end)

  it("has every system, with every Lua", function()
    local test, rock = text:match "\n  test:\n(.-)\n\n", text:match "\n  rock:\n(.-)\n\n"
    for _, job in ipairs { test, rock } do
      for _, image in ipairs { "debian:12", "debian:13", "ubuntu:24.04" } do assert.matches(image, job, 1, true) end
    end
    for _, lua in ipairs { "lua5.4", "luajit" } do assert.matches(lua, test, 1, true) end
    local script, makefile = files.read "scripts/rock.sh", files.read "Makefile"
    for _, lua in ipairs { "5.1", "5.3", "5.4", "luajit" } do
      for _, place in ipairs { rock, script, makefile:match "\ntest%-rocks:\n(.-)\n\n" } do
        assert.matches(lua, place, 1, true)
      end
    end
  end)
end)
