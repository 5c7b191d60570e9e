-- The lines of one meter's bill: a line a tenancy, or a line a payer where usage is shared. Pure.

local charges = require "imr.workflow.bill.charges"
local decimal = require "imr.decimal"
local decisions = require "imr.workflow.bill.decisions"
local groups = require "imr.workflow.metering.groups"
local months = require "imr.workflow.bill.months"
local quantities = require "imr.workflow.bill.quantities"
local reasons = require "imr.workflow.metering.reasons"
local same = require "imr.workflow.bill.same"
local sorted_names = require "imr.base.names"
local tariff = require "imr.workflow.bill.tariff"
local words = require "imr.workflow.bill.words"

local lines = {}

---What a meter's tenant has to pay, or why that is not known. Numbers are exact texts.
---@class imr.BillLine
---@field meter_no string
---@field device_id? string the last one
---@field project_code? string
---@field kind? string
---@field tariff? string
---@field user_code? string
---@field user_name? string
---@field building? string
---@field address? string
---@field house_number? string
---@field from integer Unix seconds
---@field to integer the moment at which it ends
---@field since? integer beginning of the tenancy
---@field opening? string register
---@field opening_time? integer
---@field closing? string register
---@field closing_time? integer
---@field multiplier string
---@field share? string
---@field usage? string times multiplier and share
---@field sharp? string
---@field peak? string
---@field flat? string
---@field valley? string
---@field year_used? string before the line, in its year, where the tariff's tiers are of a year
---@field charges? table[] imr.BillCharge with exact texts; absent where the line is held
---@field readings table[] what it is made of: device_id, source, from, to, opening, closing, their times, usage
---@field amount? string
---@field status "billed"|"held"
---@field reasons? string names, joined by commas
---@field why? string the reasons in words
---@field why_zh? string the same in Chinese
---@field decided_by? string who decided what is billed
---@field decision? string why so

---What lines are made with.
---@class imr.BillContext
---@field set imr.TariffSet
---@field meters table<string, imr.BillMeter[]>
---@field decisions table<string, imr.BillDecision[]>
---@field utc_offset integer

-- ---------------------------------------------------------------- rows of a tenancy

local PLAIN = { { multiplier = decimal.of "1", households = decimal.of "1" } }

local function tenancy_of(row, ignore_tenants)
  return same.tenancy(ignore_tenants and { project_code = row.project_code, kind = row.kind } or row)
end

local function by_tenancy(rows, ignore_tenants)
  local list, known = {}, {}
  for _, row in ipairs(rows) do
    local key = tenancy_of(row, ignore_tenants)
    if not known[key] then
      known[key] = { key = key }
      list[#list + 1] = known[key]
    end
    table.insert(known[key], row)
  end
  for _, group in ipairs(list) do
    for index, row in ipairs(group) do row.order = index end
    table.sort(group, function(a, b)
      if a.from ~= b.from then return a.from < b.from end
      return a.order < b.order
    end)
  end
  return list
end

-- ---------------------------------------------------------------- one line

-- What a line is made of, on record.
local function readings_of(group)
  local list = {}
  for index, row in ipairs(group) do
    list[index] = { device_id = row.device_id, source = row.source, from = row.from, to = row.to,
      opening = row.opening, opening_time = row.opening_time, closing = row.closing, closing_time = row.closing_time,
      usage = row.usage }
  end
  return list
end

local function new_line(group)
  local first, final = group[1], group[#group]
  return { meter_no = first.meter_no, device_id = final.device_id, project_code = first.project_code,
    kind = first.kind, since = first.since, user_code = final.user_code, user_name = final.user_name,
    building = groups.building(final.address), address = final.address, house_number = final.house_number,
    from = first.from, to = final.to, opening = first.opening, opening_time = first.opening_time,
    closing = final.closing, closing_time = final.closing_time, readings = readings_of(group) }
end

local function tariff_of(entry, kind, set)
  local name = entry.tariff or set.defaults[kind]
  local found = name and set.tariffs[name]
  if not found then return nil, "no_tariff" end
  if found.kind and kind and found.kind ~= kind then return nil, "other_kind" end
  return found
end

---Are the limits of its tiers, in any version, of a year?
---@param found imr.Tariff
---@return boolean
function lines.accumulates_by_year(found)
  for _, version in ipairs(found.versions) do
    if version.tiers and version.accumulate == "year" then return true end
  end
  return false
end

-- What the tenancy used in the year before the line, as far as that is billed or all of it measured.
local function year_used_of(line, group, context, entry)
  if not context.year then return decimal.zero end
  local carried = context.year.carried and context.year.carried(line)
  if carried then return carried end
  local used = decimal.zero
  for _, row in ipairs(context.year.rows()) do
    if tenancy_of(row, context.ignore_tenants) == group.key then
      if row.status ~= "measured" then return nil end
      used = used + decimal.of(row.usage)
    end
  end
  return quantities.shared(used * entry.multiplier, entry.share)
end

local function add_versions(segments, found)
  for _, segment in ipairs(segments) do
    segment.version = tariff.at(found, segment.from)
    if not segment.version then return "no_price" end
  end
end

local function texts_of(list)
  local made = {}
  for index, charge in ipairs(list) do
    made[index] = { item = charge.item, name = charge.name, tier = charge.tier,
      quantity = charge.quantity and tostring(charge.quantity), price = charge.price and tostring(charge.price),
      amount = tostring(charge.amount) }
  end
  return made
end

local function charge(line, segments, context, facts)
  facts.from, facts.to, facts.utc_offset = line.from, line.to, context.utc_offset
  facts.places, facts.rounding = context.set.places, context.set.rounding
  facts.round_each = context.set.round_each
  local list, amount = charges.of(segments, facts)
  if not list then return amount end
  line.charges, line.amount = texts_of(list), tostring(amount)
end

local function finish(line, found, why)
  for _, name in ipairs(found) do why:add(name) end
  line.reasons = why:text()
  line.status = line.amount and "billed" or "held"
  line.why, line.why_zh = words.of(why.names, "en"), words.of(why.names, "zh")
  return line
end

-- The prices of what was measured, or decided; what stands in the way.
local function price(line, group, segments, context, entry, found)
  local problem = add_versions(segments, found)
  if problem then return problem end
  local facts = { households = entry.households }
  if lines.accumulates_by_year(found) then
    local decided = group.decision and group.decision.year_used
    facts.year_used = decided and quantities.shared(decided, entry.share)
      or not decided and year_used_of(line, group, context, entry)
    if not facts.year_used then return "year_to_date" end
    line.year_used = tostring(facts.year_used)
  end
  return charge(line, segments, context, facts)
end

local function held_by(group, segments)
  for _, row in ipairs(group) do
    if row.status ~= "measured" then return true end
  end
  return segments.problem ~= nil
end

-- What somebody decided about a line: the segments then, and what stands in the way of billing them.
local function decide(line, group, context, entry)
  local decision, segments, problem = group.decision, group.segments, group.segments.problem
  if group.several then return segments, true, "decided_several" end
  if not decision or not group.held then return segments, group.held, problem end
  segments, problem = decisions.apply(decision, line, segments, entry, context)
  line.decided_by, line.decision = decision.who, decision.why
  return segments, problem ~= nil, problem
end

-- What is measured of each tenancy, and decided about it. Of a meter that several share, it is about all of them.
local function measure(tenancies, context, entries)
  local payer = entries[1].user_code or entries[1].user_name
  for _, group in ipairs(tenancies) do
    local final = group[#group]
    group.segments = quantities.segments(group, entries[1].multiplier)
    group.held = held_by(group, group.segments)
    group.who = not entries[2] and (payer or final.user_code or final.user_name) or nil
  end
  decisions.assign(context.decisions, tenancies[1][1].meter_no, tenancies)
  return tenancies
end

local function line_of(group, context, entry, taken)
  local line, why = new_line(group), reasons.new()
  line.multiplier, line.share = tostring(entry.multiplier), quantities.text(entry.share)
  if entry.user_code or entry.user_name then
    line.user_code, line.user_name, line.since = entry.user_code, entry.user_name, nil
  end
  local one, no_tariff = tariff_of(entry, line.kind, context.set)
  line.tariff = one and one.name
  for _, row in ipairs(group) do
    for name in (row.reasons or ""):gmatch "[^,]+" do why:add(name) end
  end
  local segments, held, problem = decide(line, group, context, entry)
  local found = { problem }
  segments = quantities.share(segments, entry, taken)
  quantities.fill(line, segments)
  if not held then
    found[#found + 1] = no_tariff or price(line, group, segments, context, entry, one)
  end
  if held and not why:text() and #found == 0 then found = { "gap" } end
  return finish(line, found, why)
end

---The lines of a meter.
---@param rows imr.MeteringUsage[] of the period, cut where prices change
---@param context imr.BillContext
---@param year? imr.BillYear what was used before the period; absent where it begins the year
---@return imr.BillLine[]
function lines.of(rows, context, year)
  if #rows == 0 then return {} end
  local entries = context.meters[rows[1].meter_no] or PLAIN
  local ignore = entries[1].user_code ~= nil or entries[1].user_name ~= nil
  local own = setmetatable({ year = year, ignore_tenants = ignore }, { __index = context })
  local list = {}
  for _, group in ipairs(measure(by_tenancy(rows, ignore), context, entries)) do
    local taken = { entries = entries, count = 0 }
    for _, entry in ipairs(entries) do list[#list + 1] = line_of(group, own, entry, taken) end
  end
  return list
end

-- The tariffs that a meter may have.
local function tariffs_of(given, context)
  local found = {}
  for _, entry in ipairs(context.meters[given.meter_no] or {}) do
    if entry.tariff then found[entry.tariff] = true end
  end
  if not next(found) then
    for _, entry in ipairs(given.history) do
      local name = context.set.defaults[entry.kind]
      if name then found[name] = true end
    end
  end
  return found
end

---The moments inside a period at which a meter's prices change or its tiers begin anew, and whether its tariff asks
---what was used in the year.
---@param given imr.MeteringRows
---@param context imr.BillContext
---@param from integer
---@param to integer
---@return integer[]
---@return boolean by_year
function lines.cuts(given, context, from, to)
  local moments, by_year = {}, false
  local function add(moment)
    if moment > from and moment < to then moments[moment] = true end
  end
  for name in pairs(tariffs_of(given, context)) do
    local one = context.set.tariffs[name]
    by_year = by_year or lines.accumulates_by_year(one)
    for _, version in ipairs(one.versions) do
      add(version.from)
      local every = version.tiers and (version.accumulate == "year" and 12 or 1)
      for _, moment in ipairs(every and months.starts(from, to, context.utc_offset, every) or {}) do add(moment) end
    end
  end
  return sorted_names(moments), by_year
end

return lines
