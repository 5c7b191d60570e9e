-- What a simulated platform has, read without any trouble, and whether a database has exactly that.
local decimal = require "imr.decimal"
local imr = require "imr"
local tables = require "imr.database.tables"
local testing = require "imr.testing"

local truth = {}

truth.listings = { "readings", "consumption", "tou_readings", "camera_readings" }

local moments = { readings = "read_time", consumption = "read_time", tou_readings = "freeze_time",
  camera_readings = "read_time" }

--- All rows of a platform of these options, by listing and key.
---@param options table the simulator's
---@param from integer
---@param to integer
---@return table<string, table<string, table>>
function truth.read(options, from, to)
  local world, found = testing.new(options), {}
  world:run(function()
    local client = world:client { interval = 0, decimals = "string" }
    for _, name in ipairs(truth.listings) do
      local rows = {}
      local parameters = { from = from, to = to }
      if name == "consumption" then parameters.granularity = "daily" end
      for row in client[name](client, parameters) do rows[row.meter_no .. "@" .. row[moments[name]]] = row end
      found[name] = rows
    end
    found.meters = assert(client:meters():collect())
  end)
  return found
end

local ours = { copy = true, granularity = true, day = true, stored_at = true, changed_at = true, withdrawn_at = true,
  extra = true, invalid = true }

local function same(column, stored, row)
  local field = column.name:match("^(.*)_local$")
  if column.type == "text" and field then return stored == (row[field] and imr.time.format(row[field])) end
  local value = row[column.name]
  if column.type == "dec" and stored and value then return decimal.parse(stored) == decimal.parse(value) end
  return stored == value
end

--- What is wrong with a table: rows that are missing, too many or different. Empty when it holds exactly the rows.
---@return string[] problems
function truth.compare(db, name, rows)
  local problems, left = {}, {}
  for key in pairs(rows) do left[key] = true end
  for stored in db:select(name) do
    local key = stored.meter_no .. "@" .. stored[moments[name]]
    local row = rows[key]
    if not row or not left[key] or stored.copy ~= 0 then
      problems[#problems + 1] = name .. " has too much: " .. key
    else
      left[key] = nil
      for _, column in ipairs(tables[name].columns) do
        if not ours[column.name] and not same(column, stored[column.name], row) then
          problems[#problems + 1] = ("%s %s: %s is %s"):format(name, key, column.name, tostring(stored[column.name]))
        end
      end
    end
  end
  for key in pairs(left) do problems[#problems + 1] = name .. " lacks " .. key end
  return problems
end

--- The restatements there have to be when the platform went from `before` to `after`.
---@return table<string, true>
function truth.restatements(before, after)
  local expected = {}
  for _, name in ipairs(truth.listings) do
    for key, old in pairs(before[name]) do
      local new = after[name][key]
      for _, column in ipairs(tables[name].columns) do
        if column.measured and old[column.name] ~= new[column.name] then
          expected[table.concat({ name, key, column.name, tostring(old[column.name]),
            tostring(new[column.name]) }, "|")] = true
        end
      end
    end
  end
  return expected
end

--- Those that a database has, in the same form, and how many rows they are.
function truth.stored_restatements(db)
  local found, count = {}, 0
  for row in db:select("restatements") do
    count = count + 1
    found[table.concat({ row.table_name, row.meter_no .. "@" .. row.row_time, row.field, tostring(row.old_value),
      tostring(row.new_value) }, "|")] = true
  end
  return found, count
end

return truth
