--- Pages into the database: new rows at once, and at a listing's end what became of those that were there.
---
---   local writer = sync_writer.new(db, listing, { utc_offset =, clock =, run_id = })
---   writer:begin()          a listing begins
---   writer:write(rows)      within a transaction; -> counts
---   writer:settle(whole)    it has ended; within a transaction; -> counts

local absent = require "imr.workflow.sync.absent"
local days = require "imr.workflow.sync.days"
local moment_of = require "imr.workflow.sync.moment"
local same = require "imr.workflow.sync.same"
local seen = require "imr.workflow.sync.seen"
local sync_rows = require "imr.workflow.sync.rows"
local tables = require "imr.database.tables"
local unpack = require "imr.base.unpack"
local values = require "imr.workflow.sync.values"

local Writer = {}
Writer.__index = Writer

local writer = {}

-- The first columns of a table.
local function insert_statement(entry, count)
  local names = {}
  for index = 1, count do names[index] = entry.columns[index].name end
  return ("INSERT INTO %s (%s) VALUES (%s) ON CONFLICT DO NOTHING"):format(entry.name, table.concat(names, ", "),
    ("?, "):rep(count):sub(1, -3))
end

local ADVANCE = "INSERT INTO cursors (listing, meter_no, first_row, last_row) VALUES (?, ?, ?, ?) "
  .. "ON CONFLICT (listing, meter_no) DO UPDATE SET "
  .. "first_row = CASE WHEN cursors.first_row < excluded.first_row THEN cursors.first_row ELSE excluded.first_row END, "
  .. "last_row = CASE WHEN cursors.last_row > excluded.last_row THEN cursors.last_row ELSE excluded.last_row END"
local LAST_ROW = "SELECT %s AS last_row FROM cursors WHERE listing = ? AND meter_no = ?"

local function add(self)
  local list, filled = self.list, self.usual
  for index = self.usual + 1, self.count do
    if list[index] ~= nil then filled = self.count end
  end
  local statement = filled == self.usual and self.insert_usual or self.insert_all
  return self.db:execute(statement, unpack(list, 1, filled)) == 1
end

-- A row as a table by column, as the database gives it.
local function as_row(self)
  local row = {}
  for index, column in ipairs(self.entry.columns) do row[column.name] = self.list[index] end
  return row
end

local function add_row(self, row)
  for index, column in ipairs(self.entry.columns) do self.list[index] = row[column.name] end
  return add(self)
end

---@param db imr.Database
---@param listing imr.sync.Listing one with a moment
---@param settings { utc_offset: integer, clock: (fun(): integer), run_id: integer, rejected: table,
--- covered: integer?, look_back: integer? } covered: until when all had been read; look_back: what each run reads again
function writer.new(db, listing, settings)
  local entry = tables[listing.table]
  local self = setmetatable({ db = db, listing = listing, entry = entry, clock = settings.clock,
    rejected = settings.rejected, covered = settings.covered, look_back = settings.look_back,
    offset = settings.utc_offset, tenancies = settings.tenancies, list = {}, lateness = 0 }, Writer)
  self.fill, self.count = values.filler(listing.table, settings.utc_offset)
  self.last_row = LAST_ROW:format(db:exact("time", "last_row"))
  self.at, self.defaults = values.places(listing.table)
  self.local_moment = listing.moment .. "_local"
  self.usual = self.at.changed_at - 1 -- columns behind it are rarely filled, and NULLs cost their time too
  self.insert_usual, self.insert_all = insert_statement(entry, self.usual), insert_statement(entry, self.count)
  self.rows = sync_rows.new(db, listing, settings.run_id, function(row) return add_row(self, row) end)
  self.days = days.new(db, listing, settings.utc_offset)
  self:begin()
  return self
end

---A listing begins.
function Writer:begin()
  self.seen, self.page, self.oldest, self.shown = seen.new(), {}, math.huge, 0
end

-- ---------------------------------------------------------------- a row

local function reason_of(self, row)
  if not row.meter_no then return "it has no meter number" end
  if not row[self.listing.moment] then return ("it has no %s"):format(self.listing.moment) end
  return "its meter number holds a NUL"
end

-- A new row of before the moment until which all had been read, of a meter that has newer ones: it came late. What only
-- a deeper reading finds does not make each run look back further.
local function note_lateness(self, moment)
  if not self.covered or moment > self.covered or moment < self.covered - self.look_back then return end
  local cursor = self.db:row(self.last_row, self.listing.name, self.list[self.at.meter_no])
  if cursor and cursor.last_row and cursor.last_row > moment then
    self.lateness = math.max(self.lateness, self.covered - moment)
  end
end

-- Only a row that is new shows who lived there: the platform may write today's tenant beside old ones. A code that was
-- cut inside a character is nobody's.
local function note_tenant(self, row)
  local list, at = self.list, self.at
  local user_code = at.user_code and row.user_code and list[at.user_code]
  if not user_code or not self.tenancies then return end
  self.tenancies:show_row(list[at.meter_no], list[at.device_id], list[at[self.listing.moment]], user_code)
end

-- The first row of its group in this listing.
local function put_first(self, row, moments, moment, now, counts)
  if add(self) then
    counts.new_rows = counts.new_rows + 1
    note_lateness(self, moment)
    if moment <= now then note_tenant(self, row) end
    moments[moment] = 0
    return
  end
  local own = as_row(self)
  local stored = self.rows:stored(own)
  if #stored == 1 and not stored[1].withdrawn_at and same.row(self.entry.columns, stored[1], own) then
    self.rows:bring(stored[1], own, now)
    moments[moment] = stored[1].copy
    return
  end
  self.seen:keep_open(moments, moment, { own })
end

-- Another row of a group: the same once more, or one beside it.
local function put_further(self, known, moments, moment)
  local own, columns = as_row(self), self.entry.columns
  if type(known) == "number" then
    local first
    for _, stored in ipairs(self.rows:stored(own)) do
      if stored.copy == known then first = stored end
    end
    if same.row(columns, first, own) then return end
    return self.seen:keep_open(moments, moment, { first, own })
  end
  for _, other in ipairs(known) do
    if same.row(columns, other, own) then return end
  end
  known[#known + 1] = own
end

-- What the page says of how far its meters' rows go.
local function note_moment(self, number, moment, now)
  local found = self.page[number]
  if not found then
    found = { oldest = moment, newest = -math.huge }
    self.page[number] = found
  end
  if moment < found.oldest then found.oldest = moment end
  -- A moment that has not come yet is a clock that is wrong.
  if moment > found.newest and moment <= now then found.newest = moment end
end

-- A moment that is written otherwise is read where it can mean only one thing. How it was written stays in `invalid`.
local function read_moment(self, row)
  local name = self.listing.moment
  if row[name] == nil and row.invalid then
    row[name] = moment_of.read(row.invalid[name], self.offset, name == "freeze_time")
  end
end

local function reject(self, row, now, counts)
  counts.rejected = counts.rejected + 1
  local list, at, moment = self.list, self.at, self.listing.moment
  local written = list[at[self.local_moment]] or row.invalid and row.invalid[moment]
  self.rejected:keep(self.entry.name, row, reason_of(self, row), now,
    { meter_no = list[at.meter_no], day = moment_of.date(written) })
end

local function put(self, row, now, counts)
  local list, at = self.list, self.at
  read_moment(self, row)
  self.fill(row, list)
  for _, index in ipairs(self.defaults) do
    if list[index] == nil then list[index] = "" end
  end
  local number, moment = list[at.meter_no], list[at[self.listing.moment]]
  if number == nil or moment == nil then return reject(self, row, now, counts) end
  list[at.copy], list[at.stored_at], list[at.day] = 0, now, self.days:of(number, moment, list[at[self.local_moment]])
  if at.granularity then list[at.granularity] = self.listing.granularity end
  note_moment(self, number, moment, now)
  self.shown = self.shown + 1
  local moments = self.seen:moments(seen.identity(number, list[at.project_code], list[at.device_id]))
  local known = moments[moment]
  if known then return put_further(self, known, moments, moment) end
  put_first(self, row, moments, moment, now, counts)
end

-- ---------------------------------------------------------------- pages and listings

local function advance(self)
  for number, moments in pairs(self.page) do
    self.oldest = math.min(self.oldest, moments.oldest)
    if moments.newest >= moments.oldest then
      self.db:execute(ADVANCE, self.listing.name, number, moments.oldest, moments.newest)
    end
  end
  self.page = {}
end

---Stores a page and moves its meters' cursors. To be called within a transaction.
---@param rows table[] records with their decimals as text; a value that can't be stored moves to `invalid`
---@return { rows: integer, new_rows: integer, restated: integer, rejected: integer }
function Writer:write(rows)
  local now = self.clock()
  local counts = { rows = #rows, new_rows = 0, restated = 0, rejected = 0 }
  for _, row in ipairs(rows) do put(self, row, now, counts) end
  advance(self)
  return counts
end

---The listing has ended: what it has shown of rows that were there is held against them. To be called within a
---transaction.
---@param whole boolean it is known to be complete
---@return { new_rows: integer, restated: integer, withdrawn: integer }
function Writer:settle(whole)
  local now = self.clock()
  local counts = { new_rows = 0, restated = 0, withdrawn = 0 }
  for _, shown in ipairs(self.seen.open) do self.rows:settle(shown, whole, now, counts) end
  self.seen.open = {}
  return counts
end

---The platform does not list these rows any more. To be called within a transaction.
---@param absent_rows imr.sync.Absent
---@param since number older ones stay: the platform's own history may begin there
---@return { withdrawn: integer }
function Writer:withdraw(absent_rows, since)
  local now, counts = self.clock(), { withdrawn = 0 }
  for _, row in ipairs(absent_rows.rows) do
    if row[self.listing.moment] >= since and absent.is_of_listed_meter(self.db, row)
      and self.rows:take_back(row, now) then
      counts.withdrawn = counts.withdrawn + 1
    end
  end
  return counts
end

---The stored rows of a period that the listing has not shown; see imr.workflow.sync.absent.
---@param period { from: integer, to: integer, meters: string[]? }
---@return imr.sync.Absent
function Writer:absent(period)
  return absent.find(self.db, self.listing, period, self.seen)
end

return writer
