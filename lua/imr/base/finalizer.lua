-- Runs a function when an object is collected; Lua 5.1 and LuaJIT have no __gc for tables, only for userdata.

local newproxy = rawget(_G, "newproxy")

---@param object table the finalizer lives as long as it does
---@param fn fun() must not refer to the object
return function(object, fn)
  local guard
  if newproxy then
    guard = newproxy(true)
    getmetatable(guard).__gc = fn
  else
    guard = setmetatable({}, { __gc = fn })
  end
  rawset(object, "_guard", guard)
end
