-- Keeps a PostgreSQL database in step with the platform and says whether it is complete: for a cron job.
--
--   IMR_USERNAME=… IMR_PASSWORD=… IMR_DB=postgres://imr:secret@host/metering lua sync_postgres.lua [DAYS]
--
-- DAYS is how far back the first run begins (90). IMR_DB may be a file too: then it is SQLite. `imr sync` does the
-- same. Status: 0 complete, 1 failed, 5 incomplete.

local imr = require "imr"
local sync = require "imr.workflow.sync"

local days = arg[1] and tonumber(arg[1])
if arg[1] and not days then
  io.stderr:write("usage: sync_postgres.lua [DAYS], a number such as 90\n")
  os.exit(1)
end

local client = assert(imr.new {
  base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
  store = imr.store.file(),
})
local report, err = sync.run {
  client = client, db = assert(os.getenv "IMR_DB", "IMR_DB names the database"), first_days = days,
}
client:close()
if not report then
  io.stderr:write(tostring(err), "\n")
  os.exit(1)
end

print(("%s: %d rows, %d new, %d restated, %d rejected, %d requests"):format(report.state, report.rows,
  report.new_rows, report.restated, report.rejected, report.requests))
for listing, problem in pairs(report.errors) do print(listing .. ": " .. tostring(problem)) end
for _, listing in ipairs(report.certificate and report.certificate.listings or {}) do
  if listing.missing > 0 then
    print(("%s: %d of %d meter-days are missing"):format(listing.listing, listing.missing, listing.expected))
  end
end
os.exit(report.state == "failed" and 1 or report.state == "complete" and 0 or 5)
