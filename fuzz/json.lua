-- Any text, read by our reader in three ways and by lua-cjson. What cjson refuses we refuse; what both take is the
-- same.
local cjson = require("cjson").new()
local compare = require "compare"
local core = require "imr.core"
local native = require "native"

cjson.decode_max_depth(1000)

-- cjson refuses what JSON allows: half a surrogate pair, and a byte order mark.
local function only_ours(text)
  return text:find("\\u[dD][89a-fA-F]") or text:sub(1, 3) == "\239\187\191"
end

return function(text)
  local taken, place = native.read(text)
  local value, problem = core.json(text)
  local theirs_fine, theirs = pcall(cjson.decode, text)
  if problem then
    assert(type(problem) == "string" and value == nil)
    -- The reader alone knows neither a number's range nor whether a string is UTF-8.
    local at = tonumber(problem:match("^invalid JSON at byte (%d+): "))
    assert(at and at <= #text + 1, problem)
    assert(taken or at <= place, "the reader stops later than the decoder")
    return
  end
  assert(taken, "the decoder takes what the reader refuses")
  assert(theirs_fine or only_ours(text), theirs)
  if theirs_fine then compare.must_be_same(value, theirs, "decoded") end
end
