-- Values compared as what they mean: cjson has floats only.
local compare = {}

local function same_number(a, b)
  return a + 0.0 == b + 0.0 or (a ~= a and b ~= b)
end

---@return boolean
function compare.same(a, b)
  if type(a) == "number" and type(b) == "number" then return same_number(a, b) end
  if type(a) ~= "table" or type(b) ~= "table" then return rawequal(a, b) end
  for key, value in pairs(a) do
    if not compare.same(value, b[key]) then return false end
  end
  for key in pairs(b) do
    if a[key] == nil then return false end
  end
  return true
end

--- A value in one line, for the message of a finding.
---@return string
function compare.show(value)
  if type(value) ~= "table" then return type(value) == "string" and ("%q"):format(value) or tostring(value) end
  local parts = {}
  for key, entry in pairs(value) do parts[#parts + 1] = ("[%s]=%s"):format(compare.show(key), compare.show(entry)) end
  table.sort(parts)
  return "{" .. table.concat(parts, ", ") .. "}"
end

function compare.must_be_same(a, b, what)
  if not compare.same(a, b) then error(("%s: %s is not %s"):format(what, compare.show(a), compare.show(b)), 2) end
end

return compare
