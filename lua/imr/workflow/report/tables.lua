-- The report's tables.

local core = require "imr.core"
local DAY = require("imr.base.calendar").DAY
local html = require "imr.base.html"
local place = require "imr.workflow.metering.place"
local recognised = require("imr.language").recognised
local RULES = require("imr.language.values").RULES
local words = require "imr.workflow.report.words"

local tag, both = html.tag, html.both

local tables = {}

local function time_text(seconds, offset)
  return seconds and core.format_time(seconds, offset):sub(1, 16) or "–"
end

-- Columns: { en, zh, class }. Cells: texts or markup. On a phone each row becomes a card that names its cells, which
-- is why every cell repeats its heading.
local function made(columns, rows)
  local heads, lines = {}, {}
  for index, column in ipairs(columns) do
    heads[index] = tag("th", { scope = "col", class = column[3] }, both(column[1], column[2]))
  end
  for index, cells in ipairs(rows) do
    local line = {}
    for at, column in ipairs(columns) do
      local value = cells[at]
      line[at] = tag("td", { class = column[3] }, tag("b", { class = "head" }, both(column[1], column[2])),
        tag("span", { class = "value" }, value == nil and "–" or value == "" and "–" or value))
    end
    lines[index] = tag("tr", nil, line)
  end
  return tag("table", nil, tag("thead", nil, tag("tr", nil, heads)), tag("tbody", nil, lines))
end

-- A number of a usual length stays on one line.
local function code(text)
  return tag("code", { class = #text <= 24 and "whole" }, text)
end

-- By its name the program knows it, in any language.
local function rule_name(name)
  return both(code(name), { RULES[name] and RULES[name] .. " ", code(name) })
end

local function share_bar(part, whole)
  local share = whole > 0 and math.max(0, part / whole * 100) or 0
  return tag("span", { class = "share", ["aria-hidden"] = "true" },
    tag("i", { style = ("width:%.1f%%"):format(math.min(share, 100)) }))
end

---@param meters table[] the first has used most
---@param unit string
---@param total imr.Decimal of all meters of the kind
function tables.top(meters, unit, total)
  local rows, whole = {}, total:number()
  for index, meter in ipairs(meters) do
    local used = meter.used:number()
    rows[index] = { tostring(index), code(meter.meter_no), meter.user or meter.name, meter.address,
      words.grouped(meter.used), { whole > 0 and ("%.1f %%"):format(used / whole * 100) or "–",
        share_bar(used, meters[1].used:number()) } }
  end
  return made({ { "#", "#", "n narrow" }, { "Meter", "表号" }, { "Tenant", "用户" }, { "Address", "地址" },
    { "Usage, " .. unit, "用量（" .. unit .. "）", "n" }, { "Share", "占比", "n share-cell" } }, rows)
end

---@param meters table[]
---@param options { now: integer, utc_offset: integer }
function tables.offline(meters, options)
  local rows = {}
  for index, meter in ipairs(meters) do
    local days = meter.last_online and ("%.1f"):format(math.max(0, options.now - meter.last_online) / DAY)
    rows[index] = { code(meter.meter_no), words.of(words.kind, meter.kind), meter.name, meter.address,
      time_text(meter.last_online, options.utc_offset), days }
  end
  return made({ { "Meter", "表号" }, { "Kind", "类别" }, { "Tenant", "用户" }, { "Address", "地址" },
    { "Last heard of", "最后在线", "n" }, { "Days", "天数", "n" } }, rows)
end

local CAUSES = { "offline", "not_frozen", "rejected", "truncated", "unknown" }

local function causes(row)
  local parts = {}
  for _, cause in ipairs(CAUSES) do
    if (row[cause] or 0) > 0 then
      if #parts > 0 then parts[#parts + 1] = ", " end
      parts[#parts + 1] = words.of(words.cause, cause)
      parts[#parts + 1] = " " .. row[cause]
    end
  end
  return #parts > 0 and parts or nil
end

local function same(a, b)
  for _, name in ipairs { "received", "expected", "offline", "not_frozen", "rejected", "truncated", "unknown" } do
    if a[name] ~= b[name] then return false end
  end
  return true
end

-- Days in a row that lack the same.
local function runs_of(listing, days)
  local runs, last = {}, nil
  for _, day in ipairs(days) do
    local row = listing.days[day]
    if not row or row.received >= row.expected then
      last = nil
    elseif last and same(last.row, row) then
      last.to = day
    else
      last = { from = day, to = day, row = row }
      runs[#runs + 1] = last
    end
  end
  return runs
end

---Days of a listing that lack something; nil where none does.
---@param listing table of imr.ReportData.coverage
---@param days string[]
---@param most integer
function tables.lacking(listing, days, most)
  local rows = {}
  for index, run in ipairs(runs_of(listing, days)) do
    local row = run.row
    if index > most then break end
    rows[index] = { run.from == run.to and run.from or run.from .. " – " .. run.to:sub(6),
      ("%d / %d"):format(row.received, row.expected), causes(row) }
  end
  if #rows == 0 then return nil end
  return made({ { "Day", "日期", "day" }, { "Received", "实收", "n day" }, { "Missing because", "缺失原因" } }, rows)
end

---@param by_rule table<string, integer>
---@param rules imr.QualityRule[]
function tables.rules(by_rule, rules)
  local rows = {}
  for _, rule in ipairs(rules) do
    if by_rule[rule.name] then
      rows[#rows + 1] = { rule_name(rule.name), both(rule.help, rule.help_zh),
        words.grouped(by_rule[rule.name]) }
    end
  end
  return made({ { "Rule", "规则" }, { "What it says", "含义" }, { "Flags", "数量", "n" } }, rows)
end

-- A detail is made in English; the catalogue knows it by its format.
local function detail(text)
  return text and both(text, recognised(text) or tag("span", { lang = "en" }, text))
end

local function tenant_and_place(flag)
  local who, where = flag.user_name or flag.user_code, place.text(flag)
  return who and where and who .. " · " .. where or who or where
end

---@param flags imr.QualityFlag[]
---@param offset integer
function tables.flags(flags, offset)
  local rows = {}
  for index, flag in ipairs(flags) do
    rows[index] = { rule_name(flag.rule), code(flag.meter_no), tenant_and_place(flag), time_text(flag.time, offset),
      words.of(words.listing, flag.source), flag.value, flag.reference, detail(flag.detail) }
  end
  return made({ { "Rule", "规则" }, { "Meter", "表号" }, { "Tenant, address", "用户、地址" }, { "Time", "时间", "n" },
    { "Source", "来源" }, { "Value", "数值", "n" }, { "Compared with", "对照值", "n" }, { "Detail", "说明" } }, rows)
end

local function used_text(group)
  local unit = words.unit[group.kind] or ""
  return words.grouped(group.usage) .. (unit ~= "" and " " .. unit or "")
end

local function money_text(value) return value and words.grouped(value:round(2)) end

local MONEY = { { "Kind", "类别" }, { "Meters", "表计", "n" }, { "Usage", "用量", "n" },
  { "Of it not measured", "其中非实测", "n" }, { "Platform's amount, CNY", "平台金额（元）", "n" },
  { "Our bill, CNY", "账单金额（元）", "n" }, { "Lines held", "暂缓行", "n" } }

local function name_of(group)
  if not group.name then return both("unknown", "未知") end
  return { group.name, group.code and group.code ~= group.name and tag("small", nil, " " .. group.code) }
end

-- Cells of MONEY; one that has nothing to say is nil.
local function money_row(group)
  return { words.of(words.kind, group.kind), words.grouped(group.count), used_text(group),
    not group.unsure:is_zero() and words.grouped(group.unsure) or nil, money_text(group.platform),
    money_text(group.billed), group.held > 0 and tostring(group.held) or nil }
end

---Usage and money of groups.
---@param list imr.ReportGroup[]
---@param heading? string[] what a group is, in both languages
---@param most? integer
function tables.money(list, heading, most)
  local rows, columns, before = {}, { heading }, heading and 1 or 0
  for at, column in ipairs(MONEY) do columns[before + at] = column end
  for index = 1, math.min(#list, most or #list) do
    local row, cells = { heading and name_of(list[index]) or nil }, money_row(list[index])
    for at = 1, #MONEY do row[before + at] = cells[at] end
    rows[index] = row
  end
  return made(columns, rows)
end

---@param intents table[]
---@param offset integer
function tables.supply(intents, offset)
  local rows = {}
  for index, intent in ipairs(intents) do
    rows[index] = { time_text(intent.time, offset), code(intent.meter_no or intent.device),
      words.of(words.command, intent.command), words.of(words.state, intent.state), intent.who, intent.reason }
  end
  return made({ { "Asked for", "提出时间", "n" }, { "Meter or device", "表号或设备" }, { "Command", "命令" },
    { "State", "状态" }, { "Who", "操作人" }, { "Reason", "原因" } }, rows)
end

return tables
