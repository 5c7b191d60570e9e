local is_before = require "imr.base.is_before"

-- Where `<` goes by bytes of itself; a name may hold anything, so table.sort's own order is far quicker.
local function goes_by_bytes()
  if rawget(_G, "jit") then return true end
  local locale = os.setlocale(nil, "collate")
  return locale == "C" or locale == "POSIX"
end

---The keys of a table of names, in order: for messages and output that are the same each time, in every locale.
---@param known table<string, any>
---@return string[]
return function(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names, not goes_by_bytes() and is_before or nil)
  return names
end
