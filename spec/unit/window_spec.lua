-- Which rows a listing had on its last pages.
local core = require "imr.core"
local pack = require("support.identities").pack
local random = require "support.random"

-- The same in the plainest way: the last page of each identity.
local function model(pages)
  local last, page = {}, 0
  return function(rows, ids)
    local kept, repeated = {}, 0
    page = page + 1
    for index, id in ipairs(ids) do
      local before = last[id]
      if before and before ~= page and before >= page - pages then
        repeated = repeated + 1
      else
        kept[#kept + 1] = rows[index]
      end
      last[id] = page
    end
    return kept, repeated
  end
end

describe("core.window", function()
  it("gives the same list back where all rows are new", function()
    local window, rows = core.window(16), { {}, {}, {} }
    local kept, repeated = window:take(rows, pack { 5, 5, 7 })
    assert.equal(rows, kept)
    assert.equal(0, repeated)
    local empty = {}
    assert.equal(empty, (window:take(empty, "")))
  end)

  it("leaves out what one of the last pages had, and forgets older ones", function()
    local window = core.window(2)
    local function take(...)
      local ids = { ... }
      return { window:take(ids, pack(ids)) }
    end
    assert.same({ { 1, 2 }, 0 }, take(1, 2))
    assert.same({ { 3 }, 1 }, take(2, 3))
    assert.same({ {}, 2 }, take(1, 3))
    assert.same({ {}, 1 }, take(2))
    assert.same({ { 9 }, 0 }, take(9))
    assert.same({ { 1, 3 }, 0 }, take(1, 3))
  end)

  it("refuses what are not its rows' ids", function()
    for _, ids in ipairs { "", "1234567", "123456789", pack { 1, 2 } } do
      assert.error_matches(function() core.window(1):take({ {} }, ids) end, "an id of each row expected")
    end
    assert.error(function() core.window(1):take({ {} }, { 1 }) end)
  end)

  it("does what looking at each page does, with identities of all kinds", function()
    local below = random(7)
    local function next_number(least, most) return least + below(most - least + 1) - 1 end
    for _, pages in ipairs { 1, 3, 16 } do
      local window, expected = core.window(pages), model(pages)
      for _ = 1, 60 do
        local rows, ids = {}, {}
        for index = 1, next_number(0, 300) do
          rows[index] = { index }
          ids[index] = next_number(0, 2000) * (index % 2 == 0 and 2 ^ 40 or 1)
        end
        local kept, repeated = window:take(rows, pack(ids))
        local theirs, theirs_repeated = expected(rows, ids)
        assert.equal(theirs_repeated, repeated)
        assert.equal(#theirs, #kept)
        for index, row in ipairs(theirs) do assert.equal(row, kept[index]) end
      end
    end
  end)

  it("is used with lists, and only as itself", function()
    assert.error(function() core.window(0) end)
    assert.error(function() core.window(16):take(5, "") end)
    assert.error(function() core.window(16).take({}, {}, "") end)
  end)
end)
