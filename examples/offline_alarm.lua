-- Meters that have been offline for too long, one line each: for a monitoring system.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua offline_alarm.lua [HOURS]      24, when none are given
--
-- Status, as monitoring systems have it: 0 none, 2 some, 3 nobody knows.

local function meters()
  local imr = require "imr"
  local client = assert(imr.new {
    base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
    store = imr.store.file(),
  })
  -- A list that may lack meters is no ground to say that all is well.
  local rows, err = client:meters({ incomplete = "error", deadline = 300 }):collect()
  client:close()
  return assert(rows, err)
end

local function main()
  local hours = assert(tonumber(arg[1] or 24), "usage: offline_alarm.lua [HOURS], a number such as 24")
  local rows, now, count = meters(), os.time(), 0
  for _, meter in ipairs(rows) do
    local silent = meter.last_online and (now - meter.last_online) / 3600
    if meter.online == false and (not silent or silent >= hours) then
      count = count + 1
      print(("%s  %s  %s"):format(meter.meter_no, silent and ("%.0f h"):format(silent) or "never seen",
        meter.address or "-"))
    end
  end
  print(("%s: %d of %d meters offline for %g hours or longer"):format(count > 0 and "CRITICAL" or "OK", count, #rows,
    hours))
  return count > 0 and 2 or 0
end

-- Whatever goes wrong, a missing module too: Lua would end with 1, which monitoring takes for a warning.
local fine, status = pcall(main)
if not fine then
  print("UNKNOWN: " .. tostring(status))
  status = 3
end
os.exit(status)
