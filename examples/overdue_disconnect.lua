-- Cuts the supply of tenants who have not paid: planned, on record, asked once more right before each command leaves.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua overdue_disconnect.lua OVERDUE PAID [--yes]
--
-- OVERDUE: a file with one device id a line. PAID: a file with the device ids that have paid since; it is read again
-- before each command, so whoever pays while this runs keeps their supply. Without --yes it only shows the plan.
-- Status: 0 done, 1 failed, 6 something has to be looked at:
-- a command was refused, say, was not sent, or did not show on the meter.

local imr = require "imr"
local workflow = require "imr.workflow.supply"

local MOST = 20 -- a list that is longer than that is a mistake until somebody has looked at it

local function lines_of(path)
  local lines = {}
  for line in assert(io.open(path)):lines() do
    local device = line:gsub("^\239\187\191", ""):match "^%s*(%S+)" -- some editors begin with a byte order mark
    if device then lines[#lines + 1] = device end
  end
  return lines
end

local function has_paid(device)
  for _, paid in ipairs(lines_of(arg[2])) do
    if paid == device then return true end
  end
  return false
end

local function fail(err)
  io.stderr:write(tostring(err), "\n")
  os.exit(1)
end

if not arg[2] then fail "usage: overdue_disconnect.lua OVERDUE PAID [--yes]" end

local client = assert(imr.new {
  base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
  store = imr.store.file(),
})
local supply, err = workflow.open { client = client, ledger = os.getenv "IMR_LEDGER" }
if not supply then fail(err) end

local plan
plan, err = supply.plan(lines_of(arg[1]), "disconnect", {
  reason = "overdue", max = MOST, quiet_hours = "20:00-08:00",
  guard = function(device) return not has_paid(device) end, -- a PAID that cannot be read stops it too
})
if not plan then fail(err) end
print(plan)
if arg[3] ~= "--yes" then os.exit(0) end

local report
report, err = supply.apply(plan, { confirm = true })
if not report then fail(err) end
local odd = 0 -- neither cut for certain nor left alone because the guard said so
for state, count in pairs(report.counts) do
  print(state, count)
  if state ~= "confirmed" and state ~= "skipped" then odd = odd + count end
end
if report.error then print(report.error) end
local open = #assert(supply.status()).unresolved
if open > 0 then print(open .. " of unknown outcome: `imr supply resolve` reads them back") end
supply.close()
client:close()
os.exit((open > 0 or odd > 0 or report.stopped) and 6 or 0)
