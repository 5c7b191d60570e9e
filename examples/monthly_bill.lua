-- A month's bill: reads the month from the platform into a database, bills it by a tariff file, and writes the sheets
-- that the tenants are handed.
--
--   IMR_BASE_URL=… IMR_USERNAME=… IMR_PASSWORD=… lua monthly_bill.lua YYYY-MM [TARIFF [STATEMENTS.html]]
--
-- The database is IMR_DB, else bills.db. A month that is billed already is not billed again: only its sheets are
-- written once more. Status: 0 all billed, 1 failed, 5 some lines are held; each is printed with its reason.

local bill = require "imr.workflow.bill"
local database = require "imr.database"
local imr = require "imr"
local statement = require "imr.workflow.statement"
local sync = require "imr.workflow.sync"

local DAY = 86400

local year, month = (arg[1] or ""):match "^(%d%d%d%d)%-(%d%d)$"
if not year then
  io.stderr:write("usage: monthly_bill.lua YYYY-MM [TARIFF [STATEMENTS.html]]\n")
  os.exit(1)
end
local tariff_file = arg[2] or arg[0]:match "^(.*/)" .. "bill/tariff.lua"
local page_file = arg[3] or ("statements-%s.html"):format(arg[1])
local from = assert(imr.time.parse(arg[1] .. "-01"))
local to = assert(imr.time.parse(("%04d-%02d-01"):format(year + math.floor(month / 12), month % 12 + 1))) - 1

-- Some days more: a bill begins with the last reading before the month, and what is usual for a meter takes a few.
local function read(db)
  local client = assert(imr.new {
    base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
    store = imr.store.file(),
  })
  local report, err = sync.run { client = client, db = db, from = from - 12 * DAY, to = to + 5 * DAY }
  client:close()
  return assert(report, err)
end

local function made(db)
  local known = bill.find(db, from, to)[1]
  if known then return known.id end
  return assert(bill.make(db, { from = from, to = to, tariff = assert(bill.load(tariff_file)) })).id
end

local function write_statements(db, id)
  local file = assert(io.open(page_file .. ".part", "w"))
  local count = assert(statement.html(db, id, { language = "zh", write = function(text) assert(file:write(text)) end }))
  assert(file:close())
  assert(os.rename(page_file .. ".part", page_file))
  return count
end

local function run()
  local db, status = assert(database.open(os.getenv "IMR_DB" or "bills.db")), 0
  read(db)
  local id = made(db)
  for line in bill.lines(db, id) do
    if line.status == "held" then
      print(("%s  not billed: %s"):format(line.meter_no, line.why))
      status = 5
    end
  end
  local first = bill.chain(db, id)[1]
  print(("bill %d: %d lines, %s yuan, %d held; %s: %d sheets"):format(id, first.lines, first.amount, first.held,
    page_file, write_statements(db, id)))
  db:close()
  return status
end

local fine, status = pcall(run)
if not fine then io.stderr:write(tostring(status), "\n") end
os.exit(fine and status or 1)
