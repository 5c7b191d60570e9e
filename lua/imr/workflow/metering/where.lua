--- Which meters, and which of their rows, by tenant and place: the option `where` of what works on a database.
---
---   metering.usage(db, { from = from, to = to, where = { tenant = "张三", building = "3栋" } })
---
--- What fits one thing has to fit all. A row fits by the tenant and address of its own moment.

local check_kinds = require "imr.base.options"
local copy = require "imr.base.copy"
local errors = require "imr.errors"
local place = require "imr.workflow.metering.place"
local rows = require "imr.workflow.metering.rows"

local where = {}

---Which tenant and place; what is absent, any.
---@class imr.Where
---@field tenant? string code or name of who lived there
---@field building? string what the address begins with
---@field kind? string electricity, water, or other where the platform does not say
---@field offline_for? number seconds: the meter is not known to be online, and was last heard of before that

local OPTIONS = { tenant = "string", building = "string", offline_for = "number" }
OPTIONS.kind = OPTIONS.tenant

---What is wrong with it.
---@param asked any
---@return string|nil
function where.problem(asked)
  local problem = type(asked) ~= "table" and "it must be a table" or check_kinds(asked, OPTIONS)
  return problem and "where: " .. problem
end

---It in words.
---@param asked imr.Where
---@return string
function where.text(asked)
  local parts = {}
  local function add(format, value)
    if value then parts[#parts + 1] = format:format(value) end
  end
  add("tenant '%s'", asked.tenant)
  add("building '%s'", asked.building)
  add("kind '%s'", asked.kind)
  add("offline_for %g h", asked.offline_for and asked.offline_for / 3600)
  return table.concat(parts, ", ")
end

---Raises: nothing fits.
---@param asked imr.Where
---@param format string such as "no meter fits: %s"
function where.fail(asked, format)
  error(errors.new { kind = "unknown_meter", message = format:format(where.text(asked)), executed = "no",
    retryable = false }, 0)
end

---Does a row that knows its place fit?
---@param asked imr.Where|nil nil: everything does
---@param row imr.Place
---@return boolean
function where.fits(asked, row)
  if not asked then return true end
  return (not asked.tenant or row.user_code == asked.tenant or row.user_name == asked.tenant)
    and (not asked.building or (row.address or ""):sub(1, #asked.building) == asked.building)
    and (not asked.kind or (row.kind or "other") == asked.kind)
end

---Is a meter silent for that long? `online` is what the platform said last.
---@param asked imr.Where
---@param meter { online: boolean?, last_online: integer? }
---@param now integer
---@return boolean
function where.is_silent(asked, meter, now)
  if not asked.offline_for then return true end
  local last = meter.last_online or meter.online == false and 0
  return meter.online ~= true and last and last <= now - asked.offline_for or false
end

-- The moments of a period from which a meter's place may be another.
local function moments_of(given, from, to)
  local list = { from }
  for _, time in ipairs(place.changes(given)) do
    if time > from and time <= to then list[#list + 1] = time end
  end
  return list
end

local function was_there(given, entry, asked, from, to)
  for _, moment in ipairs(moments_of(given, from, to)) do
    if where.fits(asked, place.at(given, moment, entry)) then return true end
  end
  return false
end

-- A meter that only its rows have told of is in no list, so nobody knows whether it is silent.
local function fits_meter(given, asked, period)
  if not given.history[1] and not asked.offline_for then
    return was_there(given, nil, asked, period.from or 0, period.to or math.huge)
  end
  for _, entry in ipairs(given.history) do
    local silent = not asked.offline_for or not entry.removed_at and where.is_silent(asked, entry, period.now)
    if silent and was_there(given, entry, asked, period.from or 0, period.to or math.huge) then return true end
  end
  return false
end

---The meters that fit at any moment of a period.
---@param db imr.Database
---@param asked imr.Where
---@param period { from: integer?, to: integer?, meters: string[]?, now: integer? }
---@return string[]
function where.meters(db, asked, period)
  local list, filled = {}, copy({ now = os.time() }, period)
  for number, given in pairs(rows.histories(db, period.meters)) do
    if fits_meter(given, asked, filled) then list[#list + 1] = number end
  end
  table.sort(list)
  return list
end

---Options whose `meters` are those that fit their `where` in their period. Raises where none does.
---@param db imr.Database
---@param options { where: imr.Where?, from: integer?, to: integer?, meters: string[]?, now: integer? }
---@param period? { from: integer?, to: integer? } where that is not the options' own
---@return table options
function where.narrow(db, options, period)
  local asked = options.where
  if not asked then return options end
  local list = where.meters(db, asked, copy({ from = options.from, to = options.to, meters = options.meters,
    now = options.now }, period))
  if #list == 0 then where.fail(asked, "no meter of the database fits: %s") end
  return copy(options, { meters = list })
end

---The same for rows that know their tenant and place themselves: by what is known of the meters alone.
---@param db imr.Database
---@param options { where: imr.Where?, meters: string[]?, now: integer? }
---@return table options
function where.narrow_silent(db, options)
  local silence = options.where and options.where.offline_for
  if not silence then return options end
  local narrowed = where.narrow(db, copy(options, { where = { offline_for = silence } }), { from = 0, to = math.huge })
  return copy(options, { meters = narrowed.meters })
end

---Those of a list that fit.
---@param asked imr.Where|nil
---@param list imr.Place[]
---@return imr.Place[]
function where.kept(asked, list)
  if not asked then return list end
  local kept = {}
  for _, row in ipairs(list) do
    if where.fits(asked, row) then kept[#kept + 1] = row end
  end
  return kept
end

---Those of an iterator's rows that fit.
---@param asked imr.Where|nil
---@param next_row fun(): imr.Place|nil
---@return fun(): imr.Place|nil
function where.each(asked, next_row)
  if not asked then return next_row end
  return function()
    for row in next_row do
      if where.fits(asked, row) then return row end
    end
  end
end

---Gives flags the place of their time, and takes those that fit.
---@param asked imr.Where|nil
---@param flags imr.QualityFlag[]
---@param given { history: table[], tenancies: table[] } the meter
---@return imr.QualityFlag[]
function where.placed(asked, flags, given)
  for _, flag in ipairs(flags) do place.fill(flag, given, flag.time) end
  return where.kept(asked, flags)
end

return where
