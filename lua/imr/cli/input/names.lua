--- Names of listings as a flag takes them: a listing is known by the name of its command, too, and the other way round.

local schema = require "imr.schema"

---Lets an option or argument take so many names, and what the same listings are called elsewhere.
---@param element table of the parser
---@param names string[]
---@return table element
return function(element, names)
  local meant, choices = {}, {}
  local function add(name, of)
    if meant[name] then return end
    choices[#choices + 1], meant[name] = name, of
  end
  for _, name in ipairs(names) do add(name, name) end
  for _, endpoint in ipairs(schema.listings) do
    local known = meant[endpoint.name] or meant[endpoint.program]
    if known then
      add(endpoint.name, known)
      add(endpoint.program, known)
    end
  end
  return element:choices(choices):convert(meant)
end
