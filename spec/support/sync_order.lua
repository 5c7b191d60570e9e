-- A platform whose rows come late, are corrected, taken back and put back, read by syncs at random moments, whose
-- listings have their rows in random order and are sometimes cut short. In the end a database has to hold what the
-- platform has, and nothing else: whatever the syncs saw, and in whatever order.
local decimal = require "imr.decimal"
local errors = require "imr.errors"
local imr = require "imr"
local sync = require "imr.workflow.sync"
local sync_client = require "support.sync_client"

local order = {}

local START = 1751299200 -- 2025-07-01 00:00 on the platform's clock
local DAY, DAYS = 86400, 12
local NOW = START + (DAYS + 6) * DAY

local TABLES = { "readings", "cursors", "restatements", "tenancies", "meters", "runs", "listings", "coverage" }

local function random(seed)
  local state = seed * 7919 % 2147483646 + 1
  return function(most)
    state = state * 16807 % 2147483647
    return most and state % most or state / 2147483647
  end
end

-- ---------------------------------------------------------------- the platform

-- Meter 2 is there from the beginning, has two tenants and takes nothing back; meter 1 gets another device.
local function row_of(draw, meter, day, moment, count)
  local row = { meter_no = tostring(meter), device_id = "D" .. meter .. (meter == 1 and day > 6 and "b" or ""),
    read_time = moment, user_code = meter == 2 and (day < 7 and "a" or "b") or nil }
  local at, value = moment + (draw(4) == 0 and draw(6) * DAY or 60), 100 + day * 7 + count * 300
  row.states = { { at, ("%d.%02d"):format(value, draw(99)) } }
  if draw(5) == 0 then
    at = at + draw(4 * DAY) + 60
    row.states[2] = { at, ("%d.%02d"):format(value - 50, draw(99)) }
  end
  if meter == 1 and draw(6) == 0 then
    at = at + draw(4 * DAY) + 60
    row.states[#row.states + 1] = { at, false }
    if draw(3) == 0 then row.states[#row.states + 1] = { at + draw(3 * DAY) + 60, row.states[1][2] } end
  end
  return row
end

local function platform(draw)
  local rows = {}
  local seconds = { draw(2) == 0 and 1800 or 40000, draw(2) == 0 and 600 or 30000 }
  for day = 0, DAYS - 1 do
    for meter = 1, 2 do
      local moment = START + day * DAY + seconds[meter] + draw(600)
      for count = 0, draw(6) == 0 and 1 or 0 do rows[#rows + 1] = row_of(draw, meter, day, moment, count) end
    end
  end
  return rows
end

-- What it lists of a row at a moment.
local function state_at(row, moment)
  local value
  for _, state in ipairs(row.states) do
    if state[1] <= moment then value = state[2] end
  end
  return value and { meter_no = row.meter_no, device_id = row.device_id, read_time = row.read_time,
    user_code = row.user_code, reading = value } or nil
end

local function listing(rows, draw, moment, broken)
  return function(asked)
    local list = {}
    for _, row in ipairs(rows) do
      local one = state_at(row, moment)
      if one and one.read_time >= asked.from and one.read_time <= asked.to and not (broken and draw(3) == 0) then
        table.insert(list, draw(#list + 1) + 1, one)
      end
    end
    local answer, size = { pages = {}, complete = not broken, drifted = broken }, draw(5) + 1
    for index, one in ipairs(list) do
      if (index - 1) % size == 0 then answer.pages[#answer.pages + 1] = {} end
      table.insert(answer.pages[#answer.pages], one)
    end
    if broken and draw(2) == 0 and #answer.pages > 1 then
      answer.fails, answer.error = #answer.pages, { kind = "network", message = "cut", executed = "no" }
    end
    return answer
  end
end

-- ---------------------------------------------------------------- the syncs

local METERS = { { meter_no = "1", device_id = "D1b" }, { meter_no = "2", device_id = "D2" } }

local function run(db, rows, draw, moment, final)
  local report, err = sync.run { db = db, clock = function() return moment end, first_days = 30, reread = final,
    listings = { "meters", "readings" },
    client = sync_client.new { meters = METERS, readings = listing(rows, draw, moment, not final and draw(4) == 0) } }
  assert(report, err and tostring(err))
  for _, problem in pairs(report.errors) do assert(errors.is(problem)) end
end

local function syncs(db, rows, draw)
  local moments = {}
  for index = 1, 1 + draw(6) do moments[index] = START + 2 * DAY + draw((DAYS + 3) * DAY) end
  table.sort(moments)
  for _, moment in ipairs(moments) do run(db, rows, draw, moment) end
  run(db, rows, draw, NOW, true)
end

local function key(row) return ("%s@%d %s"):format(row.meter_no, row.read_time, row.device_id) end

-- What has to be there: "meter@moment device copy value", copies in the order of their values.
local function truth(rows)
  local groups, lines = {}, {}
  for _, row in ipairs(rows) do
    local one = state_at(row, NOW)
    if one then
      groups[key(one)] = groups[key(one)] or {}
      table.insert(groups[key(one)], decimal.of(one.reading))
    end
  end
  for name, values in pairs(groups) do
    table.sort(values)
    for copy, value in ipairs(values) do lines[#lines + 1] = ("%s %d %s"):format(name, copy - 1, tostring(value)) end
  end
  table.sort(lines)
  return lines
end

local function stored(db)
  local lines, days = {}, {}
  for row in db:select("readings", "WHERE withdrawn_at IS NULL") do
    lines[#lines + 1] = ("%s %d %s"):format(key(row), row.copy, tostring(decimal.of(row.reading)))
    days[#days + 1] = key(row) .. " " .. row.day
  end
  table.sort(lines)
  table.sort(days)
  for row in db:select("tenancies", "ORDER BY tenancies.since") do
    days[#days + 1] = ("%s %s..%s"):format(row.user_code, imr.time.format(row.since), tostring(row["until"]))
  end
  return lines, table.concat(days, "\n")
end

local function clear(db)
  db:transaction(function()
    for _, name in ipairs(TABLES) do db:execute("DELETE FROM " .. name) end
  end)
end

--- Syncs one platform twice, at other moments and in other orders.
---@param db imr.Database
---@param seed integer
---@return string|nil problem
function order.try(db, seed)
  local draw = random(seed)
  local rows = platform(draw)
  local expected, before = table.concat(truth(rows), "\n"), nil
  for round = 1, 2 do
    clear(db)
    syncs(db, rows, draw)
    local found, days = stored(db)
    found = table.concat(found, "\n")
    if found ~= expected then
      return ("seed %d, round %d: has\n%s\ninstead of\n%s"):format(seed, round, found, expected)
    end
    if before and before ~= days then return ("seed %d: days and tenancies\n%s\nand\n%s"):format(seed, before, days) end
    before = days
  end
end

return order
