-- Which lines are about the same: of one who pays for a meter, in one part of time. Pure.

local same = {}

---Who pays for a meter, and for which of those that have its number.
---@param line imr.BillLine|imr.MeteringUsage
---@return string
function same.payer(line)
  return table.concat({ line.meter_no or "", line.project_code or "", line.kind or "",
    line.user_code or line.user_name or "" }, "\0")
end

---That, and since when: a tenancy, as the database knows it now.
---@param line imr.BillLine|imr.MeteringUsage
---@return string
function same.tenancy(line) return ("%s\0%s"):format(same.payer(line), line.since or "") end

-- Rows that come late may show that a tenant was there earlier: what was billed is of that tenancy all the same.
local function overlaps(known, line, payer)
  return known.payer == payer and known.line.from < line.to and line.from < known.line.to
end

---The one of a list that a line goes on with.
---@param list table[] with the `line`, `tenancy` and `payer` of each; those that are `there` are taken
---@param line imr.BillLine
---@return table|nil
function same.find(list, line)
  local tenancy, payer = same.tenancy(line), same.payer(line)
  for _, known in ipairs(list) do
    if known.tenancy == tenancy and not known.there then return known end
  end
  for _, known in ipairs(list) do
    if not known.there and overlaps(known, line, payer) then return known end
  end
end

return same
