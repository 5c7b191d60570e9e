-- Pages in order, the next ones asked for ahead.
--
-- While a page is awaited, the one after it leaves as soon as its slot comes, so that an endpoint slower than the
-- pace still gives a page in every slot. A page that is asked for ahead takes its slot only when the slot is due:
-- until then the page before may show that there is nothing more, and then nothing is wasted and nobody else waits
-- for it.
--
-- Each page has a light thread. It works for whoever asked last: when that one has ended, or the cursor is collected,
-- it gives up by itself.

---@class imr.Prefetch
local Prefetch = {}
Prefetch.__index = Prefetch

---@class imr.PrefetchSettings
---@field ask fun(number: integer, on_send: fun()): table|nil, table|nil
---@field expects fun(number: integer): boolean is that page likely to have rows?
---@field ahead fun(): integer pages asked for ahead of the one that is awaited
---@field spacing fun(): number seconds between two slots
---@field lifetime table

---@param settings imr.PrefetchSettings
function Prefetch.new(settings)
  local prefetch = setmetatable({ settings = settings, pages = {}, wanted = 1, last = 0 }, Prefetch)
  settings.lifetime:track(prefetch)
  return prefetch
end

local function fetch(self, page, previous)
  local lifetime = self.settings.lifetime
  lifetime:cancels_this_thread()
  if previous then
    previous.sent:wait()
    page.go:wait(math.max(0, previous.sent_at + self.settings.spacing() - lifetime:now()))
  end
  local function sent()
    page.sent_at = lifetime:now()
    page.sent:set()
  end
  page.answer, page.err = self.settings.ask(page.number, sent)
  if not page.sent.is_set then sent() end
end

local function start(self)
  local runtime = self.settings.lifetime:runtime()
  local number = self.last + 1
  local page = { number = number, sent = runtime:event(), go = runtime:event(), runtime = runtime }
  local previous = self.pages[number - 1]
  page.thread = runtime:thread_for(self, fetch, self, page, previous)
  self.pages[number], self.last = page, number
  runtime:begin(page.thread)
end

-- The page that is wanted, and those after it that are likely to have rows.
local function start_pages(self, runtime)
  local settings = self.settings
  local ahead = runtime.sequential and 0 or settings.ahead()
  while self.last < self.wanted
    or (self.last < self.wanted + ahead and settings.expects(self.last + 1)) do
    start(self)
  end
end

-- Closed under way, the client or by another light thread this cursor: what has left may have been answered.
local function closed_error(self, page)
  local err = self.settings.lifetime.closed_error()
  if not self.settings.lifetime.closed then
    err.message = "the cursor was closed while its page was awaited; the next call asks for it again"
  end
  if page.sent.is_set then err.executed = "maybe" end
  return err
end

-- Waits for a page. Whoever is cancelled meanwhile takes what was asked for ahead along, unless others wait for it.
---@return boolean raised did its thread raise something?
---@return any problem what it raised, which may be nothing
local function join(self, page)
  local fine, ok, problem = pcall(page.runtime.join, page.runtime, page.thread)
  if fine then return not ok, problem end
  if not page.given_up and not page.thread.finished:is_awaited() then self:cancel() end
  error(ok, 0)
end

-- In nginx a page's thread may have ended, or may end, together with a request that is not this one.
local function wait_for_other_request(self, page, runtime)
  if page.thread.finished:is_awaited() then runtime:sleep(runtime.LOOK_EVERY) else self:cancel() end
end

-- The wanted page's thread, or one that is started now; nil when it is not for us to wait for.
local function wanted_page(self)
  local runtime, page = self.settings.lifetime:runtime(), self.pages[self.wanted]
  if page and not page.runtime:can_join(page.thread) then return wait_for_other_request(self, page, runtime) end
  if page and page.thread.cancelled then self:cancel() end -- whoever it worked for has gone
  runtime:own(self)
  start_pages(self, runtime)
  return self.pages[self.wanted]
end

local function take(self, page)
  self.pages[page.number], self.wanted = nil, page.number + 1
  self.last = math.max(self.last, page.number)
  return page.answer
end

---The next page. Several light threads may wait for it: one of them gets it. After an error the same page is asked for
---again by the next call.
---@return table|false|nil answer false when another light thread has got it, or it has to be asked for anew
---@return table|nil err
function Prefetch:next()
  local forbidden = self.settings.lifetime:problem()
  if forbidden then return nil, forbidden end
  local page = wanted_page(self)
  if not page then return false end
  page.go:set()
  local raised, problem = join(self, page)
  if page.answer and page.number == self.wanted then return take(self, page) end
  if page.closed or self.settings.lifetime.closed then return nil, closed_error(self, page) end
  if self.pages[page.number] ~= page or page.thread.cancelled then return false end
  self:cancel()
  if raised then error(problem, 0) end
  return nil, page.err
end

---Gives up what was asked for ahead.
---@param closed? boolean whoever waits for it hears that the cursor was closed
function Prefetch:cancel(closed)
  local pages, last = self.pages, self.last
  self.pages, self.last = {}, self.wanted - 1
  for number = last, self.wanted, -1 do
    local page = pages[number]
    page.given_up, page.closed = true, closed
    page.runtime:kill(page.thread)
  end
end

---For a finalizer: the cursor is gone, nobody will ask for more.
function Prefetch:abandon()
  local page = self.pages[self.last]
  if page then page.runtime:abandon(self) end
end

return Prefetch
