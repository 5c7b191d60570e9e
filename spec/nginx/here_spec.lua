-- What .busted leaves out is said, once.
local shell = require "support.shell"

describe("specs run", function()
  for what, where in pairs { nginx = "inside nginx", chromium = "in a browser" } do
    it(where, function()
      if not shell.run("scripts/has.sh " .. what) then
        pending(("left out: there is no %s that they could use (scripts/has.sh)"):format(what))
      end
    end)
  end
end)
