--- The six listings as the sync sees them: which table they fill, and which field is the row's moment.

---@class imr.sync.Listing
---@field name string the listing's name in cursors, listings and coverage
---@field endpoint string the client's method
---@field table string
---@field moment? string field whose time is a part of the key; none: a listing of what is now
---@field granularity? string of consumption
---@field expected? "all"|"seen" whose row is missing when there is none: every meter's, or that of meters which had one

---@type imr.sync.Listing[]
local listings = {
  { name = "meters", endpoint = "meters", table = "meters" },
  { name = "latest_readings", endpoint = "latest_readings", table = "latest_readings" },
  { name = "readings", endpoint = "readings", table = "readings", moment = "read_time", expected = "all" },
  { name = "consumption", endpoint = "consumption", table = "consumption", moment = "read_time", expected = "all",
    granularity = "daily" },
  { name = "consumption_realtime", endpoint = "consumption", table = "consumption", moment = "read_time",
    expected = "all", granularity = "realtime" },
  { name = "tou_readings", endpoint = "tou_readings", table = "tou_readings", moment = "freeze_time",
    expected = "seen" },
  { name = "camera_readings", endpoint = "camera_readings", table = "camera_readings", moment = "read_time",
    expected = "seen" },
}

for _, entry in ipairs(listings) do listings[entry.name] = entry end

return listings
