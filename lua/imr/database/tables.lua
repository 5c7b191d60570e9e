--- The tables of the database as data: what they hold, under which names and types, and what a row is known by.
---
--- Types: text; int; id (counted up by itself); time (Unix seconds); dec (exact: NUMERIC in PostgreSQL, in SQLite a
--- text with the platform's own digits); flag (BOOLEAN); json (text). A column with `key` is part of the primary key.

local copy = require "imr.base.copy"

---A column of a table.
---@class imr.database.Column
---@field name string
---@field type "text"|"int"|"id"|"time"|"dec"|"flag"|"json"
---@field comment string
---@field key? boolean
---@field measured? boolean a change of it under the same key is a restatement

---A table; `require "imr.database.tables"` is the list of them, also by name.
---@class imr.database.Table
---@field name string
---@field comment string
---@field columns imr.database.Column[]

local function column(name, type, comment, more)
  return copy({ name = name, type = type, comment = comment }, more)
end

local KEY, MEASURED = { key = true }, { measured = true }

local function meter_no() return column("meter_no", "text", "Number of the meter, with its leading zeros", KEY) end
local function device_id(more)
  return column("device_id", "text", "Id of the device that the meter number stood for", more)
end

-- A time on the platform's clock, and the same as the platform wrote it.
local function moment(name, comment, more)
  return column(name, "time", comment .. ", Unix seconds", more),
    column(name .. "_local", "text", comment .. ", on the platform's clock")
end

local function rest(list)
  list[#list + 1] = column("extra", "json", "Fields that no document names, as JSON")
  list[#list + 1] = column("invalid", "json", "Values that did not parse as what they should be, raw, as JSON")
  return list
end

local function data(list)
  list[#list + 1] = column("stored_at", "time", "When this row was first stored, Unix seconds")
  list[#list + 1] = column("changed_at", "time", "When a measured value last changed, Unix seconds; see restatements")
  return rest(list)
end

local function copy_number()
  return column("copy", "int", "0; 1 and on for further rows that one listing gave for the same meter and moment "
    .. "with other values", KEY)
end

local function decimals(list, text)
  for name, comment in text:gmatch("([%w_]+): ([^;]+)") do list[#list + 1] = column(name, "dec", comment, MEASURED) end
  return list
end

-- ---------------------------------------------------------------- what the platform lists

local function meters()
  local list = {
    meter_no(), device_id(KEY),
    column("first_seen", "time", "When this device was first listed under this number, Unix seconds", KEY),
    column("last_seen", "time", "When it was last listed so, Unix seconds"),
    column("removed_at", "time", "Since when it is not listed so any more (the number stands for another device, "
      .. "or for none), Unix seconds; absent while it is"),
    column("project_code", "text", "Code of the project"), column("device_name", "text", "Name of the device"),
    column("address", "text", "Address of the meter"), column("meter_type", "int", "Type, the platform's number"),
    column("kind", "text", "electricity or water"), column("type_name", "text", "Name of the type"),
  }
  list[#list + 1], list[#list + 2] = moment("last_online", "When the meter was last heard of")
  for _, entry in ipairs {
    column("online", "flag", "Whether the platform shows the meter online"),
    column("supply", "text", "connected or disconnected"), column("user_code", "text", "Code of the tenant"),
    column("user_name", "text", "Name of the tenant"), column("house_number", "text", "House number"),
  } do list[#list + 1] = entry end
  return rest(list)
end

local function latest_readings()
  local list = { meter_no(), device_id(KEY), column("reading", "dec", "Register: kWh, or cubic metres of water") }
  list[#list + 1], list[#list + 2] = moment("read_time", "When it was read")
  list[#list + 1] = column("supply", "text", "connected or disconnected")
  list[#list + 1] = column("stored_at", "time", "When this row was stored, Unix seconds")
  return rest(list)
end

local function readings()
  local list = { meter_no() }
  list[#list + 1], list[#list + 2] = moment("read_time", "When it was read", KEY)
  for _, entry in ipairs {
    copy_number(), device_id(MEASURED),
    column("reading", "dec", "Register: kWh, or cubic metres of water", MEASURED),
    column("imei", "text", "IMEI of the device"), column("user_code", "text", "Code of the tenant"),
    column("address", "text", "Address of the meter"), column("device_name", "text", "Name of the device"),
  } do list[#list + 1] = entry end
  return data(list)
end

local function consumption()
  local list = { meter_no() }
  list[#list + 1], list[#list + 2] = moment("read_time", "End of the period that the usage is of", KEY)
  for _, entry in ipairs {
    column("granularity", "text", "daily or realtime, as it was asked for", KEY), copy_number(), device_id(MEASURED),
    column("reading", "dec", "Register: kWh, or cubic metres of water", MEASURED),
    column("usage", "dec", "Consumption since the row before: kWh, or cubic metres", MEASURED),
    column("amount", "dec", "Its price, yuan", MEASURED),
    column("meter_type", "int", "Type, the platform's number"), column("project_code", "text", "Code of the project"),
  } do list[#list + 1] = entry end
  return data(list)
end

local TOU = "energy_total: Forward active energy, kWh; energy_sharp: Its sharp part, kWh;"
  .. "energy_peak: Its peak part, kWh; energy_flat: Its flat part, kWh; energy_valley: Its valley part, kWh;"
  .. "voltage_a: Voltage of phase A, V; voltage_b: Voltage of phase B, V; voltage_c: Voltage of phase C, V;"
  .. "current_a: Current of phase A, A; current_b: Current of phase B, A; current_c: Current of phase C, A;"
  .. "active_power: Active power; active_power_a: Active power of phase A; active_power_b: Active power of phase B;"
  .. "active_power_c: Active power of phase C; reactive_power: Reactive power;"
  .. "reactive_power_a: Reactive power of phase A; reactive_power_b: Reactive power of phase B;"
  .. "reactive_power_c: Reactive power of phase C;"

local function tou_readings()
  local list = { meter_no() }
  list[#list + 1], list[#list + 2] = moment("freeze_time", "When the registers were frozen", KEY)
  list[#list + 1] = copy_number()
  list[#list + 1] = device_id(MEASURED)
  list[#list + 1], list[#list + 2] = moment("reported_at", "When the meter reported it")
  list[#list + 1] = column("project_code", "text", "Code of the project")
  return data(decimals(list, TOU))
end

local function camera_readings()
  local list = { meter_no() }
  list[#list + 1], list[#list + 2] = moment("read_time", "When the image was taken", KEY)
  for _, entry in ipairs {
    copy_number(), column("reading", "dec", "Register that was read from the image: cubic metres", MEASURED),
    column("image_status", "text", "What the platform says of reading the image", MEASURED),
    column("image_ok", "flag", "Whether the image could be read"),
    column("image_url", "text", "Address of the image", MEASURED),
    column("project_code", "text", "Code of the project"),
  } do list[#list + 1] = entry end
  return data(list)
end

-- ---------------------------------------------------------------- what the sync keeps of itself

local function id() return column("id", "id", "Number of the row", KEY) end
local function listing(more) return column("listing", "text", "Which listing: the name of its table; "
  .. "consumption_realtime for consumption of that granularity", more) end

local restatements = {
  id(), column("table_name", "text", "Table of the row whose value changed"),
  column("meter_no", "text", "Number of the meter"),
  column("row_time", "time", "read_time or freeze_time of the row, Unix seconds"),
  column("granularity", "text", "Of consumption: daily or realtime"), column("copy", "int", "The row's copy"),
  column("field", "text", "Column that changed"),
  column("old_value", "text", "What it was, exactly; absent where it had none"),
  column("new_value", "text", "What it is now, exactly; absent where it has none"),
  column("old_seen", "time", "When the old value was stored, Unix seconds"),
  column("new_seen", "time", "When the new value was stored, Unix seconds"),
  column("run_id", "int", "Run that stored it"),
}

local runs = {
  id(), column("started_at", "time", "Unix seconds"),
  column("finished_at", "time", "Unix seconds; absent while it runs, and for ever when it was killed"),
  column("period_from", "time", "Begin of the period that was asked for, Unix seconds; absent: only what is new"),
  column("period_to", "time", "End of it, Unix seconds"),
  column("state", "text", "running, complete, incomplete, failed or interrupted"),
  column("error", "text", "What ended it early"),
  column("requests", "int", "Requests sent"), column("pages", "int", "Pages stored"),
  column("rows", "int", "Rows that came"), column("new_rows", "int", "Rows that were new"),
  column("restated", "int", "Rows of which a measured value changed"),
  column("rejected", "int", "Rows that could not be stored in their table; see rejected"),
}

local listings = {
  id(), column("run_id", "int", "Run that read it"), listing(),
  column("period_from", "time", "Begin of the period, Unix seconds; absent where a listing has none"),
  column("period_to", "time", "End of the period, Unix seconds"),
  column("meters", "json", "Meter numbers that were asked for; absent: the whole project"),
  column("pages", "int", "Pages"), column("rows", "int", "Rows"),
  column("claimed_total", "int", "Rows that the platform claimed there are"),
  column("duplicates", "int", "Rows that came again on a later page"),
  column("drifted", "flag", "Rows or the total moved while it was read"),
  column("complete", "flag", "It is known to be complete"),
  column("started_at", "time", "Unix seconds"),
  column("finished_at", "time", "Unix seconds; absent where it never came to its end"),
}

local cursors = {
  listing(KEY), column("meter_no", "text", "Number of the meter; empty for the project as a whole", KEY),
  column("synced_from", "time", "Since when everything has been read, Unix seconds"),
  column("synced_to", "time", "Until when everything has been read, Unix seconds"),
  column("first_row", "time", "Time of the oldest row, Unix seconds"),
  column("last_row", "time", "Time of the newest row, Unix seconds"),
  column("lateness", "int", "Of the project: the most seconds that a row came after newer ones had"),
}

local coverage = {
  listing(KEY), column("day", "text", "Day on the platform's clock, YYYY-MM-DD", KEY),
  column("expected", "int", "Meters of which a row is expected"), column("received", "int", "Meters that have one"),
  column("offline", "int", "Missing: the meter is offline since that day or before"),
  column("not_frozen", "int", "Missing: the day is too young"),
  column("truncated", "int", "Missing: no listing of that day is known to be complete"),
  column("unknown", "int", "Missing: the platform lists none, and nothing says why"),
  column("checked_at", "time", "When this was counted, Unix seconds"),
}

local rejected = {
  id(), column("table_name", "text", "Table that it was for"),
  column("reason", "text", "Why it can't be stored there"), column("raw", "json", "The row as JSON"),
  column("stored_at", "time", "When it first came, Unix seconds"), column("run_id", "int", "Run that stored it"),
}

---@type imr.database.Table[]
local tables = {
  { name = "meters", comment = "Meters with their install history: a number that changes device gets a new row",
    columns = meters() },
  { name = "latest_readings", comment = "The newest reading of each meter", columns = latest_readings() },
  { name = "readings", comment = "Readings", columns = readings() },
  { name = "consumption", comment = "Consumption with its price", columns = consumption() },
  { name = "tou_readings", comment = "Time-of-use registers with voltages, currents and powers",
    columns = tou_readings() },
  { name = "camera_readings", comment = "Readings of camera water meters", columns = camera_readings() },
  { name = "restatements", comment = "Values that changed under the same key: both values, both times",
    columns = restatements },
  { name = "runs", comment = "Runs of the sync", columns = runs },
  { name = "listings", comment = "Listings that were begun, and whether all came", columns = listings },
  { name = "cursors", comment = "How far each meter is read in each listing", columns = cursors },
  { name = "coverage", comment = "Expected and received meters by day, as last counted", columns = coverage },
  { name = "rejected", comment = "Rows without a key that could be used, kept as they came", columns = rejected },
}

for _, entry in ipairs(tables) do tables[entry.name] = entry end

return tables
