-- A database with a story in it: what is wrong with which meter is known.
--
-- Forty days from 2025-06-01, a daily reading at 23:50, usage 5.00 a day. Meters 1 to 9 are electricity, 10 is water.
local copy = require "imr.base.copy"
local database = require "imr.database"
local DAY = require("imr.base.calendar").DAY

local filled = {}

filled.START = 1748707200 -- 2025-06-01 00:00:00 +08:00
filled.DAYS = 40
filled.NOW = filled.START + filled.DAYS * DAY + 3600
filled.FROM, filled.TO = filled.START, filled.START + filled.DAYS * DAY - 1
filled.HOSTILE = [["><img src=x onerror=alert(1)>'</td></style><script>alert(2)</script>&lt;]]

function filled.number(n) return ("0001000000%02d"):format(n) end

--- The time of a day's reading.
function filled.time(day) return filled.START + day * DAY - 600 end

local function clock(seconds) return require("imr").time.format(seconds) end

local function add_meter(db, n, more)
  local row = copy({ meter_no = filled.number(n), device_id = "D" .. n, first_seen = filled.START,
    last_seen = filled.NOW, online = true, kind = n < 10 and "electricity" or "water", address = "3栋2单元" .. n,
    user_name = "用户" .. n }, more)
  local last_online = row.last_online or filled.NOW - 600
  db:execute([[INSERT INTO meters (meter_no, device_id, first_seen, last_seen, removed_at, kind, address, user_name,
    online, last_online, last_online_local) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)]], row.meter_no, row.device_id,
    row.first_seen, row.last_seen, row.removed_at, row.kind, row.address, row.user_name, row.online, last_online,
    clock(last_online))
end

local function add_reading(db, n, day, reading, device)
  local time = filled.time(day)
  db:execute([[INSERT INTO readings (meter_no, read_time, read_time_local, copy, device_id, reading, stored_at)
    VALUES (?, ?, ?, 0, ?, ?, ?)]], filled.number(n), time, clock(time), device or "D" .. n, reading, time + 3600)
end

local function add_consumption(db, n, day, reading, usage)
  local time = filled.time(day)
  db:execute([[INSERT INTO consumption (meter_no, read_time, read_time_local, granularity, copy, device_id, reading,
    usage, stored_at) VALUES (?, ?, ?, 'daily', 0, ?, ?, ?, ?)]], filled.number(n), time, clock(time), "D" .. n,
    reading, usage, time + 3600)
end

local function add_tou(db, n, day, total, valley)
  local time = filled.START + day * DAY
  db:execute([[INSERT INTO tou_readings (meter_no, freeze_time, freeze_time_local, copy, device_id, energy_total,
    energy_sharp, energy_peak, energy_flat, energy_valley, stored_at) VALUES (?, ?, ?, 0, ?, ?, '1.00', '2.00', '3.00',
    ?, ?)]], filled.number(n), time, clock(time), "D" .. n, total, valley, time + 3600)
end

local function add_camera(db, n, day, reading)
  local time = filled.time(day)
  db:execute([[INSERT INTO camera_readings (meter_no, read_time, read_time_local, copy, reading, image_status, image_ok,
    stored_at) VALUES (?, ?, ?, 0, ?, ?, ?, ?)]], filled.number(n), time, clock(time), reading,
    reading and "解析正常" or "解析异常", reading ~= nil, time + 3600)
end

local function text(hundredths)
  return ("%d.%02d"):format(math.floor(hundredths / 100), hundredths % 100)
end

-- Meter 1 is as it should be, and has consumption too; in the others something happens.
local stories = {
  [2] = function(day) return day == 20 and 100 or 500 * day end,       -- falls, and the day after is a spike
  [3] = function(day) return day < 15 and 500 * day or 500 * (day - 14) end, -- another device from day 15
  [4] = function(day) return day <= 30 and 500 * day or nil end,       -- offline since day 30
  [5] = function(day) return 500 * math.min(day, 12) end,             -- nothing is used any more
  [6] = function(day) return 500 * day + (day >= 25 and 90000 or 0) end, -- a spike
  [7] = function(day) return 500 * day end,                            -- a hostile name
  [8] = function(day) return day ~= 33 and 500 * day or nil end,       -- a gap, and a wrong time-of-use sum
}

local function add_stories(db)
  for day = 1, filled.DAYS do
    add_reading(db, 1, day, text(500 * day))
    add_consumption(db, 1, day, text(500 * day), day == 7 and "4.99" or "5.00")
    for n, story in pairs(stories) do
      local value = story(day)
      if value then add_reading(db, n, day, text(value), n == 3 and day >= 15 and "D3b" or nil) end
    end
    add_tou(db, 8, day, day <= 10 and "10.00" or "10.50", day < 10 and "4.00" or "4.50")
    add_camera(db, 10, day, day ~= 5 and text(20 * day) or nil)
  end
end

local function add_coverage(db)
  for day = 0, filled.DAYS - 1 do
    local date = clock(filled.START + day * DAY):sub(1, 10)
    local lost = day == 32 and 1 or 0
    local offline = day >= 30 and 1 or 0
    db:execute([[INSERT INTO coverage (listing, day, expected, received, offline, not_frozen, truncated, unknown,
      checked_at) VALUES ('readings', ?, 8, ?, ?, 0, 0, ?, ?)]], date, 8 - lost - offline, offline, lost, filled.NOW)
  end
end

--- Opens a database and tells the story.
---@param where string
---@return imr.Database
function filled.open(where)
  local db = assert(database.open(where))
  db:transaction(function()
    for n = 1, 10 do
      if n ~= 3 then
        add_meter(db, n, n == 4 and { online = false, last_online = filled.time(30) }
          or n == 7 and { user_name = filled.HOSTILE, address = filled.HOSTILE } or nil)
      end
    end
    add_meter(db, 3, { removed_at = filled.time(15) - 3600, device_id = "D3" })
    add_meter(db, 3, { first_seen = filled.time(15) - 3600, device_id = "D3b" })
    add_stories(db)
    add_coverage(db)
    db:execute([[INSERT INTO restatements (table_name, meter_no, row_time, copy, field, old_value, new_value, old_seen,
      new_seen) VALUES ('readings', ?, ?, 0, 'reading', '44.90', '45.00', ?, ?)]], filled.number(1), filled.time(9),
      filled.time(9) + 60, filled.time(10))
  end)
  return db
end

--- Makes a supply ledger with two commands in the period and one before it.
---@param path string
function filled.ledger(path)
  local now
  local ledger = require("imr.workflow.supply.ledger").open(path, function() return now end)
  local function add(day, n, command, reason, state)
    now = filled.time(day)
    local plan = { who = "房东", reason = reason, settings = "{}", made = now, expires = now + DAY, seen = 0,
      left_out = {}, entries = { { device = "D" .. n, meter_no = filled.number(n), command = command } } }
    ledger:add(plan)
    ledger:record(plan.entries[1].id, state, "yes")
  end
  add(-3, 1, "disconnect", "before", "confirmed")
  add(12, 5, "disconnect", "unpaid " .. filled.HOSTILE, "confirmed")
  add(14, 5, "reconnect", "paid", "accepted")
  ledger:close()
end

return filled
