-- The error object, and what each return code means (platform document §5).
local errors = require "imr.errors"

describe("return codes", function()
  local cases = {
    -- code, kind, executed, retryable
    { 1001, "failed", "maybe", true },
    { 1002, "auth", "no", false },
    { 1005, "auth", "no", false },
    { 1006, "token", "no", true },
    { 1007, "token", "no", true },
    { 1008, "request", "no", false },
    { 1009, "forbidden", "no", false },
    { 1010, "duplicate", "maybe", false },
    { 1011, "throttled", "no", true },
    { 1003, "failed", "maybe", true },
    { -1, "failed", "maybe", true },
    { 99999, "failed", "maybe", true },
  }
  for _, case in ipairs(cases) do
    it(("%d is %s"):format(case[1], case[2]), function()
      local kind, executed, retryable, meaning = errors.code(case[1])
      assert.same({ case[2], case[3], case[4] }, { kind, executed, retryable })
      assert.is_true(#meaning > 5)
    end)
  end
end)

describe("an error", function()
  local err = errors.new {
    kind = "throttled", code = 1011, message = "too fast", endpoint = "readings", executed = "no", retry_after = 1.5,
  }

  it("says where, what, and the facts", function()
    assert.equal("readings: too fast [throttled code=1011 executed=no retry_after=1.5]", tostring(err))
  end)

  it("joins with text on both sides", function()
    assert.equal("a " .. tostring(err), "a " .. err)
    assert.equal(tostring(err) .. " b", err .. " b")
    assert.equal(tostring(err) .. tostring(err), err .. err)
  end)

  it("is told from other tables", function()
    assert.is_true(errors.is(err))
    for _, other in ipairs { {}, "text", 1, true, setmetatable({}, {}) } do assert.is_false(errors.is(other)) end
    assert.has_error(function() errors.new("text") end)
  end)

  it("is readable with next to nothing in it", function()
    assert.equal("unknown error [failed]", tostring(errors.new {}))
    assert.equal("x [throttled retry_after=3.0]",
      (tostring(errors.new { kind = "throttled", message = "x", retry_after = 3.0040602659981 }):gsub("=3]", "=3.0]")))
    for _, odd in ipairs { 1 / 0, -1 / 0, 0 / 0, 1e308 } do
      assert.matches("^x %[failed retry_after=", tostring(errors.new { message = "x", retry_after = odd }))
    end
    assert.equal("x [failed code=?]", tostring(errors.new { message = "x", code = {} }))
  end)
end)
