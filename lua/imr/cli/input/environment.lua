---A variable of the environment; one that is empty counts as not set, as everywhere.
---@param name string
---@return string|nil
return function(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end
