--- Dates without a zone, as plain arithmetic: no libc, so a virtual clock works for any year.

local calendar = { DAY = 86400 }

local function floor_div(a, b)
  return (a - a % b) / b
end

--- Days since 1970-01-01 of a date in the Gregorian calendar.
---@return number
function calendar.days(year, month, day)
  if month <= 2 then
    year = year - 1
  end
  local era = floor_div(year, 400)
  local year_of_era = year - era * 400
  local day_of_year = math.floor((153 * (month + (month > 2 and -3 or 9)) + 2) / 5) + day - 1
  local day_of_era = year_of_era * 365 + floor_div(year_of_era, 4) - floor_div(year_of_era, 100) + day_of_year
  return era * 146097 + day_of_era - 719468
end

local function date_of(days)
  local shifted = days + 719468
  local era = floor_div(shifted, 146097)
  local doe = shifted - era * 146097
  local yoe = math.floor((doe - math.floor(doe / 1460) + math.floor(doe / 36524) - math.floor(doe / 146096)) / 365)
  local doy = doe - (365 * yoe + math.floor(yoe / 4) - math.floor(yoe / 100))
  local mp = math.floor((5 * doy + 2) / 153)
  local month = mp + (mp < 10 and 3 or -9)
  return yoe + era * 400 + (month <= 2 and 1 or 0), month, doy - math.floor((153 * mp + 2) / 5) + 1
end

local date_texts = { key = nil, text = nil }

local function date_text(days)
  if date_texts.key ~= days then
    date_texts.key, date_texts.text = days, ("%04d-%02d-%02d"):format(date_of(days))
  end
  return date_texts.text
end

--- Local seconds since 1970 as "YYYY-MM-DD HH:MM:SS".
---@param seconds number
---@return string
function calendar.format(seconds)
  local within = math.floor(seconds % calendar.DAY)
  return ("%s %02d:%02d:%02d"):format(date_text(calendar.day_of(seconds)), math.floor(within / 3600),
    math.floor(within / 60) % 60, within % 60)
end

---@param seconds number local seconds
---@return number days since 1970-01-01
function calendar.day_of(seconds)
  return math.floor(seconds / calendar.DAY)
end

local function valid_date(year, month, day)
  if month < 1 or month > 12 or day < 1 then
    return false
  end
  local y, m, d = date_of(calendar.days(year, month, day))
  return y == year and m == month and d == day
end

--- "YYYY-MM-DD HH:MM:SS" or a bare date, as the platform takes them.
---@param text string
---@param of_day number seconds a bare date stands for
---@return number|nil local seconds since 1970
function calendar.parse(text, of_day)
  local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  if not year or not valid_date(tonumber(year), tonumber(month), tonumber(day)) then
    return nil
  end
  local start = calendar.days(tonumber(year), tonumber(month), tonumber(day)) * calendar.DAY
  if rest == "" then
    return start + of_day
  end
  local hour, minute, second = rest:match("^ (%d%d):(%d%d):(%d%d)$")
  if not hour or tonumber(hour) > 23 or tonumber(minute) > 59 or tonumber(second) > 59 then
    return nil
  end
  return start + tonumber(hour) * 3600 + tonumber(minute) * 60 + tonumber(second)
end

return calendar
