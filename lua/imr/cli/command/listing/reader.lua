--- Reads one listing to its end, page by page: what passes the filter is written, and how far it is is shown.

local copy = require "imr.base.copy"
local core = require "imr.core"
local Pace = require "imr.client.pace"
local Progress = require "imr.cli.output.progress"
local messages = require "imr.cli.output.messages"
local interrupt = require "imr.cli.interrupt"

---@class imr.cli.Reader
---@field complete boolean every listing so far was read to its end or to the limit, and nothing is missing
local Reader = {}
Reader.__index = Reader

local PAGE_SIZE = 1000

---@param settings { title: string, interval: number, limit: integer?, deadline: number?, page_size: integer? }
function Reader.new(settings)
  local page_size = settings.page_size or PAGE_SIZE
  local spacing = Pace.least_spacing(settings.interval)
  return setmetatable({
    complete = true, written = 0, limit = settings.limit or math.huge, page_size = page_size, spacing = spacing,
    ends = settings.deadline and core.now() + settings.deadline,
    progress = Progress.new { title = settings.title, spacing = spacing, page_size = page_size },
  }, Reader)
end

---What goes to imr.new as on_event.
function Reader.on_event(event)
  if event.type == "retry" then
    messages.progress("repeating in %.1f s: %s", event.pause, tostring(event.error))
  elseif event.message then
    messages.say("%s", event.message)
  end
end

---Parameters that every listing of this run gets.
function Reader:parameters(own)
  local parameters = copy({ page_size = self.page_size }, own)
  if self.ends then parameters.deadline = math.max(0, self.ends - core.now()) end
  return parameters
end

local function filtered(rows, keep, most)
  if not keep and #rows <= most then return rows end
  local kept = {}
  for _, row in ipairs(rows) do
    if #kept >= most then break end
    if not keep or keep(row) then kept[#kept + 1] = row end
  end
  return kept
end

---@param cursor imr.Cursor
---@param settings { keep: (fun(row: table): boolean)?, write: fun(rows: table[]), later: integer? }
---@return boolean more false when the limit is reached
function Reader:read(cursor, settings)
  self.progress:begin(cursor.report, settings.later or 0)
  for rows in cursor:pages() do
    local kept = filtered(rows, settings.keep, self.limit - self.written)
    self.written = self.written + #kept
    settings.write(kept)
    self.progress:page(self.written)
    interrupt.check()
    if self.written >= self.limit then
      cursor:close()
      return false
    end
  end
  self.complete = self.complete and cursor.report.complete
  return true
end

return Reader
