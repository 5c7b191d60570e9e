-- A database as version 1 of the tables had it, with a row or two in each.
local types = require "imr.database.types"

local version1 = {}

-- Each table: its name, its key, its columns.
local TABLES = {
  { "meters", "meter_no, device_id, first_seen",
    "meter_no:text device_id:text first_seen:time last_seen:time removed_at:time project_code:text device_name:text "
    .. "address:text meter_type:int kind:text type_name:text last_online:time last_online_local:text online:flag "
    .. "supply:text user_code:text user_name:text house_number:text extra:json invalid:json" },
  { "latest_readings", "meter_no, device_id",
    "meter_no:text device_id:text reading:dec read_time:time read_time_local:text supply:text stored_at:time "
    .. "extra:json invalid:json" },
  { "readings", "meter_no, read_time, copy",
    "meter_no:text read_time:time read_time_local:text copy:int device_id:text reading:dec imei:text user_code:text "
    .. "address:text device_name:text stored_at:time changed_at:time extra:json invalid:json" },
  { "consumption", "meter_no, read_time, granularity, copy",
    "meter_no:text read_time:time read_time_local:text granularity:text copy:int device_id:text reading:dec usage:dec "
    .. "amount:dec meter_type:int project_code:text stored_at:time changed_at:time extra:json invalid:json" },
  { "tou_readings", "meter_no, freeze_time, copy",
    "meter_no:text freeze_time:time freeze_time_local:text copy:int device_id:text reported_at:time "
    .. "reported_at_local:text project_code:text energy_total:dec energy_sharp:dec energy_peak:dec energy_flat:dec "
    .. "energy_valley:dec voltage_a:dec voltage_b:dec voltage_c:dec current_a:dec current_b:dec current_c:dec "
    .. "active_power:dec active_power_a:dec active_power_b:dec active_power_c:dec reactive_power:dec "
    .. "reactive_power_a:dec reactive_power_b:dec reactive_power_c:dec stored_at:time changed_at:time extra:json "
    .. "invalid:json" },
  { "camera_readings", "meter_no, read_time, copy",
    "meter_no:text read_time:time read_time_local:text copy:int reading:dec image_status:text image_ok:flag "
    .. "image_url:text project_code:text stored_at:time changed_at:time extra:json invalid:json" },
  { "restatements", "", "id:id table_name:text meter_no:text row_time:time granularity:text copy:int field:text "
    .. "old_value:text new_value:text old_seen:time new_seen:time run_id:int" },
  { "runs", "", "id:id started_at:time finished_at:time period_from:time period_to:time state:text error:text "
    .. "requests:int pages:int rows:int new_rows:int restated:int rejected:int" },
  { "listings", "", "id:id run_id:int listing:text period_from:time period_to:time meters:json pages:int rows:int "
    .. "claimed_total:int duplicates:int drifted:flag complete:flag started_at:time finished_at:time" },
  { "cursors", "listing, meter_no", "listing:text meter_no:text synced_from:time synced_to:time first_row:time "
    .. "last_row:time lateness:int" },
  { "coverage", "listing, day", "listing:text day:text expected:int received:int offline:int not_frozen:int "
    .. "truncated:int unknown:int checked_at:time" },
  { "rejected", "", "id:id table_name:text reason:text raw:json stored_at:time run_id:int" },
}

local INDEXES = {
  "CREATE INDEX readings_by_time ON readings (read_time)",
  "CREATE INDEX consumption_by_time ON consumption (read_time)",
  "CREATE INDEX tou_readings_by_time ON tou_readings (freeze_time)",
  "CREATE INDEX camera_readings_by_time ON camera_readings (read_time)",
  "CREATE INDEX restatements_by_meter ON restatements (meter_no, row_time)",
  "CREATE INDEX listings_by_run ON listings (run_id)",
  "CREATE TABLE schema_version (version INTEGER NOT NULL, applied_at BIGINT NOT NULL)",
  "INSERT INTO schema_version VALUES (1, 1751299200)",
}

local function declared(dialect, key, columns)
  local lines, is_key = {}, {}
  for name in key:gmatch "[%w_]+" do is_key[name] = true end
  for name, type in columns:gmatch "([%w_]+):(%w+)" do
    lines[#lines + 1] = name .. " " .. types.declare(dialect, type) .. (is_key[name] and " NOT NULL" or "")
  end
  if key ~= "" then lines[#lines + 1] = "PRIMARY KEY (" .. key .. ")" end
  return table.concat(lines, ", ")
end

local SAMPLES = { text = "t%d", json = '{"n":%d}', dec = "00%d.10", int = "%d", time = "17513%05d", flag = true }

-- A value that tells the row and the column; what the key does not need is left out in each other row.
local function sample(type, key, row, column)
  if not key and row % 2 == 0 and column % 2 == 0 then return nil end
  local text = SAMPLES[type]
  if text == true then return row % 2 == 0 end
  text = text:format(row * 100 + column)
  return (type == "int" or type == "time") and tonumber(text) or text
end

local function fill(db, name, key, columns, count)
  local names, kinds = {}, {}
  for column, type in columns:gmatch "([%w_]+):(%w+)" do
    if type ~= "id" then names[#names + 1], kinds[#kinds + 1] = column, type end
  end
  local insert = ("INSERT INTO %s (%s) VALUES (%s)"):format(name, table.concat(names, ", "),
    ("?, "):rep(#names):sub(1, -3))
  for row = 1, count do
    local values = {}
    for index, column in ipairs(names) do
      values[index] = sample(kinds[index], key:find(column, 1, true), row, index)
    end
    db:execute(insert, (table.unpack or unpack)(values, 1, #names)) -- luacheck: ignore
  end
end

--- Turns an empty database of today's tables into one of version 1.
---@param db imr.Database
---@param count integer rows of each table
function version1.make(db, count)
  db:transaction(function()
    for _, name in ipairs { "tenancies", "schema_version" } do db:execute("DROP TABLE " .. name) end
    for _, entry in ipairs(TABLES) do
      db:execute("DROP TABLE " .. entry[1])
      db:execute(("CREATE TABLE %s (%s)"):format(entry[1], declared(db.dialect, entry[2], entry[3])))
      fill(db, entry[1], entry[2], entry[3], count)
    end
    for _, statement in ipairs(INDEXES) do db:execute(statement) end
  end)
end

--- All that those tables hold, a text a row.
---@param db imr.Database
---@return string[]
function version1.contents(db)
  local lines = {}
  for _, entry in ipairs(TABLES) do
    local names, parts = {}, {}
    for column, type in entry[3]:gmatch "([%w_]+):(%w+)" do
      names[#names + 1] = column
      parts[#parts + 1] = types.read(db.dialect, type, column) .. " AS " .. column
    end
    for row in db:rows(("SELECT %s FROM %s"):format(table.concat(parts, ", "), entry[1])) do
      local values = { entry[1] }
      for _, name in ipairs(names) do
        -- What the key has got since then is an empty text where there was nothing.
        values[#values + 1] = row[name] == nil and "" or tostring(row[name])
      end
      lines[#lines + 1] = table.concat(values, "|")
    end
  end
  table.sort(lines)
  return lines
end

return version1
