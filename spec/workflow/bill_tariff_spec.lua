-- What is wrong with a tariff file, or the tables beside it: file, key, and what is meant.
local bill = require "imr.workflow.bill"
local csv = require "imr.base.csv"
local files = require "support.files"
local time = require("imr.time").parse

local function problem(text) return select(2, bill.check(text, "t.lua")) end

local function home(text) return "return { tariffs = { home = { " .. text .. " } } }" end

local cases = {
  { "return {", "t.lua:1: " },
  { "return 5", "t.lua returns a number; it has to return a table" },
  { "return os.getenv('HOME')", "t.lua:1: " },
  { "while true do end", "t.lua: it does not come to an end" },
  { "return {}", "t.lua: it has no tariffs" },
  { "return { tarifs = {} }", "t.lua: unknown option 'tarifs', did you mean 'tariffs'?" },
  { "return { tariffs = {} }", "t.lua: tariffs: names no tariff" },
  { "return { tariffs = 'home' }",
    "t.lua: tariffs: must be a table such as { home = { price = \"0.52\" } }, not a string" },
  { "return { tariffs = { { price = '1' }, home = { price = '1' } } }",
    "t.lua: tariffs: the name of a tariff: must be a text, not a number" },
  { "return { tariffs = { home = 5 } }", "t.lua: tariffs.home: must be a table" },
  { home "", "t.lua: tariffs.home: has no price: say price, tiers or tou" },
  { home "pirce = '1'", "t.lua: tariffs.home: unknown option 'pirce', did you mean 'price'?" },
  { home "price = 0.52",
    "t.lua: tariffs.home.price: must be a text such as \"0.52\", in quotes: a number would be a float" },
  { home "price = '0,52'", "t.lua: tariffs.home.price: must be a text such as \"0.6147\", 0 or more, not '0,52'" },
  { home "price = '-1'", "not '-1'" },
  { home "price = true", "not a boolean" },
  { home(("price = '%s'"):format(("9"):rep(31))), "not '9999" },
  { home "price = '1', tiers = {}", "which of them is meant?" },
  { home "price = '1', kind = 'watre'", "t.lua: tariffs.home.kind: unknown word 'watre', did you mean 'water'?" },
  { home "price = '1', accumulate = 'year'", "t.lua: tariffs.home.accumulate: goes with tiers" },
  { home "price = '1', from = '16.6.2025'",
    "t.lua: tariffs.home.from: must be a date such as \"2025-06-16\", not '16.6.2025'" },
  { home "tiers = {}", "t.lua: tariffs.home.tiers: is an empty list" },
  { home "tiers = { price = '1' }", "t.lua: tariffs.home.tiers: must be a list such as" },
  { home "tiers = { { upto = '1', price = '1' } }", "t.lua: tariffs.home.tiers[1].upto: the last tier has no limit" },
  { home "tiers = { { upto = '2', price = '1' }, { upto = '2', price = '1' }, { price = '1' } }",
    "t.lua: tariffs.home.tiers[2].upto: must be more than the limit before it" },
  { home "tiers = { { up_to = '2', price = '1' }, { price = '1' } }", "did you mean 'upto'?" },
  { home "tiers = { { upto = '2', price = '1' }, { price = '1' } }, accumulate = 'yaer'", "did you mean 'year'?" },
  { home "tou = {}", "t.lua: tariffs.home.tou: has no price" },
  { home "tou = { valey = '1' }", "t.lua: tariffs.home.tou: unknown option 'valey', did you mean 'valley'?" },
  { home "price = '1', fees = { { name = 'a', amount = '1' }, { name = 'a', amount = '1' } }",
    "t.lua: tariffs.home.fees[2]: 'a' is there twice" },
  { home "price = '1', fees = { { amount = '1' } }", "t.lua: tariffs.home.fees[1].name: is missing" },
  { home "price = '1', surcharges = { name = 'a' }", "t.lua: tariffs.home.surcharges: must be a list such as" },
  { home "versions = { { from = '2025-02-01', price = '1' }, { from = '2025-01-01', price = '1' } }",
    "t.lua: tariffs.home.versions[2].from: must be later" },
  { home "versions = { { price = '1' } }, price = '1'", "t.lua: tariffs.home: unknown option 'price'" },
  { "return { tariffs = { home = { price = '1' } }, defaults = { electricity = 'hone' } }",
    "t.lua: defaults.electricity: unknown tariff 'hone', did you mean 'home'?" },
  { "return { tariffs = { w = { kind = 'water', price = '1' } }, defaults = { electricity = 'w' } }",
    "t.lua: defaults.electricity: the tariff 'w' is one for water" },
  { "return { tariffs = { h = { price = '1' } }, places = 2.5 }", "t.lua: places: must be a whole number" },
  { "return { tariffs = { h = { price = '1' } }, rounding = 'halfup' }", "did you mean 'half_up'?" },
}

describe("a tariff file", function()
  for _, case in ipairs(cases) do
    it("is refused: " .. case[1], function() assert.matches(case[2], problem(case[1]) or "fine", 1, true) end)
  end

  it("has versions, whose dates are on the platform's clock", function()
    local one = assert(bill.check(home "versions = { { price = '1' }, { from = '2025-06-16', price = '2' } }", "t"))
    local versions = one.set.tariffs.home.versions
    assert.same({ -math.huge, time "2025-06-16" }, { versions[1].from, versions[2].from })
    assert.same({ 2, "half_up", "line" }, { one.set.places, one.set.rounding, one.set.round_each })
  end)
end)

local METERS = {
  { "meter_no,tarif\n", "m.csv: line 1: unknown column 'tarif', did you mean 'tariff'?" },
  { "tariff\nhome\n", "m.csv: line 1: there is no column 'meter_no'" },
  { "", "m.csv: it is empty" },
  { "meter_no,tariff\n1,hone\n", "m.csv, line 2: unknown tariff 'hone', did you mean 'home'?" },
  { "meter_no,multiplier\n1,forty\n", "m.csv, line 2: multiplier must be a number above 0, not 'forty'" },
  { "meter_no,multiplier\n\n1,0\n", "m.csv, line 3: multiplier must be a number above 0, not '0'" },
  { "meter_no,multiplier\n1,1e30\n", "multiplier must be a number above 0, not '1e30'" },
  { "meter_no,share\n1,1e-30\n", "m.csv, line 2: share must be a fraction such as 0.25 or 1/12, not '1e-30'" },
  { "meter_no,share\n1,1.5\n", "m.csv, line 2: share must be a fraction such as 0.25 or 1/12, not '1.5'" },
  { "meter_no,share\n1,1/0\n", "not '1/0'" },
  { "meter_no\n1\n1\n", "m.csv, line 3: meter 1 is there twice" },
  { "meter_no,share,user_code\n1,1/2,a\n1,2/3,b\n", "m.csv, line 3: meter 1 has shares that come to more than 1" },
  { "meter_no,share,user_code,multiplier\n1,1/2,a,2\n1,1/2,b,3\n", "meter 1 has two values of tariff" },
  { 'meter_no,tariff\n"1,home\n', "m.csv: line 2: a quote is not closed" },
  { "meter_no\n1,2\n", "m.csv: line 2: it has more cells than the first line" },
}

describe("the table of meters", function()
  local TARIFF = home "price = '1'"

  for _, case in ipairs(METERS) do
    it("is refused: " .. case[1], function()
      local _, wrong = bill.check(TARIFF, "t.lua", case[1], "m.csv")
      local wanted = case[2]:gsub("tariff$", "")
      assert.matches(wanted, wrong or "fine", 1, true)
    end)
  end

  it("takes what a spreadsheet writes", function()
    local one = assert(bill.check(TARIFF, "t.lua",
      '\239\187\191meter_no,tariff,multiplier,user_name,user_code,share\r\n="0001",home,40,"Li, ""the"" tenant",,\r\n'
        .. '0002,,,,u1,1/12\r\n', "m.csv"))
    local first, second = one.meters["0001"][1], one.meters["0002"][1]
    assert.same({ "home", "40", 'Li, "the" tenant', "1", "12", "u1" }, { first.tariff, tostring(first.multiplier),
      first.user_name, tostring(second.share[1]), tostring(second.share[2]), second.user_code })
  end)
end)

local DECISIONS = {
  { "meter_no,usage\n1,5\n", "d.csv: line 1: there is no column 'who'" },
  { "meter_no,usage,who,why\n1,5,Li,\n", "d.csv, line 2: say who decided, and why" },
  { "meter_no,usage,who,why\n1,,Li,x\n", "d.csv, line 2: say usage, closing or year_used" },
  { "meter_no,usage,closing,who,why\n1,5,6,Li,x\n", "d.csv, line 2: say usage or closing, not both" },
  { "meter_no,usage,peak,who,why\n1,5,6,Li,x\n", "come to 6, not to 5" },
  { "meter_no,usage,who,why\n1,5,Li,x\n1,6,Li,x\n", "d.csv, line 3: meter 1 was decided in line 2 already" },
  { "meter_no,usage,who,why\n1,many,Li,x\n", "usage must be a number, 0 or more, not 'many'" },
}

describe("the table of decisions", function()
  for _, case in ipairs(DECISIONS) do
    it("is refused: " .. case[1], function()
      assert.matches(case[2], select(2, bill.decisions(case[1], "d.csv")) or "fine", 1, true)
    end)
  end
end)

describe("CSV", function()
  it("keeps line breaks in quotes, and counts lines", function()
    local rows = assert(csv.parse('a,b\r\n"1\n2",x\r\n,\r\n3', { "a", "b" }, {}))
    assert.same({ { line = 2, a = "1\n2", b = "x" }, { line = 4 }, { line = 5, a = "3" } }, rows)
  end)
end)

describe("the tariff of the guide", function()
  it("is that of the example, and is fine", function()
    local example = files.read "examples/bill/tariff.lua"
    for _, path in ipairs { "doc/guide/bill.md", "doc/guide/bill.zh-CN.md" } do
      local shown = files.read(path):match "```text\n(return {.-\n})\n```"
      assert.equal(example:match "(return {.*})\n$", shown)
    end
    local loaded = assert(bill.load "examples/bill/tariff.lua")
    assert.same({ "home", "water" }, { loaded.set.defaults.electricity, loaded.set.defaults.water })
  end)
end)
