-- Wrong use is told at the line of whoever used it wrongly.
local assert = require "luassert"

local blamed = {}

--- Checks that fn, which stands on one line, raises a text with this line's position.
---@param fn function
---@param text string that it has to contain
function blamed.check(fn, text)
  local fine, raised = pcall(fn)
  assert.is_false(fine, "nothing was raised")
  assert.is_string(raised)
  local info = debug.getinfo(fn, "S")
  local place = ("%s:%d: "):format(info.short_src, info.linedefined)
  assert.equal(place, raised:sub(1, #place) == place and place or raised)
  assert.matches(text, raised, 1, true)
end

--- A block of such checks.
---@param name string
---@param cases table[] of fn, text
function blamed.block(name, cases)
  local busted = require "busted"
  busted.describe(name, function()
    for index, case in ipairs(cases) do
      busted.it(("is told of wrong use %d: %s"):format(index, case[2]), function() blamed.check(case[1], case[2]) end)
    end
  end)
end

return blamed
