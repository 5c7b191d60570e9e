--- The listings as the sync sees them, as imr.schema has them: which table they fill, and which field is the row's
--- moment.

local schema = require "imr.schema"

---@class imr.sync.Listing
---@field name string the listing's name in cursors, listings and coverage
---@field endpoint string the client's method
---@field table string
---@field title string[] what its rows are called, in English and in Chinese
---@field moment? string field whose time is a part of the key; none: a listing of what is now
---@field granularity? string of consumption
---@field expected? "all"|"seen" whose row is missing when there is none: every meter's, or that of meters which had one

---@type imr.sync.Listing[]
local listings = {}

for _, endpoint in ipairs(schema.listings) do
  for _, one in ipairs(endpoint.synced or {}) do
    local entry = {
      name = one.name, endpoint = endpoint.name, table = endpoint.name, title = { one.en, one.zh },
      moment = endpoint.moment, expected = endpoint.expected, granularity = one.granularity,
    }
    listings[#listings + 1], listings[one.name] = entry, entry
  end
end

return listings
