-- Writes one day's readings of all meters to readings-YYYY-MM-DD.csv: for a cron job each morning.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua daily_export.lua [DIRECTORY [YYYY-MM-DD]]      yesterday, when no day is given
--
-- Status: 0 done, 1 failed, 5 written, but the listing is not known to be complete.

local imr = require "imr"

local DAY = 86400
local COLUMNS = { "meter_no", "device_id", "reading", "read_time", "address", "user_code" }

local directory = arg[1] or "."
local day = arg[2] or imr.time.format(os.time() - DAY):sub(1, 10)
local path = ("%s/readings-%s.csv"):format(directory, day)

local function cell(row, name)
  local value = row[name]
  if value == nil then return "" end
  if name == "read_time" then return imr.time.format(value) end
  return value:find '[,"\r\n]' and '"' .. value:gsub('"', '""') .. '"' or value
end

local function line(row)
  local cells = {}
  for index, name in ipairs(COLUMNS) do cells[index] = cell(row, name) end
  return table.concat(cells, ",") .. "\n"
end

-- The file appears under its name only when it is whole.
local function write(cursor)
  local file = assert(io.open(path .. ".part", "w"))
  assert(file:write(table.concat(COLUMNS, ","), "\n"))
  for row in cursor do assert(file:write(line(row))) end
  assert(file:close())
  assert(os.rename(path .. ".part", path))
end

local client = assert(imr.new {
  base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
  decimals = "string", store = imr.store.file(),
})
local cursor = client:readings { from = day, to = day }
local fine, problem = pcall(write, cursor)
client:close()
if not fine then
  io.stderr:write(tostring(problem), "\n")
  os.exit(1)
end
print(("%s: %d rows"):format(path, cursor.report.rows))
os.exit(cursor.report.complete and 0 or 5)
