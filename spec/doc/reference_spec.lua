-- What is made from the schema and from the comments in C is what is in the tree.
package.path = package.path .. ";./scripts/?.lua"

local docs = require "docs"
local cjson = require "cjson"
local codec = require "imr.client.codec"
local editor = require "docs_editor"
local files = require "support.files"
local ldoc = require "docs_ldoc"
local library = require "docs_library"
local platform = require "imr.schema"
local schema = require "docs_schema"
local source = require "docs_source"

local ADVICE = " is out of date: `make docs` makes it anew"

describe("the generated pages", function()
  for path, text in pairs(docs.pages()) do
    it(path, function() assert.is_true(files.read(path) == text, path .. ADVICE) end)
  end

  -- One table takes the functions of many files: the second of a name would take the place of the first.
  it("know each function of imr.core once", function()
    local found = {}
    for line in files.read("library/imr/core.lua"):gmatch("\nfunction ([^(]+)") do
      assert.is_nil(found[line], line)
      found[line] = true
    end
    assert.is_true(found["core.is_utf8"])
  end)

  it("has each kind of error for editors", function()
    local page, types = files.read "doc/reference/codes.md", files.read "library/imr/types.lua"
    local named, known = {}, {}
    for kind in page:gmatch "\n| [%w]+ | [^|]+ | `([%l_]+)`" do named[kind] = kind ~= "ok" or nil end
    for kind in page:gmatch "\n| `([%l_]+)` |" do named[kind] = true end
    for kind in types:match("@alias imr.ErrorKind\n(.-)\n\n"):gmatch '"([%l_]+)"' do known[kind] = true end
    assert.same(named, known)
  end)

  it("name every field of every record in both languages", function()
    for _, page in ipairs { schema.records "en", schema.records "zh" } do
      for _, endpoint in ipairs(require("imr").schema()) do
        for _, field in ipairs(endpoint.fields) do
          assert.matches("\n| `" .. field.name .. "` | `" .. field.wire[1] .. "`", page, 1, true)
        end
      end
    end
  end)

  -- The client fills a page's size in, and its cursor counts the pages.
  it("call for no parameter that a caller need not give", function()
    for _, page in ipairs { schema.records "en", schema.records "zh" } do
      for _, endpoint in ipairs(require("imr").schema()) do
        for _, param in ipairs(endpoint.params) do
          local line = "\n| `" .. param.name .. "` | `" .. param.wire .. "` |"
          assert.equal(param.name ~= "page", page:find(line, 1, true) ~= nil, param.name)
        end
      end
    end
    assert.matches("| `page_size` | `pageSize` | page_size | no |", schema.records "en", 1, true)
    assert.matches("| `from` | `BeginDate` | from | yes |", schema.records "en", 1, true)
  end)

  it("for editors say the unit of times", function()
    local times = {}
    for _, endpoint in ipairs(require("imr").schema()) do
      for _, field in ipairs(endpoint.fields) do times[field.name] = field.type == "time" end
    end
    for name, type_, text in editor.records():gmatch "@field ([%l_]+)%? (%S+) ([^\n]+)" do
      assert.equal(times[name] or false, type_ == "integer" and text:find "Unix seconds$" ~= nil, name)
    end
  end)

  it("for editors are Lua", function()
    for path in pairs(docs.pages()) do
      if path:find "%.lua$" then assert.is_truthy(loadfile(path)) end
    end
    assert.is_truthy(loadfile "library/imr/types.lua")
  end)

  -- What the decoder makes of a row with every field.
  local function decoded(endpoint)
    local samples, sent = { time = "2025-06-01 00:00:00" }, {}
    for _, field in ipairs(endpoint.fields) do
      sent[field.wire[1]] = field.words and next(field.words) or samples[field.type] or "1"
    end
    return codec.decode(endpoint.name, cjson.encode { code = 200, data = { sent } }, "string", 0).rows[1]
  end

  it("have the fields that the decoder derives", function()
    local all = {}
    for _, endpoint in ipairs(platform.endpoints) do
      local record = endpoint.listing and decoded(endpoint) or {}
      for _, field in ipairs(endpoint.fields) do record[field.name] = nil end
      for _, field in ipairs(schema.derived(endpoint)) do
        all[field.name] = type(record[field.name])
        assert.equal(schema.type_of_derived(field), all[field.name])
        record[field.name] = nil
      end
      assert.same({}, record)
    end
    assert.same({ kind = "string", type_name = "string", image_ok = "boolean" }, all)
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
      { "table|fun(a: b): boolean asked", "table|fun(a: b): boolean", "asked" },
      { "fun(): a|nil, b? asked", "fun(): a|nil, b?", "asked" },
    }
    for _, case in ipairs(cases) do
      local type_, rest = source.split_type(case[1])
      assert.same({ case[2], case[3] }, { type_, rest })
    end
  end)

  it("have unions, whose members are divided outside of brackets, quotes and results only", function()
    local cases = {
      ["string|nil"] = { "string", "nil" },
      ["table<a|b, c|d>|{ e: f|g }"] = { "table<a|b, c|d>", "{ e: f|g }" },
      ['"a|b"|(c|d)[]'] = { '"a|b"', "(c|d)[]" },
      ["table|fun(a: b|c): d|e, f|g"] = { "table", "fun(a: b|c): d|e, f|g" },
      ["fun(a)|nil"] = { "fun(a)", "nil" },
    }
    for type_, members in pairs(cases) do assert.same(members, (select(3, source.split_type(type_)))) end
  end)

  -- What LDoc reads of a Lua file with this text.
  local function read_by_ldoc(text)
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    files.write(path, text)
    return ldoc.lua_module { name = "m", parts = { { file = path, of = { m = "m" } } } }
  end

  it("become what LDoc reads", function()
    local text = read_by_ldoc [[
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
]]
    assert.equal([[
--- A module.
--
-- <pre>
--   local x = m.f("a")   -- x &lt; 1
-- </pre>
-- @module m

--- Does <code>it</code>.
-- @function m.f
-- @tparam string|nil|{&#32;b:&#32;number&#32;} a what
-- @tparam[opt] integer c
-- @treturn true|nil done

]], text)
  end)

  it("hide from LDoc what it would take a type apart at", function()
    local types = {}
    local text = read_by_ldoc [[
-- A module.
local m = {}
---Does it.
---@param a table<integer|string, integer>?
---@param b "quiet hours"|"error"
---@param c string|fun(d: string, e: number?): boolean what
function m.f(a, b, c) return a, b, c end
return m
]]
    for type_ in text:gmatch "@tparam (%S+)" do types[#types + 1] = type_ end
    assert.same({ "table&lt;integer&#124;string,&#32;integer&gt;|nil", '"quiet&#32;hours"|"error"',
      "string|fun(d:&#32;string,&#32;e:&#32;number&#63;):&#32;boolean" }, types)
    assert.matches(" c what\n", text, 1, true)
  end)

  it("name a class's parent, and not the words behind its name", function()
    local text = read_by_ldoc [[
-- A module.
local m = {}
---Options.
---@class m.Options: m.Base
---@field a string
local options
---A row.
---@class m.Row of one listing
---@field b string
local row
return m, options, row
]]
    assert.matches("It has the fields of <code>m.Base</code> too.", text, 1, true)
    assert.equal(1, select(2, text:gsub("It has the fields", "")))
    assert.matches("@table m.Row\n", text, 1, true)
  end)

  it("tell of values, and of a class at the end of a file", function()
    local text = read_by_ldoc [[
-- A module.
local m = {}
---By number.
---@type table<integer, m.Row>
m.rows = {}
---A row.
---@class m.Row
---@field a string
]]
    assert.equal([[
--- A module.
-- @module m

--- By number.
-- It is <code>table&lt;integer, m.Row&gt;</code>.
-- @class field
-- @name m.rows

--- A row.
-- @table m.Row
-- @tfield string a

]], text)
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
      results = { { type = "integer|nil", text = "n" }, { type = "string|nil", text = "why" } } }, entry)
  end)

  it("give a handle's class its module's name, wherever it is taken or given", function()
    local path = os.tmpname()
    finally(function() os.remove(path) end)
    files.write(path, "/*** Opens.\n@function open\n@tparam table<string,door> doors\n@treturn door|nil */\n"
      .. "/*** Knocks.\n@function door:knock\n@treturn string door */\n")
    local text = library.of { name = "a.house", c = { path } }
    assert.matches("---@param doors table<string,a.house.door>\n---@return a.house.door|nil\n", text, 1, true)
    assert.matches("---@class a.house.door: userdata\nlocal door = {}\n", text, 1, true)
    assert.matches("---@return string door\n", text, 1, true)
  end)
end)
