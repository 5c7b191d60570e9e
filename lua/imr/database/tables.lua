--- The tables of the database as data: what they hold, under which names and types, and what a row is known by.
---
--- Types: text; int; id (counted up by itself); time (Unix seconds); dec (exact: NUMERIC in PostgreSQL, in SQLite a
--- text with the platform's own digits); flag (BOOLEAN); json (text). A column with `key` is part of the primary key.

local bills = require "imr.database.bills"
local column = require "imr.database.column"
local mirror = require "imr.database.mirror"

---A table; `require "imr.database.tables"` is the list of them, also by name.
---@class imr.database.Table
---@field name string
---@field comment string
---@field columns imr.database.Column[]

local KEY = { key = true }

-- ---------------------------------------------------------------- what the sync keeps of itself

local function id() return column("id", "id", "Number of the row", KEY) end
local function listing(more) return column("listing", "text", "Which listing: the name of its table; "
  .. "consumption_realtime for consumption of that granularity", more) end

local restatements = {
  id(), column("table_name", "text", "Table of the row whose value changed"),
  column("meter_no", "text", "Number of the meter"),
  column("row_time", "time", "read_time or freeze_time of the row, Unix seconds"),
  column("granularity", "text", "Of consumption: daily or realtime"), column("copy", "int", "The row's copy"),
  column("project_code", "text", "The row's project"), column("device_id", "text", "The row's device"),
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
  column("withdrawn", "int", "Rows that the platform does not list any more"),
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
  column("reread_at", "time", "Of the project: when the last days were last read again, Unix seconds"),
  column("deep_reread_at", "time", "Of the project: when the open billing period was last read again, Unix seconds"),
  column("doubted_at", "time", "Of the meters: since when the platform lists none, Unix seconds; absent while it does"),
  column("at_midnight", "flag", "Of a meter: it is read once a day, soon after midnight"),
}

local coverage = {
  listing(KEY), column("day", "text", "Day on the platform's clock, YYYY-MM-DD", KEY),
  column("expected", "int", "Meters of which a row is expected"), column("received", "int", "Meters that have one"),
  column("offline", "int", "Missing: the meter is offline since that day or before"),
  column("not_frozen", "int", "Missing: the day is too young"),
  column("rejected", "int", "Missing: a row came that fits no table; see rejected"),
  column("truncated", "int", "Missing: no listing of that day is known to be complete"),
  column("unknown", "int", "Missing: the platform lists none, and nothing says why"),
  column("checked_at", "time", "When this was counted, Unix seconds"),
}

local rejected = {
  id(), column("table_name", "text", "Table that it was for"),
  column("meter_no", "text", "Number of the meter, where the row has one"),
  column("day", "text", "Day of the row, YYYY-MM-DD, where it can be told"),
  column("reason", "text", "Why it can't be stored there"), column("raw", "json", "The row as JSON"),
  column("stored_at", "time", "When it first came, Unix seconds"), column("run_id", "int", "Run that stored it"),
}

local tenancies = {
  column("meter_no", "text", "Number of the meter, with its leading zeros", KEY),
  column("project_code", "text", "Code of the project", { key = true, default = "''" }),
  column("since", "time", "When the tenant was first shown, Unix seconds", KEY),
  column("user_code", "text", "Code of the tenant", KEY),
  column("user_name", "text", "Name of the tenant"), column("house_number", "text", "House number"),
  column("last_shown", "time", "When the tenant was last shown, Unix seconds"),
  column("until", "time", "When another tenant was first shown, or none; Unix seconds; absent while it lasts"),
}

---@type imr.database.Table[]
local tables = mirror.tables()

for _, entry in ipairs {
  { name = "tenancies", comment = "Who lived there: the tenants of each meter, one after the other",
    columns = tenancies },
  { name = "restatements", comment = "Values that changed under the same key: both values, both times",
    columns = restatements },
  { name = "runs", comment = "Runs of the sync", columns = runs },
  { name = "listings", comment = "Listings that were begun, and whether all came", columns = listings },
  { name = "cursors", comment = "How far each meter is read in each listing", columns = cursors },
  { name = "coverage", comment = "Expected and received meters by day, as last counted", columns = coverage },
  { name = "rejected", comment = "Rows without a key that could be used, kept as they came", columns = rejected },
} do tables[#tables + 1] = entry end
for _, entry in ipairs(bills) do tables[#tables + 1] = entry end

for _, entry in ipairs(tables) do tables[entry.name] = entry end

return tables
