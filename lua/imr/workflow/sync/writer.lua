--- Pages into the database: new rows, changed ones with their restatements, and rows that fit no table.
---
---   local writer = sync_writer.new(db, listing, { utc_offset =, clock =, run_id = })
---   writer:begin()          a listing begins: rows that come twice in it are told apart
---   writer:write(rows)      within a transaction; -> counts

local decimal = require "imr.decimal"
local doubles = require "imr.workflow.sync.doubles"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local values = require "imr.workflow.sync.values"

local Writer = {}
Writer.__index = Writer

local writer = {}

-- ---------------------------------------------------------------- statements

local function marks(count)
  return (("?, "):rep(count):gsub(", $", ""))
end

local function columns_where(entry, test)
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

-- What is ours stays when the platform's row changes.
local ours = { day = true, stored_at = true, changed_at = true, withdrawn_at = true }

-- The first columns of a table.
local function insert(entry, keys, count)
  local names = {}
  for index = 1, count do names[index] = entry.columns[index].name end
  return ("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT (%s) DO NOTHING"):format(entry.name,
    table.concat(names, ", "), marks(count), table.concat(keys, ", "))
end

local function statements(self, entry)
  local keys = columns_where(entry, function(column) return column.key end)
  local rest = columns_where(entry, function(column) return not column.key and not ours[column.name] end)
  local where = equals(keys, " AND ")
  self.keys, self.rest = keys, rest
  self.insert_all = insert(entry, keys, #entry.columns)
  self.insert = insert(entry, keys, self.usual)
  self.find = ("SELECT %s FROM %s WHERE %s"):format(self.db:columns(entry.name), entry.name, where)
  self.update = ("UPDATE %s SET %s, changed_at = ? WHERE %s"):format(entry.name, equals(rest, ", "), where)
end

local RESTATE = "INSERT INTO restatements (table_name, meter_no, row_time, granularity, copy, project_code, "
  .. "device_id, field, old_value, new_value, old_seen, new_seen, run_id) "
  .. "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
local ADVANCE = "INSERT INTO cursors (listing, meter_no, first_row, last_row) VALUES (?, ?, ?, ?) "
  .. "ON CONFLICT (listing, meter_no) DO UPDATE SET "
  .. "first_row = CASE WHEN cursors.first_row < excluded.first_row THEN cursors.first_row ELSE excluded.first_row END, "
  .. "last_row = CASE WHEN cursors.last_row > excluded.last_row THEN cursors.last_row ELSE excluded.last_row END"
local LAST_ROW = "SELECT %s AS last_row FROM cursors WHERE listing = ? AND meter_no = ?"

---@param db imr.Database
---@param listing imr.sync.Listing one with a moment
---@param settings { utc_offset: integer, clock: (fun(): integer), run_id: integer, rejected: table,
--- covered: integer? }
function writer.new(db, listing, settings)
  local entry = tables[listing.table]
  local self = setmetatable({ db = db, listing = listing, entry = entry, clock = settings.clock,
    run_id = settings.run_id, rejected = settings.rejected, covered = settings.covered, list = {}, lateness = 0 },
    Writer)
  self.fill, self.count = values.filler(listing.table, settings.utc_offset)
  self.last_row = LAST_ROW:format(db:exact("time", "last_row"))
  self.at = {}
  self.defaults = {}
  for index, column in ipairs(entry.columns) do
    self.at[column.name], self.defaults[index] = index, column.default
  end
  self.usual = self.at.changed_at - 1 -- columns behind it are rarely filled, and NULLs cost their time too
  statements(self, entry)
  self.doubles = doubles.new(entry, self.fill, self.list)
  return self
end

---A listing begins.
function Writer:begin()
  self.doubles:begin()
end

-- ---------------------------------------------------------------- rows without a place

local function reason_of(self, row)
  if not row.meter_no then return "it has no meter number" end
  if not row[self.listing.moment] then return ("it has no %s"):format(self.listing.moment) end
  return "its meter number holds a NUL"
end

-- ---------------------------------------------------------------- rows that are there already

-- Numbers are the same when their values are: the platform may write 1.5 today and "1.50" tomorrow.
local function same(column, old, new)
  if old == new then return true end
  if column.type ~= "dec" or old == nil or new == nil then return false end
  local a, b = decimal.parse(old), decimal.parse(new)
  return a ~= nil and b ~= nil and a == b
end

local written = doubles.written

local function restate(self, old, row, column, now)
  self.db:execute(RESTATE, self.entry.name, row.meter_no, row[self.listing.moment], self.listing.granularity,
    old.copy, old.project_code, old.device_id, column.name, written(old[column.name]),
    written(self.list[self.at[column.name]]), old.changed_at or old.stored_at, now, self.run_id)
end

-- The new values, those of the key behind them.
local function change(self, changed_at)
  local list, given = self.list, {}
  local count = #self.rest
  for index, name in ipairs(self.rest) do given[index] = list[self.at[name]] end
  given[count + 1] = changed_at
  for index, name in ipairs(self.keys) do given[count + 1 + index] = list[self.at[name]] end
  self.db:execute(self.update, unpack(given, 1, count + 1 + #self.keys))
end

local function key_values(self)
  local given = {}
  for index, name in ipairs(self.keys) do given[index] = self.list[self.at[name]] end
  return unpack(given, 1, #self.keys)
end

-- Compares with what is stored.
local function merge(self, row, now, counts)
  local old = self.db:row(self.find, key_values(self))
  local changed, restated = false, false
  for index, column in ipairs(self.entry.columns) do
    if not column.key and not ours[column.name] and not same(column, old[column.name], self.list[index]) then
      changed = true
      if column.measured then
        restated = true
        restate(self, old, row, column, now)
      end
    end
  end
  if changed then change(self, restated and now or old.changed_at) end
  if restated then counts.restated = counts.restated + 1 end
end

-- ---------------------------------------------------------------- pages

-- A new row of before the moment until which all had been read, of a meter that has newer ones: it came late.
local function note_lateness(self, row)
  local moment = row[self.listing.moment]
  if not self.covered or moment > self.covered then return end
  local cursor = self.db:row(self.last_row, self.listing.name, row.meter_no)
  if cursor and cursor.last_row and cursor.last_row > moment then
    self.lateness = math.max(self.lateness, self.covered - moment)
  end
end

local function add(self)
  local list, usual = self.list, self.usual
  local rest = usual
  for index = usual + 1, self.count do
    if list[index] ~= nil then rest = index end
  end
  if rest == usual then return self.db:execute(self.insert, unpack(list, 1, usual)) == 1 end
  return self.db:execute(self.insert_all, unpack(list, 1, self.count)) == 1
end

local function put(self, row, now, counts)
  local list, at = self.list, self.at
  self.fill(row, list)
  for index in pairs(self.defaults) do list[index] = list[index] or "" end
  if list[at.meter_no] == nil or list[at[self.listing.moment]] == nil then
    counts.rejected = counts.rejected + 1
    return self.rejected:keep(self.entry.name, row, reason_of(self, row), now)
  end
  local copy, again = self.doubles:copy_of(row, row.meter_no, row[self.listing.moment])
  if again then return end
  list[at.copy], list[at.stored_at] = copy, now
  list[at.day] = list[at[self.listing.moment .. "_local"]]:sub(1, 10)
  if at.granularity then list[at.granularity] = self.listing.granularity end
  if add(self) then
    counts.new_rows = counts.new_rows + 1
    note_lateness(self, row)
  else
    merge(self, row, now, counts)
  end
end

-- A moment that has not come yet is a clock that is wrong: it says nothing of how far the meter's rows go. Rows without
-- a usable key have not come so far.
local function advance(self, now)
  for number, moments in pairs(self.doubles.page) do
    local oldest, newest = math.huge, -math.huge
    for moment in pairs(moments) do
      if moment < oldest then oldest = moment end
      if moment > newest and moment <= now then newest = moment end
    end
    if newest >= oldest then self.db:execute(ADVANCE, self.listing.name, number, oldest, newest) end
  end
end

---Stores a page and moves its meters' cursors. To be called within a transaction.
---@param rows table[] records with their decimals as text; a value that can't be stored moves to `invalid`
---@return { rows: integer, new_rows: integer, restated: integer, rejected: integer }
function Writer:write(rows)
  local now = self.clock()
  local counts = { rows = #rows, new_rows = 0, restated = 0, rejected = 0 }
  for _, row in ipairs(rows) do put(self, row, now, counts) end
  advance(self, now)
  self.doubles:turn()
  return counts
end

return writer
