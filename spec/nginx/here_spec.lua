-- What .busted leaves out is said, once.
local files = require "support.files"
local shell = require "support.shell"

local NEEDS = { ["support%.nginx"] = "#nginx", ["support%.site"] = "#nginx",
  ["support%.transport_site"] = "#nginx", ["support%.example"] = "#nginx",
  ["support%.endurance"] = "#nginx", ["support%.chromium"] = "#browser",
  ["support%.workbook"] = "#workbook" }

describe("specs that need what is not everywhere", function()
  it("carry the tag by which .busted leaves them out", function()
    for _, path in ipairs(shell.lines "find spec -name '*_spec.lua'") do
      local text = files.read(path)
      for module, tag in pairs(NEEDS) do
        assert(not text:find('require[ (]+"' .. module .. '"') or text:find(tag, 1, true), path .. " lacks " .. tag)
      end
    end
  end)
end)

describe("specs run", function()
  for what, where in pairs { nginx = "inside nginx", chromium = "in a browser", workbook = "of workbooks" } do
    it(where, function()
      if not shell.run("scripts/has.sh " .. what) then
        pending(("left out: there is no %s that they could use (scripts/has.sh)"):format(what))
      end
    end)
  end
end)
