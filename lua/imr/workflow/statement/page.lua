-- A sheet as HTML: everything that came from the platform or a table is escaped.

local chart = require "imr.workflow.statement.chart"
local decimal = require "imr.decimal"
local grouped = require "imr.base.grouped"
local html = require "imr.base.html"
local place = require "imr.workflow.metering.place"
local style = require "imr.workflow.statement.style"
local time = require "imr.time"
local words_of = require "imr.workflow.statement.words"

local tag = html.tag

local page = {}

---What all sheets of a bill share.
---@class imr.StatementFacts
---@field language "en"|"zh"
---@field paper "A5"|"A4"
---@field title string
---@field bill? integer its number; absent in a draft
---@field made_at integer
---@field made table<integer, integer> when each bill was made, by its number
---@field from integer
---@field to integer
---@field utc_offset integer
---@field say fun(name: string, ...: any): string
---@field history fun(line: imr.BillLine): { from: integer, usage: number|nil }[]

-- ---------------------------------------------------------------- texts

local function day_of(facts, moment) return time.format(moment, facts.utc_offset):sub(1, 10) end

local function minute_of(facts, moment) return time.format(moment, facts.utc_offset):sub(1, 16) end

-- Without zeros behind the second place: they say nothing, and an exact product has many.
local function exact(text)
  text = tostring(text)
  local whole, fraction = text:match "^(%-?%d+)%.(%d+)$"
  if not whole then return grouped(text) end
  fraction = fraction:gsub("0+$", "")
  return grouped(whole .. "." .. fraction .. ("0"):rep(2 - #fraction))
end

local function period_text(facts, from, to)
  return ("%s – %s"):format(day_of(facts, from), day_of(facts, to - 1))
end

-- ---------------------------------------------------------------- tables

local function table_of(columns, rows)
  local heads, lines = {}, {}
  for index, column in ipairs(columns) do heads[index] = tag("th", { class = column[2] }, column[1]) end
  for index, row in ipairs(rows) do
    local cells = {}
    for at, column in ipairs(columns) do cells[at] = tag("td", { class = column[2] }, row[at] or "") end
    lines[index] = tag("tr", { class = row.class }, cells)
  end
  return tag("table", nil, tag("thead", nil, tag("tr", nil, heads)), tag("tbody", nil, lines))
end

local function reading_cell(facts, text, moment)
  return text and { exact(text), moment and tag("small", nil, minute_of(facts, moment)) } or "–"
end

local function readings(facts, line)
  local rows, say = {}, facts.say
  for index, one in ipairs(line.readings or {}) do
    rows[index] = { reading_cell(facts, one.opening, one.opening_time),
      reading_cell(facts, one.closing, one.closing_time), one.usage and exact(one.usage) or "–",
      index == #line.readings and { line.usage and exact(line.usage) or "–" } or "" }
  end
  if #rows == 0 then return nil end
  local unit = words_of.unit(line.kind)
  return table_of({ { say "opening" }, { say "closing" }, { say "difference", "n" },
    { { say "usage", unit ~= "" and (", " .. unit) }, "n" } }, rows)
end

local function charge_name(facts, charge)
  if charge.name then return charge.name end
  if charge.item == "tier" then return facts.say("tier", charge.tier) end
  return facts.say(charge.item == "price" and "charge_price" or charge.item)
end

-- A price that held for a moment, without use.
local function is_nothing(charge)
  return charge.quantity and charge.item ~= "price" and decimal.of(charge.quantity):is_zero()
end

local function charge_row(facts, charge)
  local price = charge.price and (charge.item == "fee" and facts.say("a_month", charge.price) or charge.price)
  return { charge_name(facts, charge), charge.quantity and exact(charge.quantity), price, exact(charge.amount) }
end

-- What was billed at first and what was added to it, where something was.
local function addend_row(facts, line)
  local word = line.bill_id == facts.bill and "first_billed" or "adjusted"
  return { facts.say(word, day_of(facts, facts.made[line.bill_id])), exact(line.usage), "", exact(line.amount),
    class = "sum" }
end

local function charges(facts, meter)
  if not meter.amount then return nil end
  local rows, say = {}, facts.say
  for _, one in ipairs(meter.line.charges or {}) do
    if not is_nothing(one) then rows[#rows + 1] = charge_row(facts, one) end
  end
  for _, one in ipairs(#meter.billed > 1 and meter.billed or {}) do rows[#rows + 1] = addend_row(facts, one) end
  rows[#rows + 1] = { say "subtotal", "", "", exact(meter.amount), class = "sum" }
  return table_of({ { say "item" }, { say "quantity", "n" }, { say "price", "n" }, { say "amount", "n" } }, rows)
end

-- ---------------------------------------------------------------- a meter

local function kind_name(facts, kind)
  return facts.say((kind == "electricity" or kind == "water") and kind or "other")
end

local function heading(facts, line)
  local say, parts = facts.say, { ("%s %s"):format(facts.say "meter", line.meter_no) }
  if line.tariff then parts[#parts + 1] = ("%s %s"):format(say "tariff", line.tariff) end
  if line.multiplier and decimal.of(line.multiplier) ~= decimal.of "1" then
    parts[#parts + 1] = ("%s × %s"):format(say "multiplier", line.multiplier)
  end
  if line.share then parts[#parts + 1] = ("%s %s"):format(say "share", line.share) end
  if line.year_used then parts[#parts + 1] = ("%s %s"):format(say "year_used", exact(line.year_used)) end
  if line.from ~= facts.from or line.to ~= facts.to + 1 then
    parts[#parts + 1] = period_text(facts, line.from, line.to)
  end
  return tag("h2", nil, kind_name(facts, line.kind), tag("small", nil, table.concat(parts, " · ")))
end

local function why(facts, line) return facts.language == "zh" and line.why_zh or line.why end

local function said(facts, meter)
  local last, list = meter.last, {}
  if last.status == "held" then
    list[1] = tag("p", { class = "held" }, tag("b", nil, facts.say(meter.amount and "doubted" or "held")),
      why(facts, last))
  elseif not last.charges then
    list[1] = tag("p", { class = "said" }, why(facts, last))
  end
  if last.decided_by then
    list[#list + 1] = tag("p", { class = "said" }, facts.say("decided", last.decided_by, last.decision or ""))
  end
  return list
end

local function month_label(facts, moment)
  local year, month = time.format(moment, facts.utc_offset):match "^(%d+)-(%d+)"
  return words_of.month(facts.language, year, tonumber(month))
end

local function drawing(facts, meter, count)
  local list = {}
  for index, month in ipairs(facts.history(meter.line)) do
    list[index] = { label = month_label(facts, month.from), usage = month.usage }
  end
  list[#list + 1] = { label = month_label(facts, facts.from), usage = meter.usage and meter.usage:number(), now = true }
  local label = ("%s, %s"):format(facts.say "months", words_of.unit(meter.line.kind))
  local drawn = chart.of(list, label, count)
  return drawn and tag("figure", nil, tag("figcaption", nil, label), drawn)
end

local function section(facts, meter, count)
  return tag("section", nil, heading(facts, meter.line), readings(facts, meter.line), charges(facts, meter),
    said(facts, meter), drawing(facts, meter, count))
end

-- ---------------------------------------------------------------- the sheet

local function header(facts)
  return tag("header", nil, tag("h1", nil, facts.title, not facts.bill and tag("span", { class = "badge" },
    facts.say "draft")), tag("p", nil, facts.say "period", tag("br"), tag("b", nil,
      period_text(facts, facts.from, facts.to + 1))))
end

local function entry(name, ...)
  return { tag("dt", nil, name), tag("dd", nil, ...) }
end

local function who(facts, sheet)
  local where = place.text(sheet)
  return tag("dl", nil, entry(facts.say "tenant",
    tag("b", nil, sheet.user_name or not sheet.user_code and facts.say "nobody" or sheet.user_code),
    sheet.user_name and sheet.user_code and tag("small", nil, facts.say "code", " ", sheet.user_code)),
    where and entry(facts.say "address", where))
end

local function due(facts, sheet)
  return tag("div", { class = "due" }, tag("span", nil, facts.say "total",
    sheet.held > 0 and { tag("br"), tag("small", nil, facts.say("some_held", sheet.held)) }),
    tag("strong", nil, "¥ ", exact(sheet.amount)))
end

local function footer(facts)
  return tag("footer", nil, tag("span", nil, facts.bill and ("%s %d"):format(facts.say "bill", facts.bill)
    or facts.say "draft"), tag("span", nil, facts.say "made", " ", minute_of(facts, facts.made_at)))
end

---@param sheet imr.StatementSheet
---@param facts imr.StatementFacts
---@return string
function page.sheet(sheet, facts)
  local sections = {}
  for index, meter in ipairs(sheet.meters) do sections[index] = section(facts, meter, #sheet.meters) end
  return tag("article", { class = "sheet" }, header(facts), who(facts, sheet), sections, due(facts, sheet),
    footer(facts)).text .. "\n"
end

-- ---------------------------------------------------------------- around the sheets

local POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

---What stands before the sheets.
---@param facts imr.StatementFacts
---@return string
function page.head(facts)
  return ('<!doctype html>\n<html lang="%s">%s<body>\n'):format(facts.language == "zh" and "zh-CN" or "en",
    tag("head", nil, tag("meta", { charset = "utf-8" }),
      tag("meta", { ["http-equiv"] = "Content-Security-Policy", content = POLICY }),
      tag("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
      tag("title", nil, facts.title, " · ", period_text(facts, facts.from, facts.to + 1)),
      html.style(style(facts.paper))).text)
end

page.foot = "</body></html>\n"

return page
