-- What is made from the schema and from the comments in C is what is in the tree.
package.path = package.path .. ";./scripts/?.lua"

local docs = require "docs"
local files = require "support.files"
local ldoc = require "docs_ldoc"
local library = require "docs_library"
local schema = require "docs_schema"
local source = require "docs_source"

local ADVICE = " is out of date: `make docs` makes it anew"

describe("the generated pages", function()
  for path, text in pairs(docs.pages()) do
    it(path, function() assert.is_true(files.read(path) == text, path .. ADVICE) end)
  end

  it("name every field of every record in both languages", function()
    for _, page in ipairs { schema.records "en", schema.records "zh" } do
      for _, endpoint in ipairs(require("imr").schema()) do
        for _, field in ipairs(endpoint.fields) do
          assert.matches("\n| `" .. field.name .. "` | `" .. field.wire[1] .. "`", page, 1, true)
        end
      end
    end
  end)

  it("for editors are Lua", function()
    for path in pairs(docs.pages()) do
      if path:find "%.lua$" then assert.is_truthy(loadfile(path)) end
    end
    assert.is_truthy(loadfile "library/imr/types.lua")
  end)

  it("have the fields that the decoder derives", function()
    local derived = {}
    for _, endpoint in ipairs(require("imr").schema()) do
      for _, field in ipairs(endpoint.record and schema.derived(endpoint) or {}) do derived[field.name] = field.type end
    end
    assert.same({ kind = "string", type_name = "string", image_ok = "boolean" }, derived)
  end)
end)

describe("doc comments", function()
  it("divide a type from what follows it", function()
    local cases = {
      { "string the name", "string", "the name" },
      { "string|nil", "string|nil", "" },
      { "{ a: string, b: number? } of both", "{ a: string, b: number? }", "of both" },
      { "fun(a: number, b): boolean?, any asked", "fun(a: number, b): boolean?, any", "asked" },
      { "fun() called", "fun()", "called" },
      { '"a b"|"c" words', '"a b"|"c"', "words" },
    }
    for _, case in ipairs(cases) do
      assert.same({ case[2], case[3] }, { source.split_type(case[1]) })
    end
  end)

  it("become what LDoc reads", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    files.write(path, [[
-- A module.
--
--   local x = m.f("a")   -- x < 1
local m = {}
---Does `it`.
---@param a string?|{ b: number } what
---@param c? integer
---@return true|nil done
function m.f(a, c) return a, c end
---Not public.
local function g() end
return { m, g }
]])
    assert.equal([[
--- A module.
--
-- <pre>
--   local x = m.f("a")   -- x &lt; 1
-- </pre>
-- @module m

--- Does <code>it</code>.
-- @function m.f
-- @tparam string|nil|{b:number} a what
-- @tparam[opt] integer c
-- @treturn true|nil done

]], ldoc.lua_module { name = "m", parts = { { file = path, of = { m = "m" } } } })
  end)

  it("join the results of a C function", function()
    local entry = library.read [[Does it.
      @function f
      @tparam[opt] string a x
      @treturn[1] integer n
      @treturn[2] nil
      @treturn[2] string why]]
    assert.same({ name = "f", text = "Does it.",
      params = { { name = "a", optional = true, type = "string", text = "x" } },
      results = { { type = "integer|nil", text = "n" }, { type = "string", text = "why" } } }, entry)
  end)
end)
