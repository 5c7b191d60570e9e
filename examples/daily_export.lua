-- Keeps the platform in a database, and writes one day's readings of all meters to readings-YYYY-MM-DD.csv: for a cron
-- job each morning.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua daily_export.lua [DIRECTORY [YYYY-MM-DD]]      yesterday, when no day is given
--
-- The database is IMR_DB, else DIRECTORY/imr.db; bills can be made of it later. Status: 0 done, 1 failed, 5 written,
-- but the listing is not known to be complete.

local database = require "imr.database"
local export = require "imr.workflow.export"
local imr = require "imr"
local sync = require "imr.workflow.sync"

local DAY = 86400
local COLUMNS = { "meter_no", "device_id", "reading", "read_time", "address", "user_code" }

local directory = arg[1] or "."
local day = arg[2] or imr.time.format(os.time() - DAY):sub(1, 10)
local path = ("%s/readings-%s.csv"):format(directory, day)

local function read(db, from, to)
  local client = assert(imr.new {
    base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
    store = imr.store.file(),
  })
  local report, err = sync.run { client = client, db = db, listings = { "meters", "readings" }, from = from, to = to }
  client:close()
  local _, failed = next(assert(report, err).errors)
  if failed then error(failed, 0) end
  return report.state == "complete"
end

local function cell(value, column)
  if value == nil then return "" end
  if column == "read_time" then return imr.time.format(math.floor(value)) end
  return value:find '[,"\r\n]' and '"' .. value:gsub('"', '""') .. '"' or value
end

-- The file appears under its name only when it is whole.
local function write(db, from, to)
  local file, count = assert(io.open(path .. ".part", "w")), 0
  assert(file:write(table.concat(COLUMNS, ","), "\n"))
  for page in export.lists(db, "readings", COLUMNS, { from = from, to = to }) do
    for _, row in ipairs(page) do
      local cells = {}
      for index, column in ipairs(COLUMNS) do cells[index] = cell(row[index], column) end
      assert(file:write(table.concat(cells, ","), "\n"))
      count = count + 1
    end
  end
  assert(file:close())
  assert(os.rename(path .. ".part", path))
  return count
end

local function run()
  local from = assert(imr.time.parse(day))
  local db = assert(database.open(os.getenv "IMR_DB" or directory .. "/imr.db"))
  local complete = read(db, from, from + DAY - 1)
  print(("%s: %d rows"):format(path, write(db, from, from + DAY - 1)))
  db:close()
  return complete and 0 or 5
end

local fine, status = pcall(run)
if not fine then io.stderr:write(tostring(status), "\n") end
os.exit(fine and status or 1)
