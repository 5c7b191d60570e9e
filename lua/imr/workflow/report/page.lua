-- The report as one page that needs nothing else: no network, no script.

local bars = require "imr.workflow.report.bars"
local calendar = require "imr.workflow.report.calendar"
local core = require "imr.core"
local html = require "imr.base.html"
local style = require "imr.workflow.report.style"
local tables = require "imr.workflow.report.tables"
local words = require "imr.workflow.report.words"

local tag, both = html.tag, html.both

local page = {}

local KINDS = { "electricity", "water", "other" }
local MOST_LACKING = 31 -- days of a listing

local function section(en, zh, ...)
  return tag("section", nil, tag("h2", nil, both(en, zh)), ...)
end

local function note(en, zh) return tag("p", { class = "note" }, both(en, zh)) end

-- Of what stands on the page whatever it is about.
local function of_all(options)
  return (options.where or options.meters) and note("Of all meters, whichever this page is about.",
    "统计全部表计，不受本页范围限制。") or nil
end

-- ---------------------------------------------------------------- figures

local function figure(en, zh, value, unit, alarm)
  return tag("li", { class = alarm and "alarm" }, tag("span", nil, both(en, zh), unit and ", " .. unit),
    tag("strong", nil, value))
end

local function coverage_text(data)
  local expected, received = 0, 0
  for _, listing in ipairs(data.coverage) do
    expected, received = expected + listing.expected, received + listing.received
  end
  if expected == 0 then return "–" end
  return ("%.2f"):format(math.floor(received / expected * 10000) / 100) -- never 100 while a row is missing
end

local function figures(data)
  local list = { figure("Meters", "表计", words.grouped(data.meters.total)),
    figure("Offline", "离线", words.grouped(#data.offline), nil, #data.offline > 0) }
  for _, kind in ipairs(KINDS) do
    local used = data.usage[kind]
    local en, zh = words.kind[kind][1], words.kind[kind][2]
    if used then list[#list + 1] = figure(en, zh, words.grouped(used.total),
      words.unit[kind] ~= "" and words.unit[kind]) end
  end
  list[#list + 1] = figure("Coverage", "数据完整率", coverage_text(data), "%")
  list[#list + 1] = figure("Flags", "异常标记", words.grouped(data.flags.total), nil, data.flags.total > 0)
  return tag("ul", { class = "figures" }, list)
end

-- ---------------------------------------------------------------- sections

-- How much of a sum is sure, where not all of it is.
local function certainty(used)
  if used.total == used.measured then return nil end
  local measured, doubtful, incomplete = words.grouped(used.measured), words.grouped(used.doubtful),
    words.grouped(used.incomplete)
  return note(("measured %s · doubtful %s · incomplete %s"):format(measured, doubtful, incomplete),
    ("实测 %s · 存疑 %s · 不完整 %s"):format(measured, doubtful, incomplete))
end

local function consumption(data)
  local parts = {}
  for _, kind in ipairs(KINDS) do
    local used = data.usage[kind]
    if used then
      local unit = words.unit[kind]
      parts[#parts + 1] = tag("h3", nil, words.of(words.kind, kind), unit ~= "" and ", " .. unit)
      parts[#parts + 1] = bars.chart(data.days, used.by_day, unit, ("%s by day, %s: %s in total · %s"):format(
        words.kind[kind][1], unit, words.grouped(used.total), words.kind[kind][2]))
      parts[#parts + 1] = certainty(used)
    end
  end
  if #parts == 0 then parts[1] = note("Nothing was used in this period, or nothing is known of it.",
    "本期没有用量，或没有相应数据。") end
  return section("Consumption by day", "每日用量", parts)
end

local MOST_GROUPS = 200

local function bills_note(data, options)
  local list = {}
  for index, bill in ipairs(data.money.bills) do
    list[index] = ("%d (%s – %s)"):format(bill.id, core.format_time(bill.period_from, options.utc_offset):sub(1, 10),
      core.format_time(bill.period_to, options.utc_offset):sub(1, 10))
  end
  if #list == 0 then
    return note("No bill of ours lies in this period; the platform's amount is of its daily consumption.",
      "本期内没有自己的账单；平台金额来自其日用量。")
  end
  local text = table.concat(list, ", ")
  return note(("Our bill: %s; the platform's amount is of its daily consumption."):format(text),
    ("账单：%s；平台金额来自其日用量。"):format(text))
end

local function groups(list, en, zh, heading)
  local shown = math.min(#list, MOST_GROUPS)
  return { tag("h3", nil, both(en, zh), shown < #list and (" · %d / %d"):format(shown, #list) or nil),
    tables.money(list, heading, MOST_GROUPS) }
end

local function money(data, options)
  if #data.money.kind == 0 then return nil end
  return section("Usage and money", "用量与金额", bills_note(data, options), tables.money(data.money.kind),
    groups(data.money.building, "By building", "按楼栋", { "Building", "楼栋" }),
    groups(data.money.tenant, "By tenant", "按用户", { "Tenant", "用户" }))
end

local function top(data)
  local parts = {}
  for _, kind in ipairs(KINDS) do
    local meters = data.top[kind]
    if meters then
      parts[#parts + 1] = tag("h3", nil, words.of(words.kind, kind))
      parts[#parts + 1] = tables.top(meters, words.unit[kind], data.usage[kind].total)
    end
  end
  return #parts > 0 and section("Top consumers", "用量排行", parts)
end

local function offline(data, options)
  local parts = #data.offline > 0 and tables.offline(data.offline, options)
    or note("All meters are online.", "所有表计均在线。")
  return section("Offline meters", "离线表计", parts)
end

local function coverage(data, options)
  if #data.coverage == 0 then
    return section("Coverage", "数据完整情况", note("No sync has counted this period.", "本期尚无同步统计。"))
  end
  local maps, lacking = {}, {}
  for _, listing in ipairs(data.coverage) do
    local name = words.of(words.listing, listing.listing)
    local counts = ("%s / %s"):format(words.grouped(listing.received), words.grouped(listing.expected))
    local label = ("%s: %s"):format((words.listing[listing.listing] or { listing.listing })[1], counts)
    maps[#maps + 1] = tag("div", { class = "map" }, tag("h3", nil, name, " · ", counts),
      calendar.heat_map(data.days, listing.days, label))
    local table_of_days = tables.lacking(listing, data.days, MOST_LACKING)
    if table_of_days then lacking[#lacking + 1] = { tag("h3", nil, name), table_of_days } end
  end
  return section("Coverage", "数据完整情况", note("Meters that have a row on a day, of those expected to.",
    "每日实收表计数与应收表计数之比。"), of_all(options), tag("div", { class = "maps" }, maps), calendar.legend(), lacking)
end

local function flags(data, options, rules)
  if data.flags.total == 0 then
    return section("Flags", "异常标记", note("No rule found anything.", "未发现异常。"))
  end
  local shown = #data.flags.rows
  return section("Flags", "异常标记",
    note("Nothing has been changed: a flag says where to look.", "数据未做任何更改，标记仅提示需要核查之处。"),
    tables.rules(data.flags.by_rule, rules),
    tag("h3", nil, both("One by one", "逐条列出"), (" · %d / %d"):format(shown, data.flags.total)),
    tables.flags(data.flags.rows, options.utc_offset),
    shown < data.flags.total and note("`imr check` lists all of them.", "运行 imr check 可列出全部标记。"))
end

local function supply(data, options)
  if not data.supply then return nil end
  return section("Supply commands", "供应命令", of_all(options),
    #data.supply > 0 and tables.supply(data.supply, options.utc_offset) or note("None in this period.", "本期没有命令。"))
end

-- ---------------------------------------------------------------- the page

-- What the page may load: nothing. The style sheet is its own.
local POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

local function head(options)
  return tag("head", nil, tag("meta", { charset = "utf-8" }),
    tag("meta", { ["http-equiv"] = "Content-Security-Policy", content = POLICY }),
    tag("meta", { name = "viewport", content = "width=device-width, initial-scale=1" }),
    tag("title", nil, options.title or "imr · " .. options.period), html.style(style))
end

local function switch()
  return tag("div", { class = "switch" }, tag("label", { ["for"] = "in-zh", lang = "zh-CN" }, "中文"),
    tag("label", { ["for"] = "in-en", lang = "en" }, "English"))
end

local function radio(language, chosen)
  return tag("input", { type = "radio", name = "language", id = "in-" .. language, checked = language == chosen,
    ["aria-label"] = language == "zh" and "中文" or "English" })
end

-- What the page is about, where that is not all: a sum of a part must not be read as that of all.
local function part(options)
  local parts = {}
  local function add(en, zh, value)
    if value then parts[#parts + 1] = { #parts > 0 and " · " or "", both(en, zh), " ", value } end
  end
  local asked = options.where or {}
  add("tenant", "用户", asked.tenant)
  add("addresses from", "地址开头", asked.building)
  add("kind", "类别", asked.kind and words.of(words.kind, asked.kind))
  add("offline for hours", "离线小时数", asked.offline_for and ("%g"):format(asked.offline_for / 3600))
  add("meters", "表计", options.meters and words.grouped(#options.meters))
  return #parts > 0 and tag("p", nil, both("Only ", "仅限"), parts) or nil
end

local function header(data, options)
  local made = core.format_time(options.now, options.utc_offset):sub(1, 16)
  return tag("header", nil, tag("div", nil,
    tag("h1", nil, options.title or both("Metering report", "抄表报告")),
    tag("p", nil, options.period, data.ending <= options.to and both(" (what is not over is not counted)",
      "（未结束的日期不计入）"), " · ", both("made ", "生成于 "), made), part(options)),
    switch())
end

---@param data imr.ReportData
---@param options table
---@param rules imr.QualityRule[]
---@return string
function page.build(data, options, rules)
  options.period = data.days[1] .. " – " .. data.days[#data.days]
  return html.document(tag("html", { lang = options.language == "zh" and "zh-CN" or "en" }, head(options),
    tag("body", nil, radio("zh", options.language), radio("en", options.language),
      tag("div", { class = "page" }, header(data, options), tag("main", nil, figures(data), consumption(data),
        money(data, options), top(data), offline(data, options), coverage(data, options),
        flags(data, options, rules), supply(data, options))))))
end

return page
