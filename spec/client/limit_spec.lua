-- A listing that never comes to its end.
local cjson = require "cjson"
local world = require "support.world"

-- Every page has rows that no other page had; or, with `same`, those of the first.
local function endless(same)
  return function(request)
    if not request.path:find("meterList", 1, true) then return nil end
    local page = same and 1 or cjson.decode(request.body).pageNo
    local rows = {}
    for index = 1, 10 do rows[index] = { deviceId = ("%d-%d"):format(page, index), tableNo = "1" } end
    return { code = 200, data = rows }
  end
end

describe("a listing without an end", function()
  local function collect(options, params, same)
    return world.run({ on_request = endless(same) }, function(new)
      local cursor = new:client(options):meters(params)
      local rows, err, before = cursor:collect()
      return { rows = rows, err = err, before = before, report = cursor.report, again = select(2, cursor:next()) }
    end)
  end

  for name, case in pairs {
    ["max_rows of the client"] = { { max_rows = 95 }, {}, "max_rows = 95", 90 },
    ["max_pages of the client"] = { { max_pages = 7 }, {}, "max_pages = 7", 70 },
    ["max_rows of the listing"] = { { max_rows = 95 }, { max_rows = 30 }, "max_rows = 30", 30 },
    ["max_pages of the listing"] = { {}, { max_pages = 2 }, "max_pages = 2", 20 },
  } do
    it("ends with an error at " .. name, function()
      local found = collect(case[1], case[2])
      assert.is_nil(found.rows)
      assert.same({ "limit", "meters", false }, { found.err.kind, found.err.endpoint, found.err.retryable })
      assert.matches(case[3], found.err.message, 1, true)
      assert.matches("raise it", found.err.message, 1, true)
      assert.is_true(#found.before >= case[4])
      assert.is_false(found.report.complete)
      assert.equal("limit", found.again.kind)
    end)
  end

  it("that gives the same page again and again ends by itself, and is not complete", function()
    local found = collect({ on_event = function() end }, {}, true)
    assert.equal(10, #found.rows)
    assert.is_false(found.report.complete)
    assert.is_true(found.report.pages < 10)
  end)

  it("is none when it has just as many rows as allowed", function()
    world.run({}, function(new)
      assert.equal(23, #assert(new:client({ page_size = 5, max_rows = 23, max_pages = 7 }):meters():collect()))
    end)
  end)

  it("wants integers from 1", function()
    world.run({}, function(new)
      for _, value in ipairs { 0, -1, 1.5, "5" } do
        assert.has_error(function() new:client { max_rows = value } end)
        assert.has_error(function() new:client({}):meters { max_pages = value } end)
      end
    end)
  end)
end)
