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

  it("has every Lua on Debian and on Ubuntu", function()
    local rock = text:match "\n  rock:\n(.-)\n  docs:"
    for _, lua in ipairs { '"5.1"', '"5.3"', '"5.4"', "luajit" } do assert.matches(lua, rock, 1, true) end
    for _, image in ipairs { "debian:", "ubuntu:" } do assert.matches(image, rock, 1, true) end
    local script = files.read "scripts/rock.sh"
    for _, lua in ipairs { "5.1", "5.3", "5.4", "luajit" } do assert.matches(lua, script, 1, true) end
  end)
end)
