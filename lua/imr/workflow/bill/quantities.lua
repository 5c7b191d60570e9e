-- What the parts of a line used, times multiplier and share. Pure.

local decimal = require "imr.decimal"

local quantities = {}

local PARTS = { "sharp", "peak", "flat", "valley" }

local function add_parts(segment, row, multiplier)
  local parts = segment.parts
  for _, name in ipairs(PARTS) do
    if row[name] then
      parts = parts or {}
      parts[name] = (parts[name] or decimal.zero) + decimal.of(row[name]) * multiplier
    end
  end
  segment.parts = parts
end

-- Several devices at once, none of which took another's place, are not one meter.
local function is_second(segment, row)
  return segment.device ~= row.device_id and not (row.reasons or ""):find("meter_swap", 1, true)
end

---A segment a part of time; `problem` names what is wrong with all.
---@param rows imr.MeteringUsage[] of one tenancy, in order of time
---@param multiplier imr.Decimal
---@return imr.BillSegment[]
function quantities.segments(rows, multiplier)
  local list, last = {}, nil
  for _, row in ipairs(rows) do
    local used = row.usage and decimal.of(row.usage) * multiplier
    if last and last.from == row.from and last.to == row.to then
      if is_second(last, row) then list.problem = "two_devices" end
    else
      last = { from = row.from, to = row.to, device = row.device_id }
      list[#list + 1] = last
    end
    if used then last.quantity = (last.quantity or decimal.zero) + used end
    add_parts(last, row, multiplier)
  end
  return list
end

---A share of a quantity, with two places more than it has.
---@param quantity imr.Decimal
---@param share? { [1]: imr.Decimal, [2]: imr.Decimal }
---@return imr.Decimal
function quantities.shared(quantity, share)
  if not share then return quantity end
  return (quantity * share[1]):divide(share[2], quantity.places + 2)
end

---@param share? { [1]: imr.Decimal, [2]: imr.Decimal }
---@return string|nil
function quantities.text(share)
  if not share then return nil end
  return tostring(share[1]) .. (tostring(share[2]) ~= "1" and "/" .. tostring(share[2]) or "")
end

-- What one of those who share takes; the last of the whole has what is left, so that their sum is the meter's.
local function portion(all, entry, taken, key)
  if not all or not entry.share then return all end
  local own = quantities.shared(all, entry.share)
  if taken.entries.whole and taken.count == #taken.entries then own = all - (taken[key] or decimal.zero) end
  taken[key] = (taken[key] or decimal.zero) + own
  return own
end

---The segments of one of those who share a meter.
---@param segments imr.BillSegment[]
---@param entry imr.BillMeter
---@param taken { entries: imr.BillMeter[], count: integer } of those before
---@return imr.BillSegment[]
function quantities.share(segments, entry, taken)
  taken.count = taken.count + 1
  if not entry.share then return segments end
  local list = {}
  for index, segment in ipairs(segments) do
    local parts
    for _, name in ipairs(PARTS) do
      local all = segment.parts and segment.parts[name]
      if all then
        parts = parts or {}
        parts[name] = portion(all, entry, taken, index .. name)
      end
    end
    list[index] = { from = segment.from, to = segment.to, parts = parts,
      quantity = portion(segment.quantity, entry, taken, index) }
  end
  return list
end

---Puts what was used into a line.
---@param line imr.BillLine
---@param segments imr.BillSegment[]
function quantities.fill(line, segments)
  local used, parts = nil, {}
  for _, segment in ipairs(segments) do
    if segment.quantity then used = (used or decimal.zero) + segment.quantity end
    for name, quantity in pairs(segment.parts or {}) do parts[name] = (parts[name] or decimal.zero) + quantity end
  end
  line.usage = used and tostring(used)
  for _, name in ipairs(PARTS) do line[name] = parts[name] and tostring(parts[name]) end
end

return quantities
