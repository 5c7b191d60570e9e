--- The options of a sync, checked before anything is read or written.

local check_kinds = require "imr.base.options"
local checked_clock = require "imr.workflow.checked_clock"
local sync_clock = require "imr.workflow.sync.clock"
local listings = require "imr.workflow.sync.listings"
local problem_of = require("imr.client.options").problem

---`MOST_DAYS`: a hundred years; whoever says more has mistyped.
local sync_options = { MOST_DAYS = 36500 }

local KNOWN = { client = "table", db = "any", from = "number", to = "number", first_days = "number",
  listings = "table", granularity = "string", page_size = "number", utc_offset = "number", clock = "function",
  on_progress = "function", daily_reread = "number", weekly_reread = "number", reread = "boolean",
  trust_clock = "boolean" }
local MOST_SECONDS = 2 ^ 53

local function whole_number(options, name, least, most)
  local value = options[name]
  if value == nil or (value % 1 == 0 and value >= least and value <= most) then return nil end
  return ("option '%s' must be a whole number from %d to %.0f, not %s"):format(name, least, most, tostring(value))
end

local function number_problem(options)
  return whole_number(options, "from", 0, MOST_SECONDS) or whole_number(options, "to", 0, MOST_SECONDS)
    or whole_number(options, "first_days", 1, sync_options.MOST_DAYS)
    or whole_number(options, "daily_reread", 0, sync_options.MOST_DAYS)
    or whole_number(options, "weekly_reread", 0, sync_options.MOST_DAYS)
    or options.page_size and problem_of("page_size", options.page_size)
    or options.utc_offset and problem_of("utc_offset", options.utc_offset)
end

local function period_problem(options)
  if (options.from == nil) ~= (options.to == nil) then return "sync.run takes from and to, or neither" end
  if not options.from then return nil end
  if options.to < options.from then return "the period ends before it begins" end
  local now = checked_clock(options.clock)()
  if now >= sync_clock.EARLIEST and options.from > now then
    return "the period lies ahead: there is nothing to read yet"
  end
end

local function names()
  local list = {}
  for index, listing in ipairs(listings) do list[index] = listing.name end
  return table.concat(list, ", ")
end

---What is wrong with the listings that are chosen.
---@param options { listings: string[]?, granularity: string? }
---@return string|nil
function sync_options.listings_problem(options)
  for _, name in ipairs(options.listings or {}) do
    if type(name) ~= "string" or not listings[name] then
      return ("there is no listing '%s'; there are: %s"):format(tostring(name), names())
    end
  end
  if options.listings and #options.listings == 0 then return "option 'listings' names none: leave it out for all" end
  local granularity = options.granularity or "daily"
  if granularity == "daily" or granularity == "realtime" then return nil end
  return ("option 'granularity' must be \"daily\" or \"realtime\", not %q"):format(granularity)
end

---What is wrong with them.
---@param options any
---@return string|nil
function sync_options.problem(options)
  if type(options) ~= "table" then return "sync.run takes a table of options" end
  local problem = check_kinds(options, KNOWN)
  if problem then return problem end
  local db = options.db
  if not options.client or not db then return "sync.run needs client and db" end
  if type(db) ~= "string" and not (type(db) == "table" and db.transaction) then
    return "option 'db' must be an open database or the text that names one"
  end
  return number_problem(options) or period_problem(options) or sync_options.listings_problem(options)
end

local function is_chosen(listing, options)
  local fits = not listing.granularity or listing.granularity == (options.granularity or "daily")
  if not options.listings then return fits end
  for _, name in ipairs(options.listings) do
    if (fits and name == listing.table) or (name == listing.name and name ~= listing.table) then return true end
  end
  return false
end

---The listings that they choose, in order.
---@param options { listings: string[]?, granularity: string? }
---@return imr.sync.Listing[]
function sync_options.listings(options)
  local list = {}
  for _, listing in ipairs(listings) do
    if is_chosen(listing, options) then list[#list + 1] = listing end
  end
  return list
end

return sync_options
