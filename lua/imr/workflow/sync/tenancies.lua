--- Who lived there: the table tenancies, from what the meter list and rows show.
---
--- A change is of the moment of the first listing or row that shows it. Rows may come in any order; what they show in
--- the middle of another tenancy, before its tenant was last shown, contradicts it and changes nothing: the platform
--- may write today's tenant beside an old row. All tenancies are in memory, so that only changes touch the database.

local numbers = require "imr.database.numbers"

local Tenancies = {}
Tenancies.__index = Tenancies

local tenancies = {}

---@param db imr.Database
function tenancies.new(db)
  local self = setmetatable({ db = db, lists = {}, projects = {}, touched = {} }, Tenancies)
  for row in db:select("tenancies", "ORDER BY meter_no, project_code, tenancies.since") do
    local projects = self.lists[row.meter_no] or {}
    self.lists[row.meter_no] = projects
    projects[row.project_code] = projects[row.project_code] or {}
    table.insert(projects[row.project_code], row)
  end
  return self
end

-- ---------------------------------------------------------------- what is stored

local INSERT = "INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number, last_shown, "
  .. "until) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
local UPDATE = "UPDATE tenancies SET since = ?, user_code = ?, user_name = ?, house_number = ?, last_shown = ?, "
  .. "until = ? WHERE meter_no = ? AND project_code = ? AND since = ? AND user_code = ?"
local ADOPT = "UPDATE tenancies SET project_code = ? WHERE meter_no = ? AND project_code = ''"
local FORGET = "DELETE FROM tenancies WHERE meter_no = ? AND project_code = ''"

local function save(self, tenancy, since, code)
  self.db:execute(UPDATE, tenancy.since, tenancy.user_code, tenancy.user_name, tenancy.house_number,
    tenancy.last_shown, tenancy["until"], tenancy.meter_no, tenancy.project_code, since or tenancy.since,
    code or tenancy.user_code)
end

local function begin_at(self, tenancy, moment)
  local before = tenancy.since
  tenancy.since = moment
  save(self, tenancy, before)
end

local function insert(self, list, place, shown, till)
  local tenancy = { meter_no = shown.meter_no, project_code = shown.project_code, since = shown.moment,
    user_code = shown.user_code, user_name = shown.user_name, house_number = shown.house_number,
    last_shown = shown.moment, ["until"] = till }
  table.insert(list, place, tenancy)
  self.db:execute(INSERT, tenancy.meter_no, tenancy.project_code, tenancy.since, tenancy.user_code,
    tenancy.user_name, tenancy.house_number, tenancy.last_shown, till)
end

-- ---------------------------------------------------------------- what is shown

local function list_of(self, meter_no, project_code)
  local projects = self.lists[meter_no] or {}
  self.lists[meter_no] = projects
  projects[project_code] = projects[project_code] or {}
  return projects[project_code]
end

-- What rows showed before the meter's project was known belongs to it; of a number in two projects nobody can tell.
local function adopt(self, meter_no, project_code)
  local projects = self.lists[meter_no]
  local list = projects and project_code ~= "" and projects[""]
  if not list then return end
  projects[""] = nil
  if project_code and not projects[project_code] then
    self.db:execute(ADOPT, project_code, meter_no)
    for _, tenancy in ipairs(list) do tenancy.project_code = project_code end
    projects[project_code] = list
  else
    self.db:execute(FORGET, meter_no)
  end
end

-- A list and rows may write one code in two ways, as "A7" and " a7".
local function is_code(one, other)
  if one == other then return true end
  local plain = numbers.plain(one)
  return plain ~= "" and plain == numbers.plain(other)
end

-- Rows show the code alone.
local function is_of(tenancy, shown)
  if not is_code(tenancy.user_code, shown.user_code) then return false end
  return not tenancy.user_name or not shown.user_name or tenancy.user_name == shown.user_name
end

local function touch(self, tenancy, shown)
  local code = tenancy.user_code
  local named = shown.user_name and not tenancy.user_name
    or shown.house_number and shown.house_number ~= tenancy.house_number
    or shown.user_name and shown.user_code ~= code
  if shown.moment > (tenancy.last_shown or 0) then
    tenancy.last_shown = shown.moment
    self.touched[tenancy] = true
  end
  if not named then return end
  tenancy.user_name = tenancy.user_name or shown.user_name
  tenancy.house_number = shown.house_number or tenancy.house_number
  if shown.user_name then tenancy.user_code = shown.user_code end -- as the meter list writes it
  save(self, tenancy, nil, code)
end

-- Another tenant is shown within a tenancy.
local function split(self, list, place, shown)
  local tenancy, after = list[place], list[place + 1]
  if (tenancy.last_shown or tenancy.since) >= shown.moment then return end
  local till = tenancy["until"]
  tenancy["until"] = shown.moment
  save(self, tenancy)
  if after and after.since == till and is_of(after, shown) then return begin_at(self, after, shown.moment) end
  insert(self, list, place + 1, shown, till)
end

---A tenant is shown at a moment. Within a transaction.
---@param shown { meter_no: string, project_code: string, moment: integer, user_code: string, user_name: string?,
--- house_number: string? }
function Tenancies:show(shown)
  local list, place = list_of(self, shown.meter_no, shown.project_code), 0
  for index, tenancy in ipairs(list) do
    if tenancy.since <= shown.moment then place = index end
  end
  local tenancy, after = list[place], list[place + 1]
  local covers = tenancy and (not tenancy["until"] or shown.moment < tenancy["until"])
  if covers and is_of(tenancy, shown) then return touch(self, tenancy, shown) end
  if covers then return split(self, list, place, shown) end
  if after and is_of(after, shown) then return begin_at(self, after, shown.moment) end
  insert(self, list, place + 1, shown, after and after.since)
end

local PROJECT = "SELECT DISTINCT project_code FROM meters WHERE meter_no = ? AND device_id = ?"

-- The project of a row that names none: that of its device; "" while nobody knows, nil where it stands in two.
local function project_of(self, meter_no, device_id)
  local key = meter_no .. "\0" .. device_id
  local known = self.projects[key]
  if known then return known end
  local found = self.db:all(PROJECT, meter_no, device_id)
  if #found > 1 then return nil end
  self.projects[key] = found[1] and found[1].project_code
  return self.projects[key] or ""
end

---A row shows a tenant, by code. Within a transaction.
---@param meter_no string
---@param device_id string
---@param moment integer
---@param user_code string
function Tenancies:show_row(meter_no, device_id, moment, user_code)
  local project = project_of(self, meter_no, device_id)
  if project then
    self:show { meter_no = meter_no, project_code = project, moment = moment, user_code = user_code }
  end
end

-- ---------------------------------------------------------------- the meter list

-- A meter's tenant in the list. Of two devices at once, whoever was there before is there still.
local function judge(self, shown, moment)
  local list = list_of(self, shown[1].meter_no, shown[1].project_code)
  local last = list[#list]
  local open = last and not last["until"] and last or nil
  for _, one in ipairs(shown) do
    if open and is_of(open, one) then return self:show(one) end
  end
  if #shown[1].user_code > 0 or shown[1].user_name then return self:show(shown[1]) end
  -- A list that never told a name says nothing when it tells none.
  local told = open and (open.user_name or open.house_number)
  if told and (open.last_shown or open.since) < moment then
    open["until"] = moment
    save(self, open)
  end
end

local LISTED = "SELECT meter_no, project_code, user_code, user_name, house_number FROM meters "
  .. "WHERE removed_at IS NULL AND last_seen >= ? ORDER BY meter_no, project_code, user_code DESC"

-- The devices of one number: those of one project show its tenant.
local function judge_number(self, rows, moment)
  local first, last = rows[1].project_code, rows[#rows].project_code
  adopt(self, rows[1].meter_no, first == last and first or nil)
  local shown = {}
  for index, row in ipairs(rows) do
    shown[#shown + 1] = row
    local after = rows[index + 1]
    if not after or after.project_code ~= row.project_code then
      judge(self, shown, moment)
      shown = {}
    end
  end
end

---The meters of a listing show their tenants, or that there is none any more. Within a transaction.
---@param seen integer those that were seen since then
---@param moment integer when they were shown
function Tenancies:listed(seen, moment)
  local rows = {}
  for _, row in ipairs(self.db:all(LISTED, seen)) do
    if rows[1] and rows[1].meter_no ~= row.meter_no then
      judge_number(self, rows, moment)
      rows = {}
    end
    row.moment, row.user_code = moment, row.user_code or ""
    rows[#rows + 1] = row
  end
  if rows[1] then judge_number(self, rows, moment) end
  self:flush()
end

local IS_GONE = "SELECT t.meter_no AS meter_no, t.project_code AS project_code FROM tenancies t WHERE t.until IS NULL "
  .. "AND EXISTS (SELECT 1 FROM meters m WHERE m.meter_no = t.meter_no) AND NOT EXISTS (SELECT 1 FROM meters m "
  .. "WHERE m.meter_no = t.meter_no AND t.project_code IN (m.project_code, '') AND m.removed_at IS NULL)"

---Meters have been removed: nobody is known to live there. Within a transaction.
---@param moment integer
function Tenancies:removed(moment)
  for _, row in ipairs(self.db:all(IS_GONE)) do
    local list = self.lists[row.meter_no][row.project_code]
    list[#list]["until"] = moment
    save(self, list[#list])
  end
end

local SHOWN = "UPDATE tenancies SET last_shown = ? WHERE until IS NULL AND project_code = ? AND "

---Stores until when tenants were shown: most of them by the same listing. Within a transaction.
function Tenancies:flush()
  local groups = {}
  for tenancy in pairs(self.touched) do
    if tenancy["until"] then
      save(self, tenancy)
    else
      local key = tenancy.last_shown .. "\0" .. tenancy.project_code
      groups[key] = groups[key] or { tenancy.last_shown, tenancy.project_code, {} }
      table.insert(groups[key][3], tenancy.meter_no)
    end
  end
  for _, group in pairs(groups) do
    local condition, value = self.db:among("meter_no", group[3])
    self.db:execute(SHOWN .. condition, group[1], group[2], value)
  end
  self.touched = {}
end

return tenancies
