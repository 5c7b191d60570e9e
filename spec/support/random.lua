-- Numbers that look like chance, the same for every Lua.

---@param seed integer 1 to 2147483646
---@return fun(most: integer): integer from 1 on
return function(seed)
  return function(most)
    seed = (seed * 16807) % 2147483647
    return seed % most + 1
  end
end
