-- When a listing is at its end, which rows came twice, and whether all came. Pure: pages in,
-- verdict out.
--
-- The claimed total can't be trusted, so it never ends a listing by itself, and once more rows came than it claimed
-- it is not used at all. What tells the end is an empty page, or a short page when the rows seen are as many as
-- claimed.

local core = require "imr.core"

local WINDOW = 16      -- pages whose rows are remembered: rows move by a few places while we page, not by thousands
local REPEATS_MOST = 3 -- so many pages with nothing new, one after the other: the server ignores the page number

---@class imr.Completeness
local Completeness = {}
Completeness.__index = Completeness

---@param report table the cursor's report, kept up to date here
---@param page_size integer what is asked for
function Completeness.new(report, page_size)
  return setmetatable({
    report = report, page_size = page_size, window = core.window(WINDOW), repeats = 0, ended = false,
  }, Completeness)
end

-- The total, as long as nothing has shown that it is wrong.
local function usable_total(self)
  local total = self.report.claimed_total
  return total and total >= self.report.rows and total or nil
end

-- A total that moves between two pages says that rows came or went meanwhile; one that was wrong anyway says nothing.
local function note_total(self, total, was_usable)
  local report = self.report
  if not total then return end
  if was_usable and total ~= report.claimed_total and total >= report.rows then report.drifted = true end
  report.claimed_total = total
end

local function finish(self)
  local report, total = self.report, usable_total(self)
  if self.single then total = nil end
  self.ended = true
  report.complete = not report.drifted and self.repeats == 0 and (not total or report.rows >= total)
end

---Takes the next page, in order. Identical rows within one page are the platform's own; a row of an earlier page that
---comes again was moved by an insertion. The rows that are new come back; `ended` and the report are brought up to
---date.
---@param answer table a decoded answer: rows, ids, total, form
---@param single? boolean the endpoint answers for one meter: an object is all there is
---@return table rows
function Completeness:take(answer, single)
  local report, count, was_usable = self.report, #answer.rows, usable_total(self)
  local rows, repeated = self.window:take(answer.rows, answer.ids)
  report.pages, report.rows = report.pages + 1, report.rows + count - repeated
  report.duplicates = report.duplicates + repeated
  if repeated > 0 then report.drifted = true end
  if count > 0 or report.pages == 1 then note_total(self, answer.total, was_usable) end
  self.single = single and answer.form == "object"
  self.repeats = count > 0 and repeated == count and self.repeats + 1 or 0
  if self:at_end(count) then finish(self) end
  return rows
end

-- Short is a page below what was asked; and, since the server may cap its pages, below one that came before.
function Completeness:at_end(count)
  if count == 0 or self.single or self.repeats == REPEATS_MOST then return true end
  local short = count < math.min(self.page_size, self.longest or self.page_size)
  self.longest = math.max(self.longest or 0, count)
  local total = usable_total(self)
  return short and total ~= nil and self.report.rows >= total
end

---Is page `number` likely to have rows? Decides only whether to ask for it before the page before it has come.
function Completeness:expects(number)
  local total = usable_total(self)
  if self.ended then return false end
  if self.report.pages == 0 or not total then return true end
  local length = self.report.rows / self.report.pages
  return (number - 1) * length < total
end

return Completeness
