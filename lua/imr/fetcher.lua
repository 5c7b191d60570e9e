-- Pages in order, the next ones asked for ahead.
--
-- While a page is awaited, the one after it leaves as soon as its slot comes, so that an endpoint slower than the
-- pace still gives a page in every slot. A page that is asked for ahead takes its slot only when the slot is due:
-- until then the page before may show that there is nothing more, and then nothing is wasted and nobody else waits
-- for it.

---@class imr.Fetcher
local Fetcher = {}
Fetcher.__index = Fetcher

---@class imr.FetcherSettings
---@field ask fun(number: integer, on_send: fun()): table|nil, table|nil
---@field expects fun(number: integer): boolean is that page likely to have rows?
---@field ahead integer pages asked for ahead of the one that is awaited
---@field spacing fun(): number seconds between two slots
---@field scope table

---@param settings imr.FetcherSettings
function Fetcher.new(settings)
  local fetcher = setmetatable({ settings = settings, pages = {}, wanted = 1, last = 0 }, Fetcher)
  settings.scope:track(fetcher)
  return fetcher
end

local function fetch(self, page, previous)
  local scope = self.settings.scope
  if previous then
    previous.sent:wait()
    page.go:wait(math.max(0, previous.sent_at + self.settings.spacing() - scope:now()))
    if self.abandoned then return end
  end
  local function sent()
    page.sent_at = scope:now()
    page.sent:set()
  end
  page.answer, page.err = self.settings.ask(page.number, sent)
  if not page.sent.is_set then sent() end
end

local function start(self)
  local runtime = self.settings.scope:runtime()
  local number = self.last + 1
  local page = { number = number, sent = runtime:event(), go = runtime:event(), runtime = runtime }
  local previous = self.pages[number - 1]
  page.thread = runtime:detach(fetch, self, page, previous)
  self.pages[number] = page
  self.last = number
end

-- The page that is wanted, and up to `ahead` more that are likely to have rows.
local function start_pages(self)
  local settings = self.settings
  local ahead = settings.scope:runtime().sequential and 0 or settings.ahead
  while self.last < self.wanted
    or (self.last < self.wanted + ahead and settings.expects(self.last + 1)) do
    start(self)
  end
end

-- Closed under way, the client or by another light thread this cursor: what has left may have been answered.
local function closed_error(self, page)
  local err = self.settings.scope.closed_error()
  if not self.settings.scope.closed then
    err.message = "the cursor was closed while its page was awaited; the next call asks for it again"
  end
  if page.sent.is_set then err.executed = "maybe" end
  return err
end

-- Waits for a page: true, or false and the error. Whoever is cancelled meanwhile takes what was asked for ahead along.
local function join(self, page)
  local fine, ok, problem = pcall(page.runtime.join, page.runtime, page.thread)
  if fine and ok then return true end
  local given_up = page.given_up
  if not given_up then self:cancel() end
  if not fine then error(ok, 0) end
  if given_up or self.settings.scope.closed then return false, closed_error(self, page) end
  error(problem, 0)
end

---The next page. After an error the same page is asked for again by the next call.
---@return table|nil answer
---@return table|nil err
function Fetcher:next()
  local forbidden = self.settings.scope:problem()
  if forbidden then return nil, forbidden end
  start_pages(self)
  local page = self.pages[self.wanted]
  page.go:set()
  local ok, closed = join(self, page)
  if not ok then return nil, closed end
  if not page.answer then
    self:cancel()
    return nil, page.err
  end
  self.pages[self.wanted], self.wanted = nil, self.wanted + 1
  return page.answer
end

---Gives up what was asked for ahead.
function Fetcher:cancel()
  local pages, last = self.pages, self.last
  self.pages, self.last = {}, self.wanted - 1
  for number = last, self.wanted, -1 do
    local page = pages[number]
    page.given_up = true
    page.runtime:kill(page.thread)
  end
end

---For a finalizer: the cursor is gone, nobody will ask for more.
function Fetcher:abandon()
  local page = self.pages[self.last]
  if page then page.runtime:abandon(self) end
end

return Fetcher
