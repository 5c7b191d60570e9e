-- Bills of a month by time of use: what the registers showed at its end minus what they showed at its beginning.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua tou_bill.lua YYYY-MM
--
-- The registers go into a database (IMR_DB, else tou_bill.db), and imr.workflow.bill does the rest: sums are exact, and
-- what is not measured gets no bill but a line that says why. Status: 0 all billed, 1 failed, 5 not all.

local bill = require "imr.workflow.bill"
local database = require "imr.database"
local imr = require "imr"
local sync = require "imr.workflow.sync"

local DAY = 86400

-- Yuan a kWh. Which hours are sharp, peak, flat and valley is the platform's business.
local TARIFF = [[return { defaults = { electricity = "shop" }, tariffs = { shop = {
  tou = { sharp = "1.2035", peak = "0.9628", flat = "0.6147", valley = "0.3072" } } } }]]

local year, month = (arg[1] or ""):match "^(%d%d%d%d)%-(%d%d)$"
if not year then
  io.stderr:write("usage: tou_bill.lua YYYY-MM\n")
  os.exit(1)
end
local begin = assert(imr.time.parse(("%s-%s-01"):format(year, month)))
local after_year = month == "12" and year + 1 or year
local ending = assert(imr.time.parse(("%04d-%02d-01"):format(after_year, month % 12 + 1)))

local function read(path)
  local client = assert(imr.new {
    base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
    store = imr.store.file(),
  })
  local report, err = sync.run { client = client, db = path, listings = { "meters", "tou_readings" },
    from = begin - 7 * DAY, to = ending + 2 * DAY }
  client:close()
  return assert(report, err)
end

-- Whether there is a bill for this meter; it is printed, or why there is none.
local function show(line)
  if line.status == "held" then
    print(("%s  not billed: %s"):format(line.meter_no, line.why))
    return false
  end
  print(("%s  kWh %s %s %s %s  yuan %s"):format(line.meter_no, line.sharp, line.peak, line.flat, line.valley,
    line.amount))
  return true
end

local function run()
  local path, status = os.getenv "IMR_DB" or "tou_bill.db", 0
  read(path)
  local db = assert(database.open(path))
  local tariff = assert(bill.check(TARIFF, "tariff"))
  local result = assert(bill.compute(db, { from = begin, to = ending - 1, tariff = tariff }))
  db:close()
  for _, line in ipairs(result.lines) do
    if line.tariff and not show(line) then status = 5 end -- the others are no electricity meters
  end
  return status
end

local fine, status = pcall(run)
if not fine then io.stderr:write(tostring(status), "\n") end
os.exit(fine and status or 1)
