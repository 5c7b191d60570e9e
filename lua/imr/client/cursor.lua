-- A cursor over a listing: rows one by one, in pages, or all at once.
--
--   for row in cursor do ... end     raises the error object
--   local row, err = cursor:next()   returns it

local copy = require "imr.base.copy"
local errors = require "imr.errors"
local Completeness = require "imr.client.completeness"
local Prefetch = require "imr.client.prefetch"
local finalizer = require "imr.base.finalizer"

---What a listing says about itself; it grows while the listing is read.
---@class imr.Report
---@field rows integer new rows handed out or waiting to be
---@field pages integer
---@field claimed_total integer|nil what the platform last said that there are
---@field duplicates integer rows that came again on a later page, left out
---@field drifted boolean rows or the total moved while paging
---@field complete boolean true only when the listing came to its end and nothing says that a row is missing
---@field requests integer
---@field waited number seconds spent waiting for slots

---The rows of a listing. Making one sends nothing.
---@class imr.Cursor<T>
---@field report imr.Report
local Cursor = {}
Cursor.__index = Cursor
Cursor.__name = "imr.client.cursor"

-- ---------------------------------------------------------------- the listing behind it

local Listing = {}
Listing.__index = Listing

local function missing(report)
  if report.pages == 0 then return "no row was delivered" end
  return ("%d rows of %s were delivered"):format(report.rows, report.claimed_total or "an unknown number")
end

-- The error object is shared with whoever else waits for the same login: what this listing adds goes into a copy.
local function explain(err, report, number)
  local own = copy(err)
  own.message = ("%s (page %d; %s)"):format(err.message, number, missing(report))
  return errors.new(own)
end

local function incomplete_error(endpoint, report)
  return errors.new {
    kind = "incomplete", endpoint = endpoint, retryable = true, executed = "yes",
    message = ("the listing is not known to be complete: %s%s; ask again"):format(missing(report),
      report.drifted and ", and rows moved while paging" or ""),
  }
end

-- The end: what is not complete is said, as the listing's owner wants to hear it.
local function conclude(self)
  local report = self.report
  if report.complete then return nil end
  if self.incomplete == "error" then return incomplete_error(self.endpoint, report) end
  self.emit { type = "incomplete", endpoint = self.endpoint, report = report,
    message = tostring(incomplete_error(self.endpoint, report)) }
end

-- A server that never comes to an end must not keep its caller, or fill a disk, for ever.
local function limit_error(self)
  local report = self.report
  local name = report.rows > self.max_rows and "max_rows" or report.pages >= self.max_pages and "max_pages"
  if not name then return nil end
  self.prefetch:cancel()
  return errors.new { kind = "limit", endpoint = self.endpoint, retryable = false, executed = "yes",
    message = ("the listing goes on after %d rows in %d pages, more than %s = %d allows: if there are so many, raise it"
      ):format(report.rows, report.pages, name, self[name]) }
end

---The next page's new rows; nil at the end; false when another light thread has got them.
function Listing:next_page()
  while not self.completeness.ended do
    local beyond = limit_error(self)
    if beyond then return nil, beyond end
    local answer, err = self.prefetch:next()
    if answer == false then return false end
    if not answer then return nil, explain(err, self.report, self.prefetch.wanted) end
    local rows = self.completeness:take(answer, self.single)
    if self.completeness.ended then
      self.prefetch:cancel()
      self.last_error = conclude(self)
    end
    if #rows > 0 then return rows end
  end
  local err = self.last_error
  self.last_error = nil
  return nil, err
end

-- While the first page is awaited nobody knows whether there is a second one. Without a pace, asking for it gains no
-- slot.
local function pages_ahead(settings, report)
  if settings.single then return 0 end
  if report.pages > 0 then return settings.prefetch end
  return settings.spacing() > 0 and math.min(settings.prefetch, 1) or 0
end

---@param settings table endpoint, ask(number, on_send, report), page_size, prefetch, spacing(), lifetime, single,
---incomplete, emit, max_rows, max_pages
function Cursor.new(settings)
  local report = { rows = 0, pages = 0, duplicates = 0, drifted = false, complete = false, requests = 0, waited = 0 }
  local completeness = Completeness.new(report, settings.page_size)
  local prefetch = Prefetch.new {
    ask = function(number, on_send) return settings.ask(number, on_send, report) end,
    expects = function(number) return completeness:expects(number) end,
    ahead = function() return pages_ahead(settings, report) end, spacing = settings.spacing,
    lifetime = settings.lifetime,
  }
  local listing = setmetatable({
    report = report, completeness = completeness, prefetch = prefetch, endpoint = settings.endpoint,
    single = settings.single, incomplete = settings.incomplete, emit = settings.emit, lifetime = settings.lifetime,
    max_rows = settings.max_rows, max_pages = settings.max_pages,
  }, Listing)
  local cursor = setmetatable({ report = report, _listing = listing, _rows = {}, _index = 0 }, Cursor)
  finalizer(cursor, function() prefetch:abandon() end)
  return cursor
end

-- ---------------------------------------------------------------- what the caller sees

-- `level` is that of the method's caller.
local function must_be_cursor(self, level)
  if getmetatable(self) ~= Cursor then
    error("a cursor's method is called with a colon, as in cursor:next()", level + 1)
  end
end

local function take(self)
  local index = self._index + 1
  local row = self._rows[index]
  if row then self._index = index end
  return row
end

-- What `take_some` finds, after the next page has come where it finds nothing. Several light threads may wait for that
-- page: the first of them brings its rows, and all look again.
local function taken(self, take_some)
  local found = take_some(self)
  while not found do
    local rows, err = self._listing:next_page()
    if rows == nil then return nil, err end
    if rows then self._rows, self._index = rows, 0 end
    found = take_some(self)
  end
  return found
end

---The next record; nil at the end; nil and an error when a page could not be had: the next call asks for it again.
---@return T|nil row
---@return imr.Error|nil err kind "incomplete" at the end of a listing with incomplete = "error"
function Cursor:next()
  must_be_cursor(self, 2)
  local here = take(self)
  if here then return here end
  return taken(self, take)
end

-- `take` once more: to call it would take a third of the loop's time.
function Cursor:__call()
  local index = self._index + 1
  local here = self._rows[index]
  if here then
    self._index = index
    return here
  end
  local row, err = self:next()
  if err then error(err, 0) end
  return row
end

-- What next() has left of its page.
local function take_rest(self)
  local rest = {}
  if self._index == 0 then rest, self._rows = self._rows, rest end
  for index = self._index + 1, #self._rows do rest[#rest + 1] = self._rows[index] end
  self._rows, self._index = {}, 0
  return #rest > 0 and rest or nil
end

---Iterates over pages: a list of records each time. Raises the error object.
---@return fun(): T[]|nil pages an iterator
function Cursor:pages()
  must_be_cursor(self, 2)
  return function()
    local rows, err = taken(self, take_rest)
    if err then error(err, 0) end
    return rows
  end
end

---All records (those that are left).
---@return T[]|nil rows
---@return imr.Error|nil err
---@return T[]|nil rows_before_the_error
function Cursor:collect()
  must_be_cursor(self, 2)
  local rows = {}
  while true do
    local row, err = self:next()
    if err then return nil, err, rows end
    if not row then return rows end
    rows[#rows + 1] = row
  end
end

---Gives up what was asked for ahead. Not needed after the end; an abandoned cursor is closed when it is collected.
function Cursor:close()
  must_be_cursor(self, 2)
  self._listing.prefetch:cancel(true)
end

function Cursor:__tostring()
  return ("imr.cursor(%s, %d rows)"):format(self._listing.endpoint, self.report.rows)
end

return Cursor
