-- What a tenant is known by: a code, or without one a name at a place. Two of one name are two. Pure.

local tenant = {}

---@param row imr.MeteringUsage|imr.BillLine
---@return string|nil key to sort by code or name; nil: nobody
function tenant.key(row)
  local code, name, project = row.user_code or "", row.user_name or "", row.project_code or ""
  if code ~= "" then return table.concat({ code, project }, "\0") end
  if name == "" then return nil end
  return table.concat({ name, row.address or "", row.house_number or "", project }, "\0")
end

---What tells it from others: the place of one without a code as well.
---@param row imr.MeteringUsage|imr.BillLine
---@return { project_code: string?, user_code: string?, user_name: string?, address: string?, house_number: string? }
function tenant.shown(row)
  local code = row.user_code ~= "" and row.user_code or nil
  if code or (row.user_name or "") == "" then
    return { user_code = code, user_name = row.user_name, project_code = code and row.project_code }
  end
  return { user_name = row.user_name, address = row.address, house_number = row.house_number,
    project_code = row.project_code }
end

return tenant
