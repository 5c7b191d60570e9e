-- Bills of a month by time of use: what the registers showed at its end minus what they showed at its beginning.
--
--   IMR_USERNAME=… IMR_PASSWORD=… lua tou_bill.lua YYYY-MM
--
-- All sums are exact. A meter without a register at both ends, with two that differ, with another device at the end, or
-- one that runs backwards, gets no bill but a line that says so. Status: 0 all billed, 1 failed, 5 not all.

local decimal = require "imr.decimal"
local imr = require "imr"

local DAY = 86400

-- Yuan a kWh. Sharp, peak, flat and valley are the platform's names; which hours they are is the tariff's business.
local PRICES = {
  { "energy_sharp", decimal.of "1.2035" }, { "energy_peak", decimal.of "0.9628" },
  { "energy_flat", decimal.of "0.6147" }, { "energy_valley", decimal.of "0.3072" },
}

local year, month = (arg[1] or ""):match "^(%d%d%d%d)%-(%d%d)$"
if not year then
  io.stderr:write("usage: tou_bill.lua YYYY-MM\n")
  os.exit(1)
end
local begin = assert(imr.time.parse(("%s-%s-01"):format(year, month)))
local after_year = month == "12" and year + 1 or year
local ending = assert(imr.time.parse(("%04d-%02d-01"):format(after_year, month % 12 + 1)))

local client = assert(imr.new {
  base_url = os.getenv "IMR_BASE_URL", username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD",
  decimals = "string", store = imr.store.file(),
})

local function differs(one, other)
  if one.device_id ~= other.device_id then return true end
  for _, price in ipairs(PRICES) do
    if one[price[1]] ~= other[price[1]] then return true end
  end
  return false
end

-- Only the registers at both ends are wanted: two days' rows instead of a month's. The whole day, because a register is
-- reported some time after it was frozen, and the platform does not say by which of the two it selects.
local function registers_at(moment)
  local found = {}
  for row in client:tou_readings { from = moment, to = moment + DAY - 1, incomplete = "error" } do
    if row.freeze_time == moment then
      local other = found[row.meter_no]
      row.doubtful = other and (other.doubtful or differs(other, row))
      found[row.meter_no] = row
    end
  end
  return found
end

local function bill_of(first, last)
  local total, used = decimal.zero, {}
  if first.doubtful or last.doubtful then return nil, "two different registers for one moment" end
  if first.device_id ~= last.device_id then return nil, "the device was replaced" end
  for index, price in ipairs(PRICES) do
    local from, to = decimal.parse(first[price[1]]), decimal.parse(last[price[1]])
    if not from or not to then return nil, "a register is missing" end
    if to < from then return nil, price[1] .. " runs backwards" end
    used[index] = to - from
    total = total + used[index] * price[2]
  end
  return total, used
end

-- To the fen, half up.
local function yuan(amount)
  return tostring(amount + decimal.of "0.005"):match "^(.*%.%d%d)"
end

local fine, first, last = pcall(function() return registers_at(begin), registers_at(ending) end)
client:close()
if not fine then
  io.stderr:write(tostring(first), "\n")
  os.exit(1)
end

local function numbers_of(...)
  local numbers = {}
  for _, rows in ipairs { ... } do
    for number in pairs(rows) do
      if not numbers[number] then numbers[#numbers + 1], numbers[number] = number, true end
    end
  end
  table.sort(numbers)
  return numbers
end

-- Whether there is a bill for this meter; it is printed, or why there is none.
local function show(number)
  local amount, used = nil, "no register at both ends"
  if first[number] and last[number] then amount, used = bill_of(first[number], last[number]) end
  if not amount then
    print(("%s  not billed: %s"):format(number, used))
    return false
  end
  local kwh = {}
  for index, part in ipairs(used) do kwh[index] = tostring(part) end
  print(("%s  kWh %s  yuan %s"):format(number, table.concat(kwh, " "), yuan(amount)))
  return true
end

local status = 0
for _, number in ipairs(numbers_of(first, last)) do
  if not show(number) then status = 5 end
end
os.exit(status)
