local copy = require "imr.base.copy"

---A column of a table.
---@class imr.database.Column
---@field name string
---@field type "text"|"int"|"id"|"time"|"dec"|"flag"|"json"
---@field comment string
---@field key? boolean
---@field measured? boolean a change of it under the same key is a restatement
---@field default? string SQL of what it holds where nothing is said

---@param name string
---@param type string
---@param comment string
---@param more? table further fields of the column
---@return imr.database.Column
return function(name, type, comment, more)
  return copy({ name = name, type = type, comment = comment }, more)
end
