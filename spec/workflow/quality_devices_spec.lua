-- Rules of devices, their clocks, numbers and tenants.
local rule_cases = require "support.rule_cases"

local DAY, START = 86400, rule_cases.START
local cases, rows, images, readings, swap =
  rule_cases.cases, rule_cases.rows, rule_cases.images, rule_cases.readings, rule_cases.swap

cases("meter_swap", {
  { "flags a device that changes in the rows", { rows = { readings = rows { { reading = "500", device_id = "A" },
    { reading = "3", device_id = "B" }, { reading = "4", device_id = "B" } } } }, { "2 3 500" } },
  { "says it once when the history has it too", { rows = { readings = rows { { reading = "500", device_id = "A" },
    { reading = "3", device_id = "B" } } }, history = swap(3) }, { "2 3 500" } },
  { "flags a device of the history at the time it was seen", { rows = { camera_readings = images { "500", "3" } },
    history = swap(1.5) }, { "1.5 3 500" } },
  { "takes a reading of that very moment as the new device's", { rows = { camera_readings = images { "500", "3" } },
    history = swap(2) }, { "2 3 500" } },
  { "flags a swap after the last reading", { rows = { readings = rows { "500" } }, history = swap(7) }, { "7 - 500" } },
  { "flags a swap of a meter without readings", { rows = {}, history = swap(7) }, { "7 - -" } },
  { "leaves a device that was listed anew alone", { rows = { readings = rows { "1", "2" } }, history = {
    { device_id = "A", first_seen = START }, { device_id = "A", first_seen = START + DAY } } }, {} },
  { "leaves one device alone", readings { "1", "2" }, {} },
})

-- Two devices under one number, an hour apart; the second one's rows begin and end where it is said.
local function pair_of_devices(from, to)
  local list = {}
  for day = 1, 12 do
    if not from or day < from or day > to then
      list[#list + 1] = { reading = tostring(100 + day), day = day, device_id = "A" }
    end
    if not from or day >= from and day <= to then
      list[#list + 1] = { reading = tostring(900 + 3 * day), day = day, second = 3600, device_id = "B" }
    end
  end
  return rows(list)
end

local function listed(...)
  local list = {}
  for index, id in ipairs { ... } do list[index] = { device_id = id, first_seen = START } end
  return list
end

cases("two_devices", {
  { "flags two that are read turn by turn, once", { rows = { readings = pair_of_devices() } },
    { ("%g - -"):format(12 + 3600 / DAY) } },
  { "flags two that are listed at once", { rows = { camera_readings = images { "1", "2" } },
    history = listed("A", "B") },
    { "40 - -" } },
  { "leaves one that was replaced alone, also where the old one is listed still", { rows = {
    readings = pair_of_devices(9, 12) }, history = listed("A", "B") }, {} },
  { "leaves one device alone", { rows = { readings = rows { "1", "2" } }, history = listed("A") }, {} },
  { "says which projects have it", { rows = {}, history = { { device_id = "A", first_seen = START, project_code = "p" },
    { device_id = "A", first_seen = START, project_code = "q" } } }, { "40 - -" } },
})

cases("similar_number", {
  { "flags a number that looks like another's", { rows = {}, alike = { "100000001", "000100000001 " } }, { "40 - -" } },
  { "flags a device that is spelled in two ways", { rows = { readings = rows { { reading = "1",
    device_id = "ab12" } } }, history = listed("AB12") }, { "40 - -" } },
  { "leaves others alone", { rows = { readings = rows { { reading = "1", device_id = "AB13" } } },
    history = listed("AB12") }, {} },
})

local function tenants(...)
  local list = {}
  for index, code in ipairs { ... } do list[index] = { user_code = code, since = START + index * DAY } end
  return { rows = {}, tenancies = list }
end

cases("tenant", {
  { "flags each change, not the first tenant", tenants("u7", "u8", "u7"), { "2 - -", "3 - -" } },
  { "leaves the same tenant alone", tenants("u7", "u7"), {} },
  { "flags who moves out, and who comes back", { rows = {}, tenancies = {
    { user_code = "u7", since = START, ["until"] = START + 3 * DAY }, { user_code = "u7", since = START + 9 * DAY,
      ["until"] = START + 12 * DAY } } }, { "3 - -", "9 - -", "12 - -" } },
  { "flags another name under the same code", { rows = {}, tenancies = {
    { user_code = "u7", user_name = "Mo", since = START, ["until"] = START + 3 * DAY },
    { user_code = "u7", user_name = "Li", since = START + 3 * DAY } } }, { "3 - -" } },
})

cases("withdrawn", {
  { "flags a row that the platform lists no more", { rows = { readings = rows { "1" } }, withdrawn = {
    readings = rows({ { reading = "90.5", day = 2 } }, nil, { withdrawn_at = START + 5 * DAY }),
    consumption = rows({ { usage = "7.5", day = 3 } }, nil, { withdrawn_at = START + 5 * DAY }) } },
    { "2 90.5 -", "3 7.5 -" } },
})

-- A row a day that comes `late` seconds after it was read; `off` is how far its clock is off from day `since` on.
local function clocked(late, off, since, days)
  local list = {}
  for day = 1, days or 20 do
    local wrong = day >= (since or 1) and off or 0
    list[day] = { reading = tostring(100 + day), day = day + wrong / DAY, stored_at = START + day * DAY + late }
  end
  return list
end

local function clock_case(list, more)
  local given = { rows = { readings = rows(list) } }
  for name, value in pairs(more or {}) do given[name] = value end
  return given
end

cases("clock", {
  { "flags one that is days ahead, when its first row came", clock_case(clocked(7200, 6 * DAY, 9)),
    { ("%g - 109"):format(20 + 7200 / DAY) } },
  { "flags one that is days slow", clock_case(clocked(7200, -4 * DAY, 5)), { ("%g - 105"):format(20 + 7200 / DAY) } },
  { "flags one that began anew", clock_case(clocked(7200), { strays = { readings = rows { { reading = "7",
    day = -9000, stored_at = START + 4 * DAY } } } }), { "4 - 7" } },
  { "flags one that jumped ahead: days without a reading in which next to nothing was used", clock_case((function()
    local list = clocked(7200, 8 * DAY, 9)
    for _, row in ipairs(list) do row.stored_at = START + row.day * DAY + 7200 end
    return list
  end)(), { now = START + 60 * DAY }), { "17 109 108" } },
  { "leaves an outage alone in which as much was used as ever", clock_case((function()
    local list = clocked(7200)
    for day = 20, 10, -1 do
      if day < 15 then table.remove(list, day) end
    end
    return list
  end)()), {} },
  { "leaves a fleet alone whose rows all come late", clock_case(clocked(7200, -4 * DAY, 1), { delays = {
    readings = 4 * DAY } }), {} },
  { "leaves rows alone that were read once, long ago", clock_case((function()
    local list = clocked(0)
    for _, row in ipairs(list) do row.stored_at = START + 30 * DAY end
    return list
  end)()), {} },
  { "leaves rows alone that come after an outage", clock_case((function()
    local list = clocked(3600)
    for day = 8, 12 do list[day].stored_at = START + 13 * DAY end
    return list
  end)()), {} },
})

cases("future", {
  { "flags a time that has not come", { rows = { readings = rows { "1", { reading = "2", day = 9 } } },
    now = START + 8 * DAY, to = START + 30 * DAY }, { "9 2 -" } },
  { "flags one that had not come when it was stored", { rows = { readings = rows { { reading = "1", day = 9,
    stored_at = START + 8 * DAY } } }, now = START + 20 * DAY }, { "9 1 -" } },
  { "allows for a clock that is wrong by minutes", { rows = { readings = rows { "1" } }, now = START + DAY - 500,
    to = START + 30 * DAY }, {} },
  { "allows for less when told so", { rows = { readings = rows { "1" } }, now = START + DAY - 500,
    to = START + 30 * DAY }, { "1 1 -" }, { minutes = 5 } },
  { "leaves the past alone", readings { "1", "2" }, {} },
})
