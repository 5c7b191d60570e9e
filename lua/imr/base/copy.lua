---A new table with the fields of these, a later one's over an earlier one's.
---@param ... table|nil
---@return table
return function(...)
  local made = {}
  for index = 1, select("#", ...) do
    for name, value in pairs(select(index, ...) or {}) do made[name] = value end
  end
  return made
end
