-- Options as a table of names and types, for what has few of them; the client's own are in imr.client.options.

local unknown_option = require "imr.base.unknown_option"
local sorted_names = require "imr.base.names"

---Whether this is a table that holds only options that there are, of the right types.
---@param options any
---@param known table<string, string> the type of each, or "any"
---@param whose? string "redis " for "redis option 'port' must be a number"
---@return string|nil message
return function(options, known, whose)
  if type(options) ~= "table" then return ("%soptions are a table, not a %s"):format(whose or "", type(options)) end
  for name, value in pairs(options) do
    local kind = known[name]
    if not kind then return unknown_option(tostring(name), sorted_names(known)) end
    if kind ~= "any" and type(value) ~= kind then
      return ("%soption '%s' must be a %s"):format(whose or "", name, kind)
    end
  end
end
