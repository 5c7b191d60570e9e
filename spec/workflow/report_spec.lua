-- The report: what it shows, and what a browser makes of it. IMR_SCREENSHOT=file.png keeps a picture of it.
local chromium = require "support.chromium"
local core = require "imr.core"
local filled = require "support.filled"
local postgres = require "support.postgres"
local process = require "support.process"
local report = require "imr.workflow.report"
local shell = require "support.shell"
local unpack = require "imr.base.unpack"

local scratch

setup(function()
  scratch = shell.scratch()
  filled.ledger(scratch .. "/ledger.db")
end)

teardown(function() shell.must("rm -rf " .. scratch) end)

local function options(more)
  local given = { from = filled.FROM, to = filled.TO, now = filled.NOW, ledger = scratch .. "/ledger.db" }
  for name, value in pairs(more or {}) do given[name] = value end
  return given
end

local function page_of(where, more)
  local db = filled.open(where)
  local page, err = report.html(db, options(more))
  db:close()
  return assert(page, tostring(err))
end

local function count(text, what) return select(2, text:gsub(what, "")) end

describe("a report", function()
  local page

  setup(function() page = page_of(scratch .. "/first.db") end)

  it("sums exactly, by day and kind", function()
    -- Meter by meter: 195 + 195 + 65 + 125 + 145 + 55 + 190 + 195 + 0.50; a spike that nothing explains is not counted.
    assert.truthy(page:find("<strong>1,165.50</strong>", 1, true))
    assert.truthy(page:find("<strong>7.80</strong>", 1, true))
    assert.truthy(page:find("<title>2025-06-07: 35.00 kWh</title>", 1, true))
    assert.truthy(page:find("<title>2025-06-05: 0.00 m³</title>", 1, true))
    assert.truthy(page:find("<title>2025-06-06: 0.40 m³</title>", 1, true))
    assert.equal(2 * filled.DAYS, count(page, '<rect class="bar"'))
  end)

  it("says how much of a sum is measured", function()
    assert.truthy(page:find("measured 0 · doubtful 380.50 · incomplete 785.00", 1, true))
    assert.truthy(page:find("实测 0 · 存疑 0 · 不完整 7.80", 1, true))
  end)

  it("ranks consumers, and shows no name as markup", function()
    local first = page:find(filled.number(2), 1, true)
    local second = page:find(filled.number(6), 1, true)
    assert.is_true(first < second)
    assert.is_nil(page:find("<img", 1, true))
    assert.is_nil(page:find("<script", 1, true))
    assert.truthy(page:find("&lt;img src=x onerror=alert(1)&gt;&#39;&lt;/td&gt;", 1, true))
    assert.equal(1, count(page, "</style>"))
  end)

  it("shows consumption of some meters only, when it is told which", function()
    local some = page_of(scratch .. "/some.db", { meters = { filled.number(1) }, ledger = false })
    assert.truthy(page:find("<strong>1,165.50</strong>", 1, true))
    assert.is_nil(some:find("<strong>1,165.50</strong>", 1, true))
    assert.truthy(some:find("<strong>195.00</strong>", 1, true))
    assert.truthy(page:find(filled.number(6), 1, true))
    assert.is_nil(some:find(filled.number(6), 1, true))
  end)

  it("asks nothing of anybody", function()
    for _, word in ipairs { "src=\"", "href=", "url%(", "@import", "http://", "https://" } do
      assert.is_nil(page:find(word), word)
    end
    assert.truthy(page:find("default-src &#39;none&#39;", 1, true))
  end)

  it("shows coverage, and the days that lack something with the cause", function()
    assert.equal(filled.DAYS, count(page, '<rect class="[fmsn]%a+" height'))
    assert.equal(30, count(page, '<rect class="full"'))
    assert.truthy(page:find("<title>2025-07-03: 6/8, offline 1, unknown 1</title>", 1, true))
    assert.truthy(page:find("2025-07-04 – 07-10", 1, true))
    assert.truthy(page:find("<strong>96.56</strong>", 1, true))
  end)

  it("counts the flags, and lists no more than it is told to", function()
    assert.truthy(page:find("· 12 / 12", 1, true))
    assert.truthy(page:find("its neighbours say otherwise", 1, true))
    local short = page_of(scratch .. "/short.db", { most_flags = 3, without = { "gap" } })
    assert.truthy(short:find("· 3 / 9", 1, true))
    assert.truthy(short:find("imr check", 1, true))
    assert.is_nil(short:find("its neighbours say otherwise", 1, true) and short:find("nothing used", 1, true))
  end)

  it("shows the ledger's commands of the period, where one is named", function()
    assert.truthy(page:find("unpaid &quot;&gt;&lt;img", 1, true))
    assert.equal(2, count(page, '<span class="en" lang="en">[dr]e?i?sconnect</span>')
      + count(page, '<span class="en" lang="en">reconnect</span>'))
    assert.is_nil(page:find("before", 1, true))
    local without = page_of(scratch .. "/none.db", { ledger = false })
    assert.is_nil(without:find("Supply commands", 1, true))
  end)

  it("counts midnight for the day that ends, and a second copy of a row not at all", function()
    local db = assert(require("imr.database").open(scratch .. "/midnight.db"))
    for _, row in ipairs { { 0, "100.10", 0 }, { 86400, "0.1", 0 }, { 86400, "0.7", 1 }, { 172800, "0.2", 0 },
      { 216000, "50", 0 } } do
      db:execute([[INSERT INTO consumption (meter_no, read_time, granularity, copy, usage) VALUES ('1', ?, 'daily', ?,
        ?)]], filled.START + row[1], row[3], row[2])
    end
    local two_days = assert(report.html(db, { from = filled.START, to = filled.START + 2 * 86400 - 1 }))
    db:close()
    for _, text in ipairs { "2025-06-01: 0.1 ", "2025-06-02: 0.2 ", "<strong>0.3</strong>" } do
      assert.truthy(two_days:find(text, 1, true), text)
    end
  end)

  it("counts the registers, whatever the platform's own usage says", function()
    local db = assert(require("imr.database").open(scratch .. "/mixed.db"))
    for day = -5, 4 do
      db:execute([[INSERT INTO consumption (meter_no, read_time, granularity, copy, usage) VALUES ('1', ?, ?, 0,
        '90')]], filled.time(day), day % 2 == 0 and "daily" or "realtime")
    end
    for day, reading in pairs { [0] = "10", [3] = "13", [5] = "15", [6] = "16.125" } do
      db:execute([[INSERT INTO readings (meter_no, read_time, copy, reading) VALUES ('1', ?, 0, ?)]], filled.time(day),
        reading)
    end
    local page_of_days = assert(report.html(db, { from = filled.START, to = filled.START + 8 * 86400 - 1 }))
    db:close()
    for _, text in ipairs { "2025-06-01: 0 ", "2025-06-03: 3 ", "2025-06-05: 2 ", "2025-06-06: 1.125 ",
      "<strong>6.125</strong>" } do
      assert.truthy(page_of_days:find(text, 1, true), text)
    end
  end)

  it("is made of an empty database too, and says so", function()
    local db = assert(require("imr.database").open(scratch .. "/empty.db"))
    local empty = assert(report.html(db, options { ledger = false }))
    db:close()
    for _, text in ipairs { "Nothing was used in this period", "All meters are online", "No sync has counted",
      "No rule found anything" } do
      assert.truthy(empty:find(text, 1, true), text)
    end
  end)

  it("wants a period, and not years of it", function()
    assert.has_error(function() report.html({}, {}) end,
      "report.html takes a table with from and to, in Unix seconds")
    assert.has_error(function() report.html({}, { from = 0, to = 401 * 86400 }) end,
      "a report is of 400 days at the most")
  end)
end)

describe("a report out of PostgreSQL", function()
  local server
  setup(function() server = postgres.start() end)
  teardown(function() server:stop() end)

  it("is the same, to the letter", function()
    assert.equal(page_of(scratch .. "/same.db"), page_of((server:url())))
  end)
end)

if process.interpreter ~= "lua5.4" then
  print("skipped: the report in a browser: the same page is shown under lua5.4")
  return
end

-- The report in a frame as wide as a screen; what a person would see goes into the title, as JSON.
local LOOK = [[<!doctype html><meta charset="utf-8"><body><iframe id="f" src="%s" style="width:%dpx;height:900px">
</iframe><script>
document.getElementById("f").onload = (event) => {
  const page = event.target.contentDocument, seen = {};
  for (const language of ["zh", "en"]) {
    page.getElementById("in-" + language).click();
    seen[language] = page.body.innerText;
  }
  seen.wide = page.documentElement.scrollWidth;
  seen.scripts = page.querySelectorAll("script, img, iframe, link, object").length;
  seen.bars = [...page.querySelectorAll("rect.bar")].map((bar) => bar.getBoundingClientRect().height);
  seen.cells = page.querySelectorAll("svg.calendar rect").length;
  const small = [...page.querySelectorAll("span.value, th, p, h2, .x span, .y span")].filter((element) =>
    element.getBoundingClientRect().width && parseFloat(getComputedStyle(element).fontSize) < 11);
  seen.small = small.length;
  document.title = JSON.stringify(seen);
};
</script>]]

describe("a #browser shows the report", function()
  local function unescaped(text)
    return (text:gsub("&lt;", "<"):gsub("&gt;", ">"):gsub("&quot;", '"'):gsub("&amp;", "&"))
  end

  local function write(name, text)
    local file = assert(io.open(scratch .. "/" .. name, "w"))
    file:write(text)
    file:close()
    return "file://" .. scratch .. "/" .. name
  end

  local function look(width)
    local url = write("page.html", page_of(scratch .. "/browser.db"))
    os.remove(scratch .. "/browser.db")
    local frame = write("frame.html", LOOK:format(url, width))
    local dom, console = chromium.open(frame, "--allow-file-access-from-files --dump-dom")
    local title = dom:match("<title>(.-)</title>")
    assert.truthy(title, dom:sub(1, 2000))
    return assert(core.json(unescaped(title))), console, url
  end

  it("on a desktop, in both languages, without a word on the console", function()
    local seen, console, url = look(1200)
    assert.same({}, console)
    assert.same({ 0, 80, 40 }, { seen.scripts, #seen.bars, seen.cells })
    for _, text in ipairs { "Consumption by day", "1,165.50", "Top consumers", filled.HOSTILE, "Offline meters",
      "96.56", "its neighbours say otherwise", "Supply commands" } do
      assert.truthy(seen.en:find(text, 1, true), text)
    end
    for _, text in ipairs { "每日用量", "1,165.50", "用量排行", "离线表计", "数据完整情况", "可疑读数", "供应命令" } do
      assert.truthy(seen.zh:find(text, 1, true), text)
      if text:find("[\128-\255]") then assert.is_nil(seen.en:find(text, 1, true), text) end
    end
    assert.is_nil(seen.zh:find("Consumption by day", 1, true))
    assert.is_true(seen.bars[2] > 20 * seen.bars[1] + 1, "a day with usage stands out")
    if os.getenv "IMR_SCREENSHOT" then
      chromium.open(url, "--hide-scrollbars --window-size=1200,3400 --screenshot=" .. os.getenv "IMR_SCREENSHOT")
    end
  end)

  it("on a phone: nothing sticks out, nothing is too small", function()
    local seen, console = look(390)
    assert.same({}, console)
    assert.is_true(seen.wide <= 390, "as wide as " .. seen.wide)
    assert.equal(0, seen.small)
    assert.truthy(seen.en:find("000100000006", 1, true))
  end)
end)

describe("a report's money and places", function()
  local bill = require "imr.workflow.bill"

  local TARIFF = [[return { defaults = { electricity = "home", water = "water" }, tariffs = {
    home = { kind = "electricity", price = "0.50" }, water = { kind = "water", price = "3.45" } } }]]

  -- The texts of a row of a table, whose cell begins with a text.
  local function cells_of(page, first)
    for row in page:gmatch "<tr>(.-)</tr>" do
      local cells = {}
      for cell in row:gmatch '<span class="value">(.-)</span></td>' do
        cells[#cells + 1] = (cell:gsub("<[^>]+>", ""))
      end
      if cells[1] and cells[1]:sub(1, #first) == first then return cells end
    end
  end

  it("tell two tenants of one name by where they live", function()
    local db = filled.open(scratch .. "/names.db")
    db:execute("UPDATE meters SET user_name = '用户1' WHERE meter_no = ?", filled.number(4))
    local page = assert(report.html(db, options { from = filled.FROM + 10 * 86400, to = filled.FROM + 20 * 86400 - 1 }))
    for _, name in ipairs { "用户1 3栋2单元1", "用户1 3栋2单元4" } do
      assert.same({ name, "Electricity电", "1", "50.00 kWh" }, { unpack(cells_of(page, name), 1, 4) })
    end
  end)

  it("are the platform's amount beside our bill, by kind, building and tenant", function()
    local db = filled.open(scratch .. "/money.db")
    db:execute("UPDATE consumption SET amount = '2.61' WHERE meter_no = ?", filled.number(1))
    local days = { from = filled.FROM + 10 * 86400, to = filled.FROM + 30 * 86400 - 1 }
    local function page() return assert(report.html(db, options(days))) end
    -- Of meter 1 twenty days: 100 kWh; of meter 10: 4 m³.
    assert.same({ "Electricity电", "9" }, { unpack(cells_of(page(), "Electricity"), 1, 2) })
    assert.same({ "用户1", "Electricity电", "1", "100.00 kWh", "–", "52.20", "–", "–" }, cells_of(page(), "用户1"))
    assert.truthy(page():find("No bill of ours lies in this period", 1, true))
    local made = assert(bill.make(db, { from = days.from, to = days.to, now = filled.NOW,
      tariff = assert(bill.check(TARIFF, "tariff")) }))
    local line
    for one in bill.lines(db, made.id) do
      if one.meter_no == filled.number(10) then line = one end
    end
    assert.equal("13.80", line.amount)
    assert.same({ "用户10", "Water水", "1", "4.00 m³", "–", "–", "13.80", "–" }, cells_of(page(), "用户10"))
    assert.same({ "用户3", "Electricity电", "1" }, { unpack(cells_of(page(), "用户3"), 1, 3) })
    assert.equal("1", cells_of(page(), "用户3")[8]) -- held
    local building = cells_of(page(), "3栋")
    local total = made.sums.building[#made.sums.building]
    assert.equal(total.building, building[1])
    db:execute("UPDATE bills SET period_to = period_to + 86400")
    assert.truthy(page():find("No bill of ours lies in this period", 1, true)) -- it goes on behind it
    db:close()
  end)

  it("name tenant and address of a flag", function()
    local page = page_of(scratch .. "/places.db")
    assert.truthy(page:find("用户3 · 3栋2单元3", 1, true))
  end)

  it("do not count a day that is not over", function()
    local db = filled.open(scratch .. "/today.db")
    db:execute [[INSERT INTO coverage (listing, day, expected, received, offline, not_frozen, truncated, unknown,
      checked_at) VALUES ('readings', '2025-07-11', 8, 1, 0, 0, 0, 7, 1752200000)]]
    local whole = assert(report.html(db, options()))
    local today = assert(report.html(db, options { to = filled.TO + 86400, now = filled.NOW + 43200 }))
    local function without_header(page) return (page:gsub("<header>.-</header>", ""):gsub("<title>.-</title>", "")) end
    local function body(page) return without_header(page):match "<main>.*Offline meters" end
    assert.equal(body(whole), body(today))
    assert.is_nil(today:find("2025-07-11: 1/8", 1, true))
    assert.truthy(today:find("2025-06-01 – 2025-07-10", 1, true))
    -- A row that was counted before its day was over says nothing of it, later neither.
    local later = assert(report.html(db, options { to = filled.TO + 86400, now = filled.NOW + 3 * 86400 }))
    assert.is_nil(later:find("2025-07-11: 1/8", 1, true))
    db:close()
  end)
end)
