-- When a listing ends, what came twice, and whether all of it came.
local Completeness = require "imr.client.completeness"
local pack = require("support.identities").pack

-- Pages are { rows..., total = }: each row stands for its own identity.
local function run(pages, page_size, single)
  local report = { rows = 0, pages = 0, duplicates = 0, drifted = false, complete = false }
  local completeness, taken = Completeness.new(report, page_size), {}
  for index, page in ipairs(pages) do
    if completeness.ended then return report, taken, index - 1 end
    local answer = { rows = {}, ids = pack(page), total = page.total, form = page.form or "list" }
    for _, id in ipairs(page) do table.insert(answer.rows, id) end
    for _, row in ipairs(completeness:take(answer, single)) do table.insert(taken, row) end
  end
  return report, taken, completeness.ended and #pages or nil
end

local a, b, c, d, e, f = 1001, 1002, 1003, 1004, 1005, 1006

local cases = {
  -- name, page size, pages, pages until the end (nil: not ended), rows, complete, drifted, duplicates
  { "an empty page ends it", 2, { { total = 0 } }, 1, {}, true, false, 0 },
  { "a short page that reaches the total ends it", 2,
    { { a, b, total = 3 }, { c, total = 3 } }, 2, { a, b, c }, true, false, 0 },
  { "a full page never ends it, whatever the total", 2,
    { { a, b, total = 2 }, { total = 2 } }, 2, { a, b }, true, false, 0 },
  { "without a total only an empty page ends it", 2, { { a, b }, { c }, {} }, 3, { a, b, c }, true, false, 0 },
  { "a total that is too low is not used", 3, { { a, b, total = 1 }, { c, total = 1 }, { total = 1 } }, 3, { a, b, c },
    true, false, 0 },
  { "a server that caps its pages", 5, { { a, b, total = 5 }, { c, d, total = 5 }, { e, total = 5 } }, 3,
    { a, b, c, d, e }, true, false, 0 },
  { "a cap and a total that is too low", 5,
    { { a, b, total = 1 }, { c, d, total = 1 }, { total = 1 } }, 3, { a, b, c, d },
    true, false, 0 },
  { "a capped page no shorter than those before ends nothing", 5,
    { { a, b, total = 4 }, { c, d, total = 4 }, { e, total = 4 }, {} }, 4, { a, b, c, d, e }, true, false, 0 },
  { "a total that is too high leaves it incomplete", 2, { { a, b, total = 52 }, { c, total = 52 }, { total = 52 } }, 3,
    { a, b, c }, false, false, 0 },
  { "a row inserted while paging comes once", 2, { { a, b, total = 4 }, { b, c, total = 5 }, { d, total = 5 },
    { total = 5 } }, 4, { a, b, c, d }, false, true, 1 },
  { "a row removed while paging shows in the total", 2, { { a, b, total = 5 }, { d, e, total = 4 }, { total = 4 } }, 3,
    { a, b, d, e }, false, true, 0 },
  { "a total of each page's own says nothing", 2, { { a, b, total = 2 }, { c, d, total = 2 }, { e, total = 1 }, {} }, 4,
    { a, b, c, d, e }, true, false, 0 },
  { "a page moved by a whole page goes on", 1,
    { { a, total = 3 }, { a, total = 4 }, { b, total = 4 }, { c, total = 4 }, {} },
    5, { a, b, c }, false, true, 1 },
  { "a server that ignores the page number is given up", 2,
    { { a, b }, { a, b }, { a, b }, { a, b }, { a, b } }, 4, { a, b },
    false, true, 6 },
  { "rows twice on one page are the platform's own", 3,
    { { a, a, b, total = 3 }, { total = 3 } }, 2, { a, a, b }, true, false, 0 },
  { "the empty page's total says nothing", 2, { { a, b, total = 2 }, { total = 0 } }, 2, { a, b }, true, false, 0 },
  { "an object on the way is a page of one row", 2,
    { { a, b, total = 3 }, { c, total = 3, form = "object" } }, 2, { a, b, c },
    true, false, 0 },
}

describe("a listing", function()
  for _, case in ipairs(cases) do
    local name, size, pages, ended, rows, complete, drifted, duplicates = (table.unpack or unpack)(case, 1, 8)
    it(name, function()
      local report, taken, last = run(pages, size)
      assert.equal(ended, last)
      assert.same(rows, taken)
      assert.same({ complete, drifted, duplicates }, { report.complete, report.drifted, report.duplicates })
      assert.equal(#rows, report.rows)
      assert.equal(last, report.pages)
    end)
  end

  it("of one meter ends with its object, whatever the total", function()
    local report, taken, last = run({ { a, total = 52, form = "object" }, { b } }, 1000, true)
    assert.equal(1, last)
    assert.same({ a }, taken)
    assert.is_true(report.complete)
  end)

  it("is not complete before its end", function()
    local report = run({ { a, b, total = 9 }, { c, d, total = 9 } }, 2)
    assert.is_false(report.complete)
  end)

  it("asks ahead only for pages that are likely to have rows", function()
    local report = { rows = 0, pages = 0, duplicates = 0, drifted = false, complete = false }
    local completeness = Completeness.new(report, 2)
    assert.is_true(completeness:expects(3))
    completeness:take { rows = { a, b }, ids = pack { a, b }, total = 5, form = "list" }
    assert.is_true(completeness:expects(3))
    assert.is_false(completeness:expects(4))
    completeness:take { rows = { c, d }, ids = pack { c, d }, total = 3, form = "list" }
    assert.is_true(completeness:expects(9)) -- the total is wrong: it says nothing
    completeness:take { rows = {}, ids = "", form = "empty" }
    assert.is_false(completeness:expects(4))
  end)

  it("remembers the rows of many pages", function()
    local pages = {}
    for page = 1, 12 do pages[page] = { page * 10 + 1, page * 10 + 2 } end
    pages[13] = { 11, 12, f }
    local report, taken = run(pages, 3)
    assert.equal(2, report.duplicates)
    assert.equal(25, #taken)
  end)
end)
