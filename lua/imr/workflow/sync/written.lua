---A value as text, as a restatement keeps it.
---@return string|nil
return function(value)
  if type(value) == "boolean" then return value and "true" or "false" end
  return value ~= nil and tostring(value) or nil
end
