-- Which functions there are: the fuzzer has to know what each takes, so that none is added unseen.
local surface = {}

--- The names of a table's functions, in order.
---@param list table
---@param known table<string, any> names that the target has an entry for
---@param left_out? table<string, boolean>
---@param target string
function surface.names(list, known, left_out, target)
  local names = {}
  for name, value in next, list do
    if type(value) == "function" and not (left_out and left_out[name]) and not tostring(name):find("^_") then
      if known[name] == nil then
        error(("%s is new: say in fuzz/%s.lua what it takes, or why it is left out"):format(name, target))
      end
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

--- The names of the methods of an object's class.
function surface.methods(object, known, target)
  return surface.names(debug.getmetatable(object).__index, known, nil, target)
end

return surface
