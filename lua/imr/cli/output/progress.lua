--- How far a listing is, on a terminal: pages, rows, and the time left, which the pace makes exact.

local core = require "imr.core"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"

---@class imr.cli.Progress
local Progress = {}
Progress.__index = Progress

---@param settings { title: string, spacing: number, page_size: integer }
function Progress.new(settings)
  local fields = { title = settings.title, spacing = settings.spacing, page_size = settings.page_size, pages = 0,
    rows = 0, later = 0 }
  return setmetatable(fields, Progress)
end

---A listing begins.
---@param report imr.Report its cursor's
---@param later integer requests that listings after it will take
function Progress:begin(report, later)
  self.report, self.later, self.before = report, later, self.pages
end

-- Requests of this listing that are still to come; nil while its total is not known.
local function requests_left(self)
  local report = self.report
  if report.pages == 0 or not report.claimed_total or report.claimed_total < report.rows then return nil end
  if report.rows == 0 then return self.later end
  local length = report.rows / report.pages
  local capped = length < self.page_size -- the platform gives shorter pages than are asked for
  local all = capped and math.ceil(report.claimed_total / length)
    or math.floor(report.claimed_total / self.page_size) + 1
  return math.max(0, all - report.pages) + self.later
end

---A page has come.
---@param rows integer written so far
function Progress:page(rows)
  self.pages, self.rows = self.before + self.report.pages, rows
  local left = requests_left(self)
  self.ends = left and core.now() + left * self.spacing
end

local function time_text(seconds)
  seconds = math.ceil(seconds)
  if seconds < 60 then return ("%d s"):format(seconds) end
  if seconds < 3600 then return ("%d min %02d s"):format(math.floor(seconds / 60), seconds % 60) end
  return ("%d h %02d min"):format(math.floor(seconds / 3600), math.floor(seconds % 3600 / 60))
end

Progress.time_text = time_text

---Draws it. To be called every now and then, so that the time runs down.
function Progress:show()
  local left = self.ends and math.max(0, self.ends - core.now())
  messages.progress("%s: %d pages, %d rows%s", language.text(self.title), self.pages, self.rows,
    left and left > 0 and language.text(", %s left", language.again(time_text(left))) or "")
end

return Progress
