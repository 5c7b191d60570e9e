-- Wrong use of the workflows raises at the caller's line; what a callback does wrong is an error like others.
local bill = require "imr.workflow.bill"
local blamed = require "support.blamed"
local cutoff = require "imr.workflow.cutoff"
local database = require "imr.database"
local export = require "imr.workflow.export"
local metering = require "imr.workflow.metering"
local planning = require "imr.workflow.plan"
local quality = require "imr.workflow.quality"
local report = require "imr.workflow.report"
local shell = require "support.shell"
local statement = require "imr.workflow.statement"
local supply = require "support.supply"
local sync = require "imr.workflow.sync"
local workflow = require "imr.workflow.supply"

local check = blamed.block

local directory = supply.scratch()
local db = assert(database.open(directory .. "/imr.db"))
local ledger = assert(workflow.open { ledger = directory .. "/supply.db", client = { meters = print } })

teardown(function()
  ledger.close()
  db:close()
  shell.must("rm -rf " .. shell.quote(directory))
end)

check("a plan of requests", {
  { function() planning.new() end, "plan.new takes a table of options, not a nil" },
  { function() planning.new {} end, "there is no listing 'nil' to plan" },
  { function() planning.new { endpoint = "meters", project = "5" } end, "option 'project' must be a number" },
  { function() planning.new { endpoint = "meters", page_size = 0 } end, "option 'page_size' must be a number, 1" },
  { function() planning.new { endpoint = "meters", spacing = 0 / 0 } end, "option 'spacing' must be a number" },
  { function() planning.new { endpoint = "readings", from = "x", to = 1 } end, "option 'from' must be a number" },
  { function() planning.new { endpoint = "meters", meters = -1 } end, "meters is a list of meter numbers" },
  { function() planning.new { endpoint = "meters", meters = 1 / 0 } end, "meters is a list of meter numbers" },
})

local PRICES = assert(bill.check("return { tariffs = { home = { price = '1' } } }", "tariff.lua"))

check("bills", {
  { function() bill.compute(db) end, "bill.compute takes a table with from and to" },
  { function() bill.compute(db, { from = 0, to = 1 }) end, "and a tariff of bill.load" },
  { function() bill.compute(nil, { from = 0, to = 1, tariff = PRICES }) end, "bill.compute takes an open database" },
  { function() bill.compute(db, { from = 2, to = 1, tariff = PRICES }) end, "the period ends before it begins" },
  { function() bill.compute(db, { from = 0, to = 1, tariff = PRICES, meter = {} }) end, "did you mean 'meters'?" },
  { function() bill.make(db, { from = 0, to = 1 }) end, "bill.make takes a table with from and to" },
  { function() bill.make(db, { from = 0, to = 1, tariff = PRICES, meters = { "1" } }) end, "is one of all meters" },
  { function() bill.adjust(db, 1, { decision = {} }) end, "did you mean 'decisions'?" },
  { function() bill.void(db, 1, "") end, "a bill is void for a reason" },
  { function() bill.lines(nil, 1) end, "bill.lines takes an open database" },
  { function() bill.check(5, "a") end, "a tariff must be a text, not a number" },
  { function() bill.check("return {}", "a", nil, nil, 1e6) end, "option 'utc_offset' must be an integer" },
  { function() bill.load() end, "the path of a tariff must be a text, not a nil" },
  { function() bill.load("a.lua", { read = 5 }) end, "option 'read' must be a function" },
  { function() bill.decisions({}, "a") end, "decisions must be a text, not a table" },
  { function() bill.make(db, { from = 0, to = 1, tariff = {} }) end, "'tariff' must be one of bill.load" },
  { function() bill.make(db, { from = 0, to = 1, tariff = PRICES, decisions = {} }) end, "those of bill.decisions" },
  { function() bill.adjust(db, 1, { decisions = {} }) end, "those of bill.decisions" },
  { function() bill.adjust(db, 1, { now = 0 / 0 }) end, "option 'now' must be whole Unix seconds" },
  { function() bill.void(db, 1, "wrong", "now") end, "option 'now' must be a number" },
  { function() bill.chain(db, "1") end, "bill.chain takes the number of a bill, not a string" },
  { function() bill.lines(db, 0.5) end, "bill.lines takes the number of a bill, not 0.5" },
  { function() bill.find(db) end, "bill.find takes a period" },
  { function() statement.html(db) end, "statement.html takes the number of a bill, or a table" },
  { function() statement.html(db, { lines = {}, from = "x", to = 1 }) end, "statement.html takes the number" },
  { function() statement.html(db, 1, { meters = { 5 } }) end, "option 'meters' must be a list of strings" },
})

check("what takes a database", {
  { function() quality.check() end, "quality.check takes an open database, of imr.database.open, not a nil" },
  { function() quality.meters("imr.db") end, "quality.meters takes an open database" },
  { function() quality.load({}, "1", {}) end, "quality.load takes an open database" },
  { function() quality.load(db, 1, {}) end, "quality.load takes a meter's number" },
  { function() cutoff.at(nil, { cutoff = 0 }) end, "cutoff.at takes an open database" },
  { function() metering.usage(nil, { from = 0, to = 1 }) end, "metering.usage takes an open database" },
  { function() report.html(nil, { from = 0, to = 1 }) end, "report.html takes an open database" },
  { function() export.pages(nil, "readings") end, "export.pages takes an open database" },
  { function() export.pages(db, "reading") end, "there is no table 'reading'" },
  { function() export.pages(db, "readings", 5) end, "options are a table, not a number" },
  { function() export.lists(db, "reading", { "meter_no" }) end, "there is no table 'reading'" },
  { function() export.lists(db, "readings", { "volume" }) end, "readings has no column 'volume'" },
  { function() export.lists(db, "readings", { { "meter_no", "volume" } }) end, "readings has no column 'volume'" },
  { function() export.lists(db, "readings") end, "export.lists takes a list of columns" },
  { function() export.pages(db, "meters", { from = 5 }) end, "the rows of meters have no time" },
  { function() export.moment() end, "there is no table 'nil'" },
})

check("options of what judges", {
  { function() quality.check(db, 5) end, "options are a table, not a number" },
  { function() quality.check(db, { form = 1 }) end, "did you mean 'from'?" },
  { function() quality.check(db, { from = 0 / 0 }) end, "option 'from' must be whole Unix seconds" },
  { function() quality.check(db, { to = 1e300 }) end, "option 'to' must be whole Unix seconds" },
  { function() quality.check(db, { meters = { 5 } }) end, "option 'meters' must be a list of strings" },
  { function() quality.check(db, { where = 5 }) end, "option 'where' must be a table" },
  { function() quality.check(db, { where = { tennant = "x" } }) end, "where: unknown option 'tennant', did you mean" },
  { function() quality.check(db, { where = { tenant = 5 } }) end, "where: option 'tenant' must be a string" },
  { function() export.pages(db, "runs", { where = { tenant = "x" } }) end, "the rows of runs are of no meter" },
  { function() quality.check(db, { rules = "zeros" }) end, "option 'rules' must be a table" },
  { function() quality.check(db, { tuning = { spike = 5 } }) end, "the tuning of spike must be a table" },
  { function() quality.check(db, { on_flags = "print" }) end, "option 'on_flags' must be a function" },
  { function() cutoff.at(db, { cutoff = -1 }) end, "option 'cutoff' must be whole Unix seconds" },
  { function() cutoff.at(db, { cutoff = 0, max_age = 0 / 0 }) end, "option 'max_age' must be 0 or more" },
  { function() cutoff.at(db, { cutoff = 0, sources = { 5 } }) end, "option 'sources' must be a list of strings" },
  { function() cutoff.at(db, { cutoff = 0, utc_offset = 1e6 }) end, "option 'utc_offset' must be an integer" },
  { function() metering.usage(db, { from = 0 }) end, "metering.usage takes a table with from and to" },
  { function() metering.usage(db, { from = 5, to = 4 }) end, "the period ends before it begins" },
  { function() metering.usage(db, { from = 0, to = 1, by = "week" }) end, "option 'by' must be meter, day, tenant" },
  { function() metering.usage(db, { from = 0, to = 1, freeze_window = -1 }) end, "must be 0 or more" },
  { function() metering.usage(db, { from = 0, to = 0 / 0 }) end, "option 'to' must be whole Unix seconds" },
  { function() metering.usage(db, { from = 0, to = 1, sources = {} }) end, "unknown option 'sources'" },
  { function() report.html(db, { from = 0, to = 1 / 0 }) end, "option 'to' must be whole Unix seconds" },
  { function() report.html(db, { from = 0, to = 1, language = "de" }) end, [[option 'language' must be "en" or "zh"]] },
  { function() report.html(db, { from = 0, to = 1, ledger = 5 }) end, "option 'ledger' must be the path of a ledger" },
})

check("a database", {
  { function() db.execute("SELECT 1") end, "database:execute takes an open database" },
  { function() db.close() end, "database:close takes an open database" },
  { function() db:execute() end, "the statement must be a string, not a nil" },
  { function() db:rows({}) end, "the statement must be a string, not a table" },
  { function() db:lists(5) end, "the statement must be a string, not a number" },
  { function() db:row(5) end, "the statement must be a string, not a number" },
  { function() db:select("reading") end, "there is no table 'reading'" },
  { function() db:columns() end, "there is no table 'nil'" },
  { function() db:among("meter_no", "1") end, "database:among takes a list of texts, not a string" },
  { function() db:transaction("BEGIN") end, "database:transaction takes a function, not a string" },
})

check("a ledger", {
  { function() ledger.plan({}, "disconnect", 5) end, "supply.plan takes a table of options, not a number" },
  { function() ledger.apply() end, "supply.apply takes a plan" },
  { function() ledger.apply({ entries = {} }) end, "supply.apply takes a plan" },
  { function() ledger.pending(5) end, "options are a table, not a number" },
  { function() ledger.pending { plan = "1" } end, "option 'plan' must be a number" },
  { function() ledger.pending { guard = 5 } end, "option 'guard' cannot be a number" },
  { function() ledger.resolve { on_progress = "print" } end, "option 'on_progress' cannot be a string" },
  { function() ledger.history { last = 0 / 0 } end, "option 'last' must be 0 or more" },
  { function() ledger.history { devise = "1" } end, "did you mean 'device'?" },
})

describe("a callback's fault is an error like others:", function()
  it("a clock that tells no time", function()
    supply.run({}, function(case)
      for _, told in ipairs { "noon", 0 / 0, 1e300, -1 } do
        local handle = case:open { clock = function() return told end }
        local plan, err = handle.plan(case.devices, "disconnect", { reason = "unpaid" })
        assert.is_nil(plan)
        assert.matches("'clock' must return Unix seconds", err.message, 1, true)
        handle.close()
        plan, err = sync.run { client = case.client, db = db, clock = function() return told end }
        assert.is_nil(plan)
        assert.matches("'clock' must return Unix seconds", err.message, 1, true)
      end
    end)
  end)
end)

describe("a plan of another ledger", function()
  it("is not sent under this one's record", function()
    supply.run({}, function(case)
      local one, other = case:open(), case:open { ledger = case.directory .. "/other.db" }
      local stop = { stop_after = 1, interrupted = function() return true end }
      local mine = supply.plan_of(one, case, 1)
      assert(one.apply(mine, stop))
      assert(other.apply(assert(other.plan({ case.devices[2] }, "disconnect", { reason = "unpaid" })), stop))
      for _, handle in ipairs { other, assert(case:open { ledger = case.directory .. "/third.db" }) } do
        local done, err = handle.apply(mine)
        assert.is_nil(done)
        assert.equal("ledger", err.kind)
        assert.matches("belongs to another ledger", err.message, 1, true)
      end
      assert.equal(0, #case:executions())
      assert.same({ "planned" }, supply.states(other.history()))
    end)
  end)
end)
