-- The picture of the README: made of the demo's output, each run of characters at its column.
package.path = package.path .. ";./scripts/?.lua"

local draw = require "docs_picture"
local files = require "support.files"

local OUTPUT = [[
A simulated platform with 2 meters
meters (2 rows; the first 2)
  meter_no  address
  01        桂花苑1栋 <A>
  02        x

Something else
  that is left out
]]

describe("the picture", function()
  local svg = draw(OUTPUT)

  it("has the lines that were chosen, escaped, and no others", function()
    assert.matches(">A simulated platform with 2 meters</text>", svg, 1, true)
    assert.matches("&lt;A&gt;", svg, 1, true)
    assert.is_nil(svg:find("left out", 1, true))
  end)

  -- Twelve columns before it, each 7.2 wide, behind a margin of 16; two columns a character.
  it("gives a Chinese character two columns", function()
    assert.matches('<text x="102.4" y="%d+" textLength="43.2"[^>]*>桂花苑</text>', svg)
  end)

  it("is well formed", function()
    local open = 0
    for slash, name, closed in svg:gmatch "<(/?)(%a+)[^>]-(/?)>" do
      assert.matches("^%l+$", name)
      if slash == "/" then open = open - 1 elseif closed == "" then open = open + 1 end
    end
    assert.equal(0, open)
  end)

  it("is in the tree, and shows a whole demo", function()
    local kept = files.read "doc/demo.svg"
    for _, text in ipairs { "How complete each listing is", "Cutting the supply", "What pacing cost" } do
      assert.matches(text, kept, 1, true)
    end
  end)
end)
