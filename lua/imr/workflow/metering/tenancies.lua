-- The parts of a period, as the tenants came and went. Pure.

local tenancies = {}

---@class imr.MeteringPart
---@field from integer
---@field to integer
---@field from_window? integer seconds after `from` in which its reading may lie
---@field to_window? integer
---@field tenancy? table row of the table tenancies
---@field vacant? boolean nobody's
---@field moved? boolean a tenant came or went at one of its ends

local function cuts_of(list, period)
  local cuts, seen = {}, {}
  local function add(time, moved)
    if not time or time <= period.from or time >= period.to then return end
    if not seen[time] then
      seen[time] = { time = time }
      cuts[#cuts + 1] = seen[time]
    end
    seen[time].moved = seen[time].moved or moved
  end
  for index, tenancy in ipairs(list) do
    if index > 1 then add(tenancy.since, true) end
    add(tenancy["until"], true)
  end
  local is_sorted = #cuts == 0
  for _, time in ipairs(period.cuts or {}) do add(time, false) end
  if not is_sorted then table.sort(cuts, function(a, b) return a.time < b.time end) end
  return cuts
end

-- The one who had it from a moment on. The first is known since the first listing, and may be older.
local function tenancy_at(list, moment)
  local found = list[1]
  for _, tenancy in ipairs(list) do
    if tenancy.since <= moment then found = tenancy end
  end
  local over = found and found["until"]
  if over and over <= moment then return nil end
  return found
end

-- One number in two projects is two meters, each with its own tenants.
local function of_project(list, project)
  local own = {}
  for _, tenancy in ipairs(list) do
    local code = tenancy.project_code
    if not project or not code or code == "" or code == project then own[#own + 1] = tenancy end
  end
  return own
end

---Who lived there at a moment.
---@param list table[] rows of the table tenancies, oldest first
---@param moment integer
---@param project? string
---@return table|nil tenancy
---@return boolean vacant nobody did, as far as is known
function tenancies.at(list, moment, project)
  local own = of_project(list, project)
  local tenancy = tenancy_at(own, moment)
  return tenancy, #own > 0 and not tenancy
end

---Where tenants change, the nearest reading on either side divides them; elsewhere the usual one.
---@param list table[] rows of the table tenancies, oldest first
---@param period { from: integer, to: integer, cuts: integer[]? }
---@param project? string
---@return imr.MeteringPart[]
function tenancies.parts(list, period, project)
  list = of_project(list, project)
  local parts, from, window = {}, period.from, nil
  local cuts = cuts_of(list, period)
  cuts[#cuts + 1] = { time = period.to }
  for _, cut in ipairs(cuts) do
    local tenancy = tenancy_at(list, from)
    local to_window = cut.moved and math.huge or nil
    parts[#parts + 1] = { from = from, to = cut.time, from_window = window, to_window = to_window, tenancy = tenancy,
      vacant = #list > 0 and not tenancy, moved = (window or to_window) ~= nil }
    from, window = cut.time, to_window
  end
  return parts
end

return tenancies
