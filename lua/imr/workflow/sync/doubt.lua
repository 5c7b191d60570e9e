--- A listing that suddenly shows nothing, or hardly anything, of what it showed before is not believed until two runs
--- agree on it that are at least an hour apart.

local doubt = {}

local APART = 3600 -- seconds

local NOTE = "INSERT INTO cursors (listing, meter_no, doubted_at) VALUES (?, '', ?) ON CONFLICT (listing, meter_no) "
  .. "DO UPDATE SET doubted_at = excluded.doubted_at"
local CLEAR = "UPDATE cursors SET doubted_at = NULL WHERE listing = ? AND meter_no = '' AND doubted_at IS NOT NULL"
local FIND = "SELECT %s AS doubted_at FROM cursors WHERE listing = ? AND meter_no = ''"

---The listing shows what it has: there is nothing to doubt.
---@param db imr.Database
---@param name string of the listing
function doubt.clear(db, name)
  db:execute(CLEAR, name)
end

---The listing lacks most of it. Within a transaction.
---@param db imr.Database
---@param name string of the listing
---@param now integer
---@return boolean doubted false: a run before, at least an hour ago, found the same
function doubt.remains(db, name, now)
  local found = db:row(FIND:format(db:exact("time", "doubted_at")), name)
  local since = found and found.doubted_at
  if since and now - since >= APART then
    doubt.clear(db, name)
    return false
  end
  if not since or since > now then db:execute(NOTE, name, now) end
  return true
end

return doubt
