-- The latest readings of some meters, once. Each request takes a slot: one a meter, or one a page of the whole listing,
-- whichever are fewer.

local errors = require "imr.errors"

local latest = {}

---Whose reading is wanted: a table of the caller's, with these.
---@class imr.supply.Wanted
---@field device string
---@field meter_no string

---@class imr.supply.LatestOptions
---@field pages? integer of the whole listing, as far as one knows
---@field deadline? fun(): number|nil seconds
---@field take fun(item: imr.supply.Wanted, reading: table|nil, err: imr.Error|nil) may come twice for a device that is
--- listed twice
---@field goes_on fun(): boolean asked after each request

local function one_by_one(client, wanted, with)
  for _, item in ipairs(wanted) do
    with.take(item, client:latest_reading(item.meter_no, { deadline = with.deadline and with.deadline() }))
    if not with.goes_on() then return end
  end
end

local function by(field, wanted)
  local found = {}
  for _, item in ipairs(wanted) do
    local key = item[field]
    found[key] = found[key] or {}
    table.insert(found[key], item)
  end
  return found
end

local function not_listed(item)
  return errors.new { kind = "not_found", endpoint = "latest_readings", retryable = false, executed = "no",
    message = ("the platform lists no reading of meter %s"):format(item.meter_no) }
end

-- What has not been seen by the end: a number may stand for another device by now, whose reading says so.
local function take_rest(wanted, seen, others, with, err)
  for _, item in ipairs(wanted) do
    if not seen[item] then
      local other = not err and others[item]
      with.take(item, other or nil, not other and (err or not_listed(item)) or nil)
    end
  end
end

local function pages_in(report)
  if report.pages == 0 or report.rows == 0 then return 1 end
  return math.max(report.pages, math.ceil((report.claimed_total or 0) * report.pages / report.rows))
end

local function unseen(wanted, seen)
  local list = {}
  for _, item in ipairs(wanted) do
    if not seen[item] then list[#list + 1] = item end
  end
  return list
end

-- Is a request for each that has not been seen less than the pages that are left?
local function is_too_long(report, wanted, seen)
  return pages_in(report) - report.pages > #unseen(wanted, seen)
end

local function by_page(client, wanted, with)
  local by_device, by_number, seen, others = by("device", wanted), by("meter_no", wanted), {}, {}
  local cursor = client:latest_readings { deadline = with.deadline and with.deadline() }
  local report, page = cursor.report, 1
  local row, err = cursor:next()
  while row do
    local own = by_device[row.device_id] or (not row.device_id and by_number[row.meter_no])
    for _, item in ipairs(own or by_number[row.meter_no] or {}) do
      if own then
        seen[item] = true
        with.take(item, row)
      else
        others[item] = row
      end
    end
    row, err = cursor:next()
    if row and report.pages > page then
      page = report.pages
      if not with.goes_on() then return cursor:close() end
      if is_too_long(report, wanted, seen) then
        cursor:close()
        one_by_one(client, unseen(wanted, seen), with)
        return pages_in(report)
      end
    end
  end
  take_rest(wanted, seen, others, with, err)
  return not err and report.pages or nil
end

---Reads them.
---@param client imr.Client
---@param wanted imr.supply.Wanted[]
---@param with imr.supply.LatestOptions
---@return integer|nil pages that the whole listing has, where one knows now
function latest.read(client, wanted, with)
  if #wanted > 1 and #wanted > (with.pages or 1) then return by_page(client, wanted, with) end
  one_by_one(client, wanted, with)
  return with.pages
end

return latest
