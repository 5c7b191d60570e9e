-- Rows of a table with what the table has not: who lived there, where, and which device it was, of each row's moment.
-- The meters and tenants are read once, in two statements.

local copy = require "imr.base.copy"
local place = require "imr.workflow.metering.place"
local rows = require "imr.workflow.metering.rows"
local tables = require "imr.database.tables"
local where = require "imr.workflow.metering.where"

local placed_rows = {}

-- What a row may say itself.
local SAID = { "meter_no", "project_code", "device_id", "kind", "address", "house_number", "user_code", "user_name" }
-- Rows that are places themselves: what they do not say is not known.
local WHOLE = { meters = true, bill_lines = true }
-- Where the platform may write today's tenant beside an old row.
local TENANT_OF_TODAY = { readings = true }
-- The moment of rows that have no read_time or the like.
local MOMENTS = { tenancies = "since", rejected = "stored_at" }

local is_place = {}
for _, name in ipairs(place.FIELDS) do is_place[name] = true end

local function has(name, wanted)
  for _, column in ipairs(tables[name].columns) do
    if column.name == wanted then return true end
  end
  return false
end

---Do the rows of a table say which meter they are of?
---@param name string of the table
---@return boolean
function placed_rows.possible(name) return has(name, "meter_no") end

---Are the rows places themselves, which need no other table?
---@param name string of the table
---@return boolean
function placed_rows.is_whole(name) return WHOLE[name] == true end

---Is this a column that comes from the meters and tenants, where the row does not say it itself?
---@param name string of the table
---@param column string|string[]
---@param period { places: boolean? }
---@return boolean
function placed_rows.is_joined(name, column, period)
  return period.places == true and is_place[column] == true and not WHOLE[name] and placed_rows.possible(name)
end

local function place_of(name, said, given, time)
  local found = {}
  for _, column in ipairs(SAID) do
    if said[column] ~= "" then found[column] = said[column] end
  end
  if not given then return found end
  if TENANT_OF_TODAY[name] and #given.tenancies > 0 then found.user_code = nil end
  return place.fill(found, given, time)
end

-- Around a moment: when the place became what it is then, and until when it stays so.
local function span_of(given, time)
  local from, till = -math.huge, math.huge
  for _, change in ipairs(given and place.changes(given) or {}) do
    if change <= time then from = math.max(from, change) else till = math.min(till, change) end
  end
  return from, till
end

local function is_same(said, before)
  for index = 1, #SAID do
    local column = SAID[index]
    if said[column] ~= before[column] then return false end
  end
  return true
end

-- A function that tells the place of a row by what it says; most rows have that of the row before.
local function finder(db, name, moment, meters)
  local known, now = WHOLE[name] and {} or rows.histories(db, meters), os.time()
  local before, found, from, till = {}, nil, 0, 0
  return function(said)
    local time = moment and said[moment] or now
    if time < till and time >= from and is_same(said, before) then return found end
    local given = known[said.meter_no]
    before, found = copy(said), place_of(name, said, given, time)
    from, till = span_of(given, time)
    return found
  end
end

local function moment_of(name, moment) return moment or MOMENTS[name] end

-- What to read: the wanted columns that the table has, and what a row's place is told by.
local function columns_of(name, wanted, period, moment)
  local columns, at, said = {}, {}, {}
  for index, column in ipairs(wanted) do
    if not placed_rows.is_joined(name, column, period) then
      columns[#columns + 1] = column
      at[index] = #columns
    end
  end
  local function tell(column)
    if column and has(name, column) then
      columns[#columns + 1] = column
      said[column] = #columns
    end
  end
  for _, column in ipairs(SAID) do tell(column) end
  tell(moment)
  return columns, at, said
end

local function counted(next_row, asked)
  local any = false
  return function()
    local row = next_row()
    any = any or row ~= nil
    if not row and not any and asked then where.fail(asked, "no row fits: %s") end
    return row
  end
end

---Rows as lists; `read` reads columns of the table alone.
---@param db imr.Database
---@param name string of the table
---@param wanted (string|string[])[]
---@param period { where: imr.Where?, meters: string[]?, places: boolean? }
---@param moment string|nil column
---@param read fun(columns: (string|string[])[]): fun(): any[]|nil
---@return fun(): any[]|nil
function placed_rows.lists(db, name, wanted, period, moment, read)
  moment = moment_of(name, moment)
  local columns, at, places = columns_of(name, wanted, period, moment)
  local next_list, find, told = read(columns), finder(db, name, moment, period.meters), {}
  local function next_placed()
    for list in next_list do
      for column, index in pairs(places) do told[column] = list[index] end
      local found = find(told)
      if where.fits(period.where, found) then
        local made = {}
        for index, column in ipairs(wanted) do
          if at[index] then made[index] = list[at[index]] else made[index] = found[column] end
        end
        return made
      end
    end
  end
  return counted(next_placed, period.where)
end

---Rows by name, those that fit.
---@param db imr.Database
---@param name string of the table
---@param period { where: imr.Where?, meters: string[]? }
---@param moment string|nil column
---@param next_row fun(): table|nil
---@return fun(): table|nil
function placed_rows.kept(db, name, period, moment, next_row)
  if not period.where then return next_row end
  local find = finder(db, name, moment_of(name, moment), period.meters)
  return counted(function()
    for row in next_row do
      if where.fits(period.where, find(row)) then return row end
    end
  end, period.where)
end

return placed_rows
