--- Rows that fit no table: kept as they came, each once.

local encode = require("imr.base.json").encode

local Rejected = {}
Rejected.__index = Rejected

local rejected = {}

-- The platform gives such rows again and again. No column could have an index for texts of any length: those that are
-- there are read once a run, and no more of them than fit into memory.
local MOST = 100000
local KNOWN = "SELECT raw FROM rejected WHERE table_name = ? ORDER BY id DESC LIMIT " .. ("%d"):format(MOST)
local KEEP = "INSERT INTO rejected (table_name, reason, raw, stored_at, run_id, meter_no, day) "
  .. "VALUES (?, ?, ?, ?, ?, ?, ?)"

---@param db imr.Database
---@param run_id integer
function rejected.new(db, run_id)
  return setmetatable({ db = db, run_id = run_id, known = {} }, Rejected)
end

local function known_of(self, name)
  local known = self.known[name]
  if known then return known end
  known = {}
  for row in self.db:rows(KNOWN, name) do known[row.raw] = true end
  self.known[name] = known
  return known
end

---Keeps a row that can't be stored in its table. To be called within a transaction.
---@param name string of the table
---@param row table
---@param reason string
---@param now integer
---@param whose? { meter_no: string?, day: string? } as far as it can be told
function Rejected:keep(name, row, reason, now, whose)
  local raw, known = encode(row), known_of(self, name)
  if known[raw] then return end
  self.db:execute(KEEP, name, reason, raw, now, self.run_id, whose and whose.meter_no, whose and whose.day)
  known[raw] = true
end

return rejected
