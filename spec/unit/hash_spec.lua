-- The hash that tells rows apart: the same values on a target without a 128-bit product, as every 32-bit one is.
local native = require "support.native"
local shell = require "support.shell"

local SOURCE = [[
#include <lauxlib.h>
#include <string.h>
#include "base/hash.c"
static int l_quick(lua_State *L) {
  size_t length;
  const char *text = luaL_checklstring(L, 1, &length);
  uint64_t hash = imr_hash_quick(text, length, 0);
  lua_pushlstring(L, (const char *)&hash, sizeof hash);
  return 1;
}
int luaopen_hash(lua_State *L) { lua_pushcfunction(L, l_quick); return 1; }
]]

local function hash_built(flags)
  return native.library(SOURCE, "luaopen_hash", "-I" .. shell.quote(shell.lines "pwd" [1] .. "/csrc") .. " " .. flags)
end

describe("the hash of a row", function()
  local narrow = hash_built "-U__SIZEOF_INT128__"

  -- What a sum of products takes for the same: two changes in the highest bytes that cancel out.
  it("differs where two rows differ, without a 128-bit product too", function()
    local rest = (" of a row that is longer than two blocks"):rep(4)
    assert.not_equal(narrow("readinga" .. "address8" .. rest), narrow("readingu" .. "address4" .. rest))
  end)

  it("is the same with and without a 128-bit product", function()
    local wide = hash_built ""
    local bytes = {}
    for index = 1, 400 do bytes[index] = string.char(index * index * 31 % 256) end
    local text = table.concat(bytes)
    for length = 0, #text do
      local part = text:sub(1, length)
      assert.equal(wide(part), narrow(part))
    end
    for _, byte in ipairs { "\0", "\1", "\127", "\128", "\255" } do
      local part = byte:rep(200)
      assert.equal(wide(part), narrow(part))
    end
  end)
end)
