-- The workflows on databases of their own: supply, sync, quality, cutoff, export, report and plan, with options of
-- every type and callbacks (clock, guard, protected, progress, rows) that raise, collect, and call back. No command is
-- executed more often than the ledger has intents for it.
local refused = function() return nil, "the fuzzer starts no program" end
io.popen, os.execute = refused, refused -- luacheck: ignore 122

local DAY = require("imr.base.calendar").DAY
local Hostile = require "hostile"
local Plain = require "imr.runtime.plain"
local bills = require "imr.workflow.bill"
local bytes = require "bytes"
local errors = require "imr.errors"
local database = require "imr.database"
local imr = require "imr"
local platform = require "platform"
local runtime = require "imr.runtime"
local surface = require "surface"
local system = require "imr.os"
local verdict = require "verdict"
local virtual = require "virtual"

local STEPS = 6
local EPOCH = 1752000000 -- 2025-07-09 on the platform's clock
local directory = assert(os.getenv("IMR_FUZZ_DIRECTORY"), "IMR_FUZZ_DIRECTORY is not set") .. "/workflow"
assert(system.private_directory(directory))

-- ---------------------------------------------------------------- usual arguments

local function any(self) return self:any() end
local function fn(self) return self:fn() end
local function nothing() end
local function some_time(self) return EPOCH - self.from:choose(256) * DAY / 32 end

-- The newest database among what was given out.
local function db(self)
  for index = #self.handles, 1, -1 do
    local meta = debug.getmetatable(self.handles[index])
    if type(meta) == "table" and rawget(meta, "__name") == "imr.database" then return self.handles[index] end
  end
end

local function devices(self)
  local list = {}
  for index = 1, 1 + self.from:choose(4) do list[index] = ("6000%d"):format(1 + self.from:choose(8)) end
  return list
end

local function clock(self)
  return function()
    self:act()
    return EPOCH + math.floor(self.runtime:now())
  end
end

local function path(self)
  self.files = self.files + 1
  return ("%s/%d.db"):format(directory, self.files)
end

local function open_options(self)
  return self:options({ client = self.client, ledger = path(self), who = "fuzz", clock = clock(self),
    protected = self.from:choose(3) == 2 and self:fn() or nil }, { "client", "who", "protected", "utc_offset",
      "clock" })
end

local function plan_options(self)
  return self:options({ reason = "unpaid", guard = self.from:choose(2) == 1 and self:fn() or nil }, { "reason", "guard",
    "max", "quiet_hours", "protected", "expires", "who", "force", "deadline" })
end

local function apply_options(self)
  return self:options({ on_progress = self:fn() }, { "confirm", "confirm_deadline", "stop_after", "guard",
    "on_progress",
    "interrupted" })
end

local function plan(self)
  for index = #self.handles, 1, -1 do
    local meta = debug.getmetatable(self.handles[index])
    if type(meta) == "table" and rawget(meta, "__name") == "imr.supply.plan" then return self.handles[index] end
  end
end

-- The days of many years take long, and are no fault.
local function sync_options(self)
  local given = self:options({ client = self.client, db = db(self) or path(self), from = EPOCH - 3 * DAY,
    to = EPOCH - 1,
    clock = clock(self), on_progress = self:fn(), listings = { "readings" } }, { "from", "to", "first_days", "listings",
    "granularity", "page_size", "utc_offset", "clock", "on_progress" })
  if type(given.from) == "number" then given.from = math.max(given.from, EPOCH - 400 * DAY) end
  return given
end

local quality_names = { "from", "to", "meters", "where", "rules", "without", "tuning", "now", "on_flags" }

local function quality_options(self)
  return self:options({ from = some_time(self), to = EPOCH, now = EPOCH, on_flags = self:fn() }, quality_names)
end

local function cutoff_options(self)
  return self:options({ cutoff = some_time(self), now = EPOCH }, { "cutoff", "max_age", "sources", "meters", "where",
    "rules", "without", "tuning", "utc_offset", "on_row" })
end

local function usage_options(self)
  return self:options({ from = some_time(self), to = EPOCH, now = EPOCH, on_rows = self:fn() }, { "from", "to", "by",
    "meters", "where", "utc_offset", "freeze_window", "on_rows" })
end

local function report_options(self)
  return self:options({ from = EPOCH - 3 * DAY, to = EPOCH, now = EPOCH, on_meter = self:fn() }, { "from", "to",
    "meters", "where",
    "utc_offset", "title", "language", "ledger", "top", "most_flags", "on_meter", "rules", "without", "tuning" })
end

local TARIFF = [[return { defaults = { electricity = "home", water = "home" }, tariffs = { home = { versions = {
  { price = "0.50", fees = { { name = "meter", amount = "3.00" } } },
  { from = "2025-07-08", accumulate = "year", tiers = { { upto = "10", price = "0.52" }, { price = "1" } } } } } } }]]
local METERS = "meter_no,multiplier,share,user_code\n000100000001,40,1/3,a\n000100000001,40,2/3,b\n"
local DECISIONS = "meter_no,usage,who,why\n000100000002,12.5,Li,read\n"

local function tariff_text() return TARIFF end
local function meters_text() return METERS end
local function decisions_text() return DECISIONS end
local function file_name() return "a.lua" end
local function reason() return "wrong tariff" end
local function id(self) return 1 + self.from:choose(3) end
local function tariff() return assert(bills.check(TARIFF, "tariff.lua", METERS, "meters.csv")) end

local function load_options(self)
  return self:options({ read = self.from:choose(2) == 1 and self:fn() or tariff_text }, { "read", "utc_offset" })
end

local bill_names = { "from", "to", "tariff", "decisions", "by_tenant", "utc_offset", "freeze_window", "now",
  "on_lines" }

local function bill_options(self)
  return self:options({ from = some_time(self), to = EPOCH, now = EPOCH + DAY, tariff = tariff(),
    decisions = self.from:choose(4) == 3 and bills.decisions(DECISIONS, "decisions.csv") or nil,
    on_lines = self.from:choose(4) == 3 and self:fn() or nil }, bill_names)
end

local function compute_options(self)
  local given = bill_options(self)
  if self.from:choose(4) == 3 then given.meters = { "000100000001" } end
  if self.from:choose(4) == 3 then given.where = self:any() end
  return given
end

local function adjust_options(self)
  return self:options({ now = EPOCH + DAY }, { "decisions", "now" })
end

local function statement_options(self)
  return self:options({ write = self.from:choose(2) == 1 and self:fn() or nil }, { "language", "paper", "title",
    "meters", "where", "write", "now" })
end

local function a_plan(self)
  return self:options({ endpoint = "readings", meters = { "000100000001" }, from = EPOCH - 3 * DAY, to = EPOCH,
    project = 5 },
    { "endpoint", "meters", "project", "from", "to", "granularity", "rows_per_day", "page_size", "list_size",
      "max_days",
      "spacing" })
end

local function table_name(self)
  local names = { "readings", "meters", "consumption", "runs", "tou_readings" }
  return names[self.from:choose(#names) + 1]
end

local function period(self)
  return self:options({ from = some_time(self), to = EPOCH }, { "from", "to", "meters", "where", "now" })
end

local statements = { "SELECT 1 AS a", "SELECT ? AS a", "SELECT meter_no FROM readings WHERE read_time > ?",
  "DELETE FROM runs WHERE id < ?", "SELECT", "", "BEGIN", "COMMIT", "SELECT count(*) AS n FROM readings" }

local function sql(self) return statements[self.from:choose(#statements) + 1] end

local modules = {
  supply = { require "imr.workflow.supply", { open = { open_options } } },
  sync = { require "imr.workflow.sync", { run = { sync_options } } },
  quality = { require "imr.workflow.quality", { check = { db, quality_options }, meters = { db },
    load = { db, function() return "000100000001" end, period } },
    { view = true, judge = true } }, -- they take what load has given, and no other way is told of
  cutoff = { require "imr.workflow.cutoff", { at = { db, cutoff_options } } },
  metering = { require "imr.workflow.metering", { usage = { db, usage_options } } },
  export = { require "imr.workflow.export", { pages = { db, table_name, period }, moment = { table_name },
    lists = { db, table_name, function() return { "meter_no" } end, period } } },
  plan = { require "imr.workflow.plan", { new = { a_plan } } },
  report = { require "imr.workflow.report", { html = { db, report_options } } },
  bill = { bills, { check = { tariff_text, file_name, meters_text, file_name }, load = { path, load_options },
    decisions = { decisions_text, file_name }, compute = { db, compute_options }, make = { db, bill_options },
    adjust = { db, id, adjust_options }, void = { db, id, reason }, list = { db }, find = { db, some_time, some_time },
    chain = { db, id }, lines = { db, id }, superseded = { db, id } } },
  statement = { require "imr.workflow.statement", { html = { db, id, statement_options } } },
  database = { database, { open = { path } } },
}

local classes = {
  ["imr.database"] = { execute = { sql, any }, rows = { sql, any }, row = { sql, any }, lists = { sql, any },
    all = { sql, any },
    columns = { table_name },
    exact = { function() return "dec" end, function() return "reading" end }, transaction = { fn },
    select = { table_name, function() return "WHERE meter_no = ?" end, any }, close = {}, lock_holder = {},
    check_file = {}, lock = { nothing }, unlock = {},
    among = { function() return "meter_no" end, devices }, fail = { function(self) return self.from:text() end } },
  supply = { plan = { devices, function() return "disconnect" end, plan_options }, apply = { plan, apply_options },
    pending = {}, stop = {}, resolve = {}, status = {}, history = {}, close = {}, cancel = {} },
}

-- ---------------------------------------------------------------- what may stand in a usual argument's place

local function not_table(_, value) return type(value) ~= "table" and value or 1 end

-- Names of databases and pieces of SQL could reach files elsewhere; lines of a draft are those of bill.compute.
local tamed = {
  ["bill.load"] = { function(self, value) return type(value) == "string" and path(self) or value end },
  ["statement.html"] = { nil, not_table },
  ["database.open"] = { function(self, value) return type(value) == "string" and path(self) or value end },
  ["supply.open"] = { function(self, value)
    if type(value) == "table" and rawget(value, "ledger") == nil then rawset(value, "ledger", path(self)) end
    return value
  end },
  ["sync.run"] = { function(self, value)
    if type(value) == "table" and type(rawget(value, "db")) == "string" then rawset(value, "db", path(self)) end
    return value
  end },
}

local function not_text(_, value) return type(value) ~= "string" and value or nil end

for _, name in ipairs { "execute", "rows", "row", "lists", "all", "columns", "select", "exact", "among" } do
  tamed["imr.database." .. name] = { not_text, not_text }
end
tamed["imr.database.lock"] = { function(_, value) return tonumber(value) and 0 or value end }

local function arguments(self, makers, name)
  local tame = tamed[name] or {}
  return self:arguments(makers, function(index, value) return tame[index] and tame[index](self, value) or value end)
end

-- ---------------------------------------------------------------- steps

local module_names = { "supply", "sync", "database", "quality", "cutoff", "export", "plan", "report", "metering",
  "bill", "statement" }
local functions = {}
for name, entry in pairs(modules) do functions[name] = surface.names(entry[1], entry[2], entry[3], "workflow") end

-- Whatever returns nothing has to say why.
local returns_error = { ["supply.plan"] = true, ["supply.apply"] = true, ["supply.pending"] = true,
  ["supply.resolve"] = true, ["supply.status"] = true, ["supply.history"] = true, ["supply.open"] = true,
  ["sync.run"] = true, ["quality.check"] = true, ["cutoff.at"] = true, ["report.html"] = true,
  ["metering.usage"] = true, ["database.open"] = true, ["bill.compute"] = true, ["bill.make"] = true,
  ["bill.adjust"] = true, ["bill.void"] = true, ["statement.html"] = true }

local function judged_call(self, name, called, ...)
  local fine, results = self:call(name, called, ...)
  if fine and returns_error[name] and results[1] == nil and not errors.is(results[2]) then
    verdict.finding("%s returned nil and %s", name, type(results[2]))
  end
  return fine, results
end

local steps = {}

function steps.fn(self)
  local module = module_names[self.from:choose(#module_names) + 1]
  local name = functions[module][self.from:choose(#functions[module]) + 1]
  local whole = module .. "." .. name
  local fine, results = judged_call(self, whole, modules[module][1][name], arguments(self, modules[module][2][name],
    whole))
  if not fine or type(results[1]) ~= "function" then return end
  for _ = 1, 1 + self.from:choose(3) do
    if not self:call("pages' iterator", results[1]) then break end
  end
end

local methods = surface.methods(assert(database.open(directory .. "/first-rows.db")), classes["imr.database"],
  "workflow")
local calls = surface.names(assert(modules.supply[1].open { ledger = directory .. "/first.db" }), classes.supply, nil,
  "workflow")

local function is_supply(object)
  return type(object) == "table" and rawget(object, "apply") ~= nil and rawget(object, "history") ~= nil
end

function steps.database(self)
  local object = self:handle()
  local meta = type(object) == "table" and debug.getmetatable(object)
  if not meta or rawget(meta, "__name") ~= "imr.database" then return end
  local name = methods[self.from:choose(#methods) + 1]
  local on = self.from:choose(10) == 9 and self:any() or object
  self:call(name, meta.__index[name], on, arguments(self, classes["imr.database"][name], "imr.database." .. name))
end

local function call_supply(self, object, name)
  judged_call(self, "supply." .. name, object[name], arguments(self, classes.supply[name], "supply " .. name))
end

function steps.supply(self)
  local object = self:handle()
  if not is_supply(object) then return end
  call_supply(self, object, calls[self.from:choose(#calls) + 1])
end

-- What most of the rest needs: a ledger, a plan and its way through the queue.
function steps.queue(self)
  local _, results = judged_call(self, "supply.open", modules.supply[1].open, open_options(self))
  local supply = results[1]
  if not supply then return end
  self.ledgers[#self.ledgers + 1] = supply
  call_supply(self, supply, "plan")
  call_supply(self, supply, "apply")
end

function steps.filled(self)
  self:call("database.open", database.open, path(self))
  judged_call(self, "sync.run", modules.sync[1].run, sync_options(self))
end

function steps.show(self)
  local object = self:handle()
  if type(object) == "table" and not self.given[object] then self:call("tostring", tostring, object) end
end

function steps.hold(self) self:keep(self:any()) end

local choices = { "queue", "filled", "fn", "database", "supply", "fn", "supply", "show", "supply", "hold", "database",
  "fn" }

local function step(self)
  steps[choices[self.from:choose(#choices) + 1]](self)
end

-- ---------------------------------------------------------------- an input

io.stderr = { write = function(_, ...) verdict.text(table.concat { ... }, "a warning") end } -- luacheck: ignore 122

-- A device's commands that may have been executed, and what is on record of it.
local function check_ledgers(self)
  local intents = {}
  for _, supply in ipairs(self.ledgers) do
    for _, intent in ipairs(supply.history() or {}) do intents[intent.device] = (intents[intent.device] or 0) + 1 end
    supply.close()
  end
  for device, count in pairs(self.platform.executions) do
    if count > (intents[device] or 0) then
      verdict.finding("device %s: %d executions, %d intents", device, count, intents[device] or 0)
    end
  end
end

local function new_client(self)
  return assert(imr.new { username = "u", password = verdict.PASSWORD, transport = self.platform:transport(),
    store = imr.store.memory(), runtime = self.runtime, retries = 1, on_event = function() end })
end

local function begin(input)
  local self = Hostile.new(bytes.of(input))
  self.runtime = Plain.new(virtual())
  self.platform = platform.new(self, self.runtime)
  self.client, self.files, self.ledgers = new_client(self), 0, {}
  runtime.replace(self.runtime)
  return self
end

local function close_databases(self)
  for _, object in ipairs(self.handles) do
    local meta = type(object) == "table" and debug.getmetatable(object)
    if meta and rawget(meta, "__name") == "imr.database" then pcall(object.close, object) end
  end
  for index = 1, self.files do
    for _, tail in ipairs { "", "-wal", "-shm", "-journal", ".lock" } do
      os.remove(("%s/%d.db%s"):format(directory, index, tail))
    end
  end
end

local calm
local count = 0

local function check_descriptors()
  count = count + 1
  if count % 16 ~= 0 then return end
  collectgarbage()
  collectgarbage()
  local open = require("server").descriptors()
  calm = calm or open
  if open > calm + 8 then verdict.finding("%d descriptors are open, %d were", open, calm) end
end

return function(input)
  local self = begin(input)
  self:run(step, STEPS)
  verdict.run(check_ledgers, self)
  close_databases(self)
  self.handles, self.ledgers = {}, {}
  runtime.replace(nil)
  check_descriptors()
  verdict.raise()
end
