-- The tables that hold readings of a meter, as imr.schema has them. The order is that in which one of them is taken for
-- the meter's course: gaps, runs of zeros and spikes are looked for in the first that a meter has.

local schema = require "imr.schema"

---@class imr.QualitySource
---@field name string also of the listing in coverage
---@field table string
---@field time string column
---@field registers string[] columns; the first is the total
---@field others string[] further columns
---@field has_device boolean its rows say which device they are of
---@field granularity? string

---@type imr.QualitySource[]
local sources = {}

local function has_device(endpoint)
  for _, field in ipairs(endpoint.fields) do
    if field.name == "device_id" then return true end
  end
  return false
end

for _, endpoint in ipairs(schema.listings) do
  for _, one in ipairs(endpoint.registers and endpoint.synced or {}) do
    local source = { name = one.name, table = endpoint.name, time = endpoint.moment, registers = endpoint.registers,
      others = {}, has_device = has_device(endpoint), granularity = one.granularity }
    if source.has_device then source.others[1] = "device_id" end
    for _, name in ipairs(endpoint.judged or {}) do source.others[#source.others + 1] = name end
    sources[#sources + 1] = source
  end
end

return sources
