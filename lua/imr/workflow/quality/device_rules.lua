-- Which device, which number and which tenant a row is of.

local numbers = require "imr.database.numbers"

local rules = {}

-- The last reading before a moment and the first from then on.
local function around(points, time)
  local before
  for _, point in ipairs(points) do
    if point.time >= time then return before, point end
    before = point
  end
  return before, nil
end

local function flag_swap(flag, source, time, old, new, before, after)
  flag { source = source, field = "device_id", time = time, value = after and after.text,
    since = before and before.time, reference = before and before.text,
    detail = ("device %s replaced by %s"):format(old or "?", new or "?") }
end

local function same_project(one, other)
  return one.project == other.project or not (one.project and other.project)
end

-- Changes of device in the rows; gives the devices that they have named.
local function flag_changes(view, flag)
  local known, before = {}, nil
  for _, point in ipairs(view.courses[1] and view.courses[1].points or {}) do
    local device, last = point.device, before and before.device
    if last and device ~= last and device.id and last.id and same_project(device, last) then
      known[device.id] = true
      if device.id ~= last.id then
        flag_swap(flag, view.main.name, point.time, last.id, device.id, before, point)
      end
    end
    before = point
  end
  return known
end

-- The rows tell when a device changed; the install history tells the rest, at the time of the sync that saw it.
function rules.meter_swap(view, _, flag)
  if view.at_once then return end
  local from_rows = view.main and view.main.has_device and flag_changes(view, flag) or {}
  for _, swap in ipairs(view.swaps) do
    if not from_rows[swap.to] then
      local before, after = around(view.courses[1] and view.courses[1].points or {}, swap.time)
      flag_swap(flag, "meters", swap.time, swap.from, swap.to, before, after)
    end
  end
end

-- ---------------------------------------------------------------- several at once

local function name_of(id, project)
  if not project or project == "" then return id or "?" end
  return ("%s in project %s"):format(id or "?", project)
end

-- A flag for the whole period: at its end, or where what it is about ends.
local function flag_once(view, flag, time, found)
  found.time = math.min(time, view.to, view.now)
  flag(found)
end

local function flag_turns(view, flag)
  local names, last = {}, nil
  for index, one in ipairs(view.courses) do
    local device = one.points[1].device
    names[index] = name_of(device.id, device.project)
    for _, point in ipairs(one.points) do
      if point.time <= view.to and (not last or point.time > last.time) then last = point end
    end
  end
  if not last then return end
  flag_once(view, flag, last.time, { source = view.main.name, field = "device_id",
    detail = "read turn by turn under this number: " .. table.concat(names, ", ") })
end

-- Devices that are listed now. One whose rows end where the other's begin has been replaced, and is only listed still.
local function listed_at_once(view)
  local names, seen, followed = {}, {}, #view.devices > 1
  for _, entry in ipairs(view.history) do
    local name = name_of(entry.device_id, entry.project_code)
    if not entry.removed_at and not seen[name] then names[#names + 1], seen[name] = name, true end
  end
  for index = 2, #view.devices do
    followed = followed and view.devices[index - 1].last < view.devices[index].first
      and same_project(view.devices[index - 1], view.devices[index])
  end
  return #names > 1 and not followed and names or nil
end

function rules.two_devices(view, _, flag)
  if view.at_once then return flag_turns(view, flag) end
  local names = listed_at_once(view)
  if names then
    flag_once(view, flag, math.huge, { source = "meters", field = "device_id",
      detail = "listed at once under this number: " .. table.concat(names, ", ") })
  end
end

-- ---------------------------------------------------------------- ids that look alike

local function device_ids(view)
  local list, seen = {}, {}
  local function add(id)
    if id and id ~= "" and not seen[id] then list[#list + 1], seen[id] = id, true end
  end
  for _, entry in ipairs(view.history) do add(entry.device_id) end
  for _, device in ipairs(view.devices) do add(device.id) end
  return list
end

local function quoted(list)
  local texts = {}
  for index, text in ipairs(list) do texts[index] = "'" .. text .. "'" end
  return table.concat(texts, ", ")
end

local HOW = "differs only by blanks, case, width or leading zeros from "

function rules.similar_number(view, _, flag)
  if #view.alike > 0 then
    flag_once(view, flag, math.huge, { source = "meters", field = "meter_no", detail = HOW .. quoted(view.alike) })
  end
  local ids = device_ids(view)
  local others = #ids > 1 and numbers.alike(ids) or {}
  local first = ids[1] and others[ids[1]] and ids[1]
  for _, id in ipairs(ids) do first = first or others[id] and id end
  if first then
    flag_once(view, flag, math.huge, { source = "meters", field = "device_id",
      detail = ("device '%s' %s%s"):format(first, HOW, quoted(others[first])) })
  end
end

-- ---------------------------------------------------------------- tenants

local function name_of_tenant(tenancy)
  if tenancy.user_code ~= "" or not tenancy.user_name then return tenancy.user_code end
  return tenancy.user_name
end

local function flag_tenant(flag, time, before, detail)
  flag { source = "tenancies", field = "user_code", time = time, since = before.since, detail = detail }
end

local function is_same(before, tenancy)
  return before.user_code == tenancy.user_code
    and (not before.user_name or not tenancy.user_name or before.user_name == tenancy.user_name)
end

-- Each tenancy ends where the next one of its project begins, or with nobody.
function rules.tenant(view, _, flag)
  local last = {}
  local function is_vacant(before, till)
    local since = before["until"]
    if not since or since >= till then return false end
    flag_tenant(flag, since, before, ("tenant %s has moved out"):format(name_of_tenant(before)))
    return true
  end
  for _, tenancy in ipairs(view.tenancies) do
    local project = tenancy.project_code or ""
    local before = last[project]
    if before and (is_vacant(before, tenancy.since) or not is_same(before, tenancy)) then
      flag_tenant(flag, tenancy.since, before, ("tenant %s came after %s"):format(name_of_tenant(tenancy),
        name_of_tenant(before)))
    end
    last[project] = tenancy
  end
  for _, before in pairs(last) do is_vacant(before, math.huge) end
end

return rules
