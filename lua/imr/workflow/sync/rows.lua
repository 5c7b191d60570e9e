--- The rows of one listing's table as the sync changes them: rows are tables by column.
---
--- Rows of one meter, moment, project and device are a group. What a listing shows of a group is held against what is
--- stored of it when the listing has ended: equal rows are the same row, others are corrections, one for one; what is
--- more is new, and what is less is withdrawn. So it does not matter in which order, or on which pages, the rows come.

local same = require "imr.workflow.sync.same"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local written = require "imr.workflow.sync.written"

local Rows = {}
Rows.__index = Rows

local sync_rows = {}

-- What is ours stays when the platform's row changes.
local ours = { day = true, stored_at = true, changed_at = true, withdrawn_at = true }

local function names_where(entry, test)
  local names = {}
  for _, column in ipairs(entry.columns) do
    if test(column) then names[#names + 1] = column.name end
  end
  return names
end

local function equals(names, separator)
  local parts = {}
  for index, name in ipairs(names) do parts[index] = name .. " = ?" end
  return table.concat(parts, separator)
end

local function statements(self, entry)
  local keys = names_where(entry, function(column) return column.key and column.name ~= "copy" end)
  local rest = names_where(entry, function(column) return not column.key and not ours[column.name] end)
  local where = equals(keys, " AND ")
  self.keys, self.rest = keys, rest
  self.find = ("SELECT %s FROM %s WHERE %s ORDER BY copy"):format(self.db:columns(entry.name), entry.name, where)
  self.update = ("UPDATE %s SET %s, changed_at = ?, withdrawn_at = NULL WHERE %s AND copy = ?"):format(entry.name,
    equals(rest, ", "), where)
  self.withdraw = ("UPDATE %s SET withdrawn_at = ? WHERE %s AND copy = ? AND withdrawn_at IS NULL"):format(entry.name,
    where)
  self.renumber = ("UPDATE %s SET copy = ? WHERE %s AND copy = ?"):format(entry.name, where)
end

local RESTATE = "INSERT INTO restatements (table_name, meter_no, row_time, granularity, copy, project_code, "
  .. "device_id, field, old_value, new_value, old_seen, new_seen, run_id) "
  .. "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

---@param db imr.Database
---@param listing imr.sync.Listing one with a moment
---@param run_id integer
---@param insert fun(row: table): boolean stores a row of whose key there is none; false: there is one
function sync_rows.new(db, listing, run_id, insert)
  local entry = tables[listing.table]
  local self = setmetatable({ db = db, listing = listing, entry = entry, run_id = run_id, insert = insert,
    order = same.order(entry.columns) }, Rows)
  statements(self, entry)
  return self
end

-- The values of the group's key, and what stands before and behind them in a statement.
local function with_key(self, before, row, behind)
  local given, count = {}, before.n or #before
  for index = 1, count do given[index] = before[index] end
  for index, name in ipairs(self.keys) do given[count + index] = row[name] end
  if behind == nil then return unpack(given, 1, count + #self.keys) end
  given[count + #self.keys + 1] = behind
  return unpack(given, 1, count + #self.keys + 1)
end

---The stored rows of a row's group, those that are withdrawn too.
---@param row table
---@return table[]
function Rows:stored(row)
  return self.db:all(self.find, with_key(self, {}, row))
end

-- ---------------------------------------------------------------- one row

local function restate(self, old, row, column, now)
  self.db:execute(RESTATE, self.entry.name, old.meter_no, old[self.listing.moment], old.granularity, old.copy,
    old.project_code, old.device_id, column.name, written(old[column.name]), written(row[column.name]),
    old.changed_at or old.stored_at, now, self.run_id)
end

-- Which of two spellings of a number stays: the shorter one of noise.
local function is_other(column, old, new)
  if old == new then return false end
  return not same.value(column, old, new) or #tostring(new) + 8 < #tostring(old)
end

---Brings a stored row to what the listing shows of it.
---@param old table the stored row
---@param row table
---@param now integer
---@return boolean restated a measured value changed
function Rows:bring(old, row, now)
  local changed, restated = old.withdrawn_at ~= nil, false
  for _, column in ipairs(self.entry.columns) do
    local name = column.name
    if not column.key and not ours[name] and is_other(column, old[name], row[name]) then
      changed = true
      if column.measured and not same.value(column, old[name], row[name]) then
        restated = true
        restate(self, old, row, column, now)
      end
    end
  end
  if not changed then return false end
  local given = { n = #self.rest + 1 }
  for index, name in ipairs(self.rest) do given[index] = row[name] end
  given[given.n] = restated and now or old.changed_at
  self.db:execute(self.update, with_key(self, given, row, old.copy))
  return restated
end

---The platform does not list a row any more.
---@param row table with its key and copy
---@param now integer
---@return boolean withdrawn false where it is already
function Rows:take_back(row, now)
  return self.db:execute(self.withdraw, with_key(self, { now }, row, row.copy)) > 0
end

-- ---------------------------------------------------------------- a group

local function is_live(row) return row.withdrawn_at == nil end

-- Takes the stored row out of the list that says the same as a row, one that is not withdrawn first.
local function take_equal(self, stored, row)
  for _, withdrawn in ipairs { false, true } do
    for index, old in ipairs(stored) do
      if is_live(old) ~= withdrawn and same.row(self.entry.columns, old, row) then
        return table.remove(stored, index)
      end
    end
  end
end

local function has_live(stored)
  for _, old in ipairs(stored) do
    if is_live(old) then return true end
  end
  return false
end

-- The stored row that another one corrects. One that is withdrawn comes back so only where the whole group had gone.
local function take_next(stored, live)
  for index, old in ipairs(stored) do
    if is_live(old) == live then return table.remove(stored, index) end
  end
end

-- Rows that are listed come first, in the order of their values. The copies make room before they take their places.
local function number_anew(self, row)
  local stored = self:stored(row)
  if #stored < 2 then return end
  table.sort(stored, function(a, b)
    if is_live(a) ~= is_live(b) then return is_live(a) end
    if self.order(a, b) then return true end
    return not self.order(b, a) and a.copy < b.copy
  end)
  local moved = {}
  for index, entry in ipairs(stored) do
    if entry.copy ~= index - 1 then moved[#moved + 1] = { entry.copy, index - 1 } end
  end
  for _, move in ipairs(moved) do
    self.db:execute(self.renumber, with_key(self, { -1 - move[2] }, row, move[1]))
  end
  for _, move in ipairs(moved) do
    self.db:execute(self.renumber, with_key(self, { move[2] }, row, -1 - move[2]))
  end
end

local function add_new(self, row, counts)
  row.copy = 0
  while not self.insert(row) do row.copy = row.copy + 1 end
  counts.new_rows = counts.new_rows + 1
end

---A listing has shown these rows of one group, each with other values, and no more.
---@param shown table[]
---@param whole boolean the listing is known to be complete: what it lacks is withdrawn
---@param now integer
---@param counts { new_rows: integer, restated: integer, withdrawn: integer }
function Rows:settle(shown, whole, now, counts)
  local stored, left = self:stored(shown[1]), {}
  local live = has_live(stored)
  table.sort(shown, self.order)
  for _, row in ipairs(shown) do
    local old = take_equal(self, stored, row)
    if old then self:bring(old, row, now) else left[#left + 1] = row end
  end
  table.sort(stored, self.order)
  for _, row in ipairs(left) do
    local old = take_next(stored, live)
    if not old then
      add_new(self, row, counts)
    elseif self:bring(old, row, now) then
      counts.restated = counts.restated + 1
    end
  end
  for _, old in ipairs(stored) do
    if whole and self:take_back(old, now) then counts.withdrawn = counts.withdrawn + 1 end
  end
  number_anew(self, shown[1])
end

return sync_rows
