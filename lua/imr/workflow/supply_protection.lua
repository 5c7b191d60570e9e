-- What is never sent anything: a list or a set of device ids or meter numbers, or a function of the device.

local protection = {}

-- What one entry of a list or a set names; nil where a set says false.
local function name_of(key, value)
  if type(key) == "number" and type(value) ~= "boolean" then return value end
  return value and key or nil
end

---The names in a list or a set; none where a function knows.
---@param protected nil|table|function
---@return string[]
function protection.names(protected)
  local list = {}
  for key, value in pairs(type(protected) == "table" and protected or {}) do list[#list + 1] = name_of(key, value) end
  return list
end

---What is wrong with an option `protected`, or nil. A number would protect nothing: devices are strings.
---@param protected any
---@return string|nil
function protection.problem(protected)
  if protected == nil or type(protected) == "function" then return nil end
  if type(protected) ~= "table" then return ("option 'protected' cannot be a %s"):format(type(protected)) end
  for _, name in ipairs(protection.names(protected)) do
    if type(name) ~= "string" then
      return ("option 'protected' holds device ids or meter numbers as strings, not the %s %s"):format(type(name),
        tostring(name))
    end
  end
end

---@param protected nil|table|function
---@param entry { device: string, meter_no: string? }
---@return boolean
function protection.covers(protected, entry)
  if type(protected) == "function" then return protected(entry.device, entry) and true or false end
  for key, value in pairs(protected or {}) do
    local name = name_of(key, value)
    if name and (name == entry.device or name == entry.meter_no) then return true end
  end
  return false
end

---What is named and no meter of the platform has: who mistypes it should hear of it.
---@param facts { by_device: table, by_number: table }
---@param ... nil|table|function
---@return string[]
function protection.unlisted(facts, ...)
  local list, seen = {}, {}
  for index = 1, select("#", ...) do
    for _, name in ipairs(protection.names((select(index, ...)))) do
      if not facts.by_device[name] and not facts.by_number[name] and not seen[name] then
        list[#list + 1], seen[name] = name, true
      end
    end
  end
  table.sort(list)
  return list
end

return protection
