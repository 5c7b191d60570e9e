---The keys of a table of names, in order: for messages and output that are the same each time.
---@param known table<string, any>
---@return string[]
return function(known)
  local names = {}
  for name in pairs(known) do names[#names + 1] = name end
  table.sort(names)
  return names
end
