-- The page of errors names every kind that the sources make, and no other.
local errors = require "imr.errors"
local files = require "support.files"
local kinds = require("imr.words").kinds
local shell = require "support.shell"

-- Kinds of other things: of meters, of bills and their rows, of supply, of a setting of the simulator.
local OTHER_THINGS = { other = true, resolved = true, unresolved = true, electricity = true, normal = true }

-- Where a kind is given: to a field, as an argument, in a table in C.
local PLACES = {
  "[%s{.]kind = ([^,\n]*)", "%.kind, %w+%.[%w_]+ = ([^,\n]*)", '[^.]problem%(("%l[%l_]*")', 'fail%(("%l[%l_]*")',
  'failure, ("%l[%l_]*")', '{[%u_]+, ("%l[%l_]*"), "',
}

-- The kinds that a source makes.
local function kinds_in(text, found)
  for _, place in ipairs(PLACES) do
    for expression in text:gmatch(place) do
      for kind in expression:gmatch '"(%l[%l_]*)"' do found[kind] = not OTHER_THINGS[kind] or nil end
    end
  end
  return found
end

local function of_the_tree()
  local found = {}
  local list = "find lua csrc -name '*.lua' -o -name '*.c' | grep -v '^lua/imr/simulator/'"
  for _, path in ipairs(shell.lines(list)) do kinds_in(files.read(path), found) end
  return found
end

local function of_return_codes()
  local found = {}
  for code = 0, 2000 do found[errors.code(code)] = true end
  return found
end

describe("the page of errors", function()
  it("names every kind that the sources make", function()
    local named = of_return_codes()
    for _, entry in ipairs(kinds) do named[entry[1]] = true end
    for kind in pairs(of_the_tree()) do
      assert.is_true(named[kind] == true, kind .. " is not in lua/imr/words.lua")
    end
  end)

  it("names no other, and none twice", function()
    local made, seen = of_the_tree(), {}
    for _, entry in ipairs(kinds) do
      assert.is_true(made[entry[1]] == true, entry[1] .. " is made nowhere")
      assert.is_nil(seen[entry[1]], entry[1] .. " is there twice")
      seen[entry[1]] = true
    end
  end)

  it("finds kinds wherever they are given", function()
    assert.same({ a = true, b = true, c = true, d = true, e = true, f = true, g = true }, kinds_in([[
      return errors.new { kind = "a", message = "x" }
      errors.new {
        kind = later and "b" or "c",
      }
      err.kind, err.retryable = "d", false
      exit.fail("e", "x")
      imr_failure_say(&transfer->failure, "f", "x");
      {CURLE_SEND_ERROR, "g", "x"}, {IMR_TYPE, "number"},
      kind = "resolved"
    ]], {}))
  end)
end)
