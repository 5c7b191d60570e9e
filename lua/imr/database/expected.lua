--- Functions that take an open database tell of anything else at their caller's line.

---Is this a database of ours?
---@param db any
---@param what string the function that takes it
---@param level integer of the caller to blame, as in `error`
return function(db, what, level)
  local meta = type(db) == "table" and getmetatable(db)
  if type(meta) == "table" and meta.__name == "imr.database" then return end
  error(("%s takes an open database, of imr.database.open, not a %s"):format(what, type(db)), level + 1)
end
