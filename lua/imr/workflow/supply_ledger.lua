-- The ledger: what was to be done to whose supply, by whom and why, and what became of it.
--
-- Every intent is on the disk before anything is sent, and `sending` is on the disk before the first byte of a command
-- leaves: whoever finds a command executed finds it here as sent.
--
--   planned -> sending -> accepted -> confirmed | contradicted | unconfirmed
--                      -> unknown     it may have been executed; resolve() reads the meter and never sends
--                      -> refused     by the platform, certainly not executed
--                      -> planned     certainly not executed, and may be tried again
--   planned -> skipped (the guard said no) | superseded (a newer intent for the device) | expired | protected
--   unknown -> overtaken               a later command was sent to the device: its own effect cannot be told any more

local core = require "imr.core"
local database = require "imr.workflow.supply_database"

local VERSION = 1

local SCHEMA = {
  [[CREATE TABLE plans (
    id INTEGER PRIMARY KEY AUTOINCREMENT, created TEXT NOT NULL, who TEXT NOT NULL, reason TEXT NOT NULL,
    settings TEXT NOT NULL)]],
  [[CREATE TABLE intents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, plan INTEGER NOT NULL REFERENCES plans,
    device TEXT NOT NULL, meter_no TEXT, command TEXT NOT NULL, state_before TEXT, expires TEXT NOT NULL,
    confirm INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, executed TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, sent TEXT, changed TEXT NOT NULL, detail TEXT)]],
  "CREATE INDEX intents_of_device ON intents (device, id)",
  "CREATE INDEX intents_by_state ON intents (state, id)",
  [[CREATE TABLE transitions (
    id INTEGER PRIMARY KEY AUTOINCREMENT, intent INTEGER NOT NULL REFERENCES intents, at TEXT NOT NULL,
    state TEXT NOT NULL, executed TEXT NOT NULL, detail TEXT)]],
  "CREATE INDEX transitions_of_intent ON transitions (intent, id)",
  "PRAGMA user_version = " .. VERSION,
}

-- Commands that a later one for the same device takes the sense from. A request for a reading stands beside them.
local SUPPLY = "('disconnect', 'reconnect')"
-- States of intents that never reached a meter and never will.
local DEAD = "('refused', 'skipped', 'superseded', 'expired', 'protected')"

local COLUMNS = [[i.id, i.plan, i.device, i.meter_no, i.command, i.state_before, i.expires, i.confirm, i.state,
  i.executed, i.attempts, i.sent, i.changed, i.detail, p.who, p.reason, p.settings, p.created]]

---@class imr.Ledger
local Ledger = {}
Ledger.__index = Ledger

local ledger = {}

local function migrate(self)
  local version = self.database:rows("PRAGMA user_version")[1].user_version
  if version > VERSION then
    error(core.error { kind = "ledger", retryable = false, executed = "no",
      message = ("%s was written by a later version of imr"):format(self.path) }, 0)
  elseif version < VERSION then
    for _, statement in ipairs(SCHEMA) do self.database:run(statement) end
  end
end

---@param path string
---@param clock fun(): number Unix seconds
---@return imr.Ledger
function ledger.open(path, clock)
  local self = setmetatable({ path = path, clock = clock, database = database.open(path) }, Ledger)
  local fine, problem = pcall(self.database.transaction, self.database, function() migrate(self) end)
  if fine then return self end
  self.database:close()
  error(problem, 0)
end

local function stamp(seconds)
  return (core.format_time(seconds, 0):gsub(" ", "T")) .. "Z"
end

---Unix seconds of a time in the ledger, or nil.
---@param text string|nil
---@return integer|nil
function Ledger.seconds(text)
  return text and core.parse_time(text:sub(1, 19), 0) or nil
end

---Takes the queue of this ledger. The lock ends with its owner, even a killed one.
---@return true|nil
---@return table|nil err kind "locked"
function Ledger:lock()
  local lock, message = core.private_lock(self.path .. ".lock")
  if lock then
    self.held = lock
    return true
  end
  local kind = message and "ledger" or "locked"
  return nil, core.error { kind = kind, retryable = kind == "locked", executed = "no",
    message = message or ("another process is at work on the queue of %s"):format(self.path) }
end

function Ledger:unlock()
  if self.held then self.held:release() end
  self.held = nil
end

function Ledger:close()
  self:unlock()
  self.database:close()
end

-- ---------------------------------------------------------------- writing

local function note(self, id, state, executed, detail)
  self.database:run("INSERT INTO transitions (intent, at, state, executed, detail) VALUES (?, ?, ?, ?, ?)",
    id, stamp(self.clock()), state, executed, detail)
end

-- The newest word counts: what waits for the same device gives way, be it the same command or the opposite.
local function supersede(self, entry, id)
  local same = entry.command == "request_reading" and "command = 'request_reading'" or "command IN " .. SUPPLY
  for _, older in ipairs(self.database:rows(
    "SELECT id FROM intents WHERE device = ? AND id < ? AND state = 'planned' AND " .. same, entry.device, id)) do
    self:settle(older.id, "superseded", "no", ("by intent %d"):format(id))
  end
end

local function add_intent(self, plan, entry)
  self.database:run([[INSERT INTO intents (plan, device, meter_no, command, state_before, expires, state, executed,
    changed) VALUES (?, ?, ?, ?, ?, ?, 'planned', 'no', ?)]],
    plan.id, entry.device, entry.meter_no, entry.command, entry.state_before, stamp(plan.expires), stamp(self.clock()))
  local id = self.database:rows("SELECT last_insert_rowid() AS id")[1].id
  note(self, id, "planned", "no")
  supersede(self, entry, id)
  return id
end

---Writes a plan's intents, all or none.
---@param plan table who, reason, settings (text), made, expires, entries; `id` and each entry's `id` are filled in
function Ledger:add(plan)
  local ids = self.database:transaction(function()
    self.database:run("INSERT INTO plans (created, who, reason, settings) VALUES (?, ?, ?, ?)", stamp(plan.made),
      plan.who, plan.reason, plan.settings)
    local written = { id = self.database:rows("SELECT last_insert_rowid() AS id")[1].id, expires = plan.expires }
    for index, entry in ipairs(plan.entries) do written[index] = add_intent(self, written, entry) end
    return written
  end)
  plan.id = ids.id
  for index, entry in ipairs(plan.entries) do entry.id = ids[index] end
end

-- The same command to the same device, sent by an earlier intent, of which nobody knows what became.
local function unknown_before(self, id)
  return self.database:rows([[SELECT o.id FROM intents AS o JOIN intents AS i ON i.id = ?
    WHERE o.device = i.device AND o.id < i.id AND o.command = i.command AND o.state = 'unknown' LIMIT 1]], id)[1]
end

-- Did another plan send the same supply command to the device after this one was decided on?
local OVERTAKEN = [[EXISTS (SELECT 1 FROM intents AS o JOIN plans AS p ON p.id = intents.plan
  WHERE o.device = intents.device AND o.plan <> intents.plan AND o.command = intents.command
  AND o.executed <> 'no' AND o.sent >= p.created AND o.command IN ]] .. SUPPLY .. ")"

---The last thing before a command leaves. False when it must not: the intent has been settled, a newer one for the
---device stands, or another plan sent the same meanwhile.
---@return boolean
---@return integer|nil unknown the intent whose unknown outcome stands in the way
function Ledger:start(id, confirm)
  local unknown
  local started = self.database:transaction(function()
    local now = stamp(self.clock())
    unknown = unknown_before(self, id)
    if unknown then return false end
    local changed = self.database:run([[UPDATE intents SET state = 'sending', executed = 'maybe',
      attempts = attempts + 1, confirm = ?, sent = ?, changed = ?
      WHERE id = ? AND state IN ('planned', 'sending') AND NOT EXISTS (
        SELECT 1 FROM intents AS n WHERE n.device = intents.device AND n.id > intents.id
        AND n.command IN ]] .. SUPPLY .. " AND intents.command IN " .. SUPPLY .. " AND n.state NOT IN " .. DEAD
      .. ") AND NOT " .. OVERTAKEN,
      confirm and 1 or 0, now, now, id)
    if changed == 1 then note(self, id, "sending", "maybe") end
    return changed == 1
  end)
  return started, unknown and unknown.id
end

---@param executed? "no"|"maybe"|"yes" nil: as it was
local function settle(self, id, state, executed, detail)
  self.database:run([[UPDATE intents SET state = ?, executed = coalesce(?, executed), changed = ?, detail = ?
    WHERE id = ?]], state, executed, stamp(self.clock()), detail, id)
  local now = self.database:rows("SELECT executed FROM intents WHERE id = ?", id)[1]
  note(self, id, state, now.executed, detail)
end
Ledger.settle = settle

---The same as one write. `settle` alone is for within another.
function Ledger:record(id, state, executed, detail)
  self.database:transaction(function() settle(self, id, state, executed, detail) end)
end

---With the lock held: what is still `sending` was left by a process that is no more.
---@return integer count
function Ledger:recover()
  local left = self.database:rows("SELECT id FROM intents WHERE state = 'sending'")
  for _, row in ipairs(left) do
    self:record(row.id, "unknown", "maybe", "the process that was sending it ended")
  end
  return #left
end

-- ---------------------------------------------------------------- reading

local conditions = {
  plan = "i.plan = ?", device = "i.device = ?", state = "i.state = ?", id = "i.id = ?",
}

---Intents, oldest first, with their plan's who, reason, settings (text) and created.
---@param filter? { plan: integer?, device: string?, state: string?, id: integer?, last: integer? }
---@return table[]
function Ledger:intents(filter)
  local where, values = {}, {}
  for name, condition in pairs(conditions) do
    if filter and filter[name] ~= nil then
      where[#where + 1], values[#values + 1] = condition, filter[name]
    end
  end
  local sql = "SELECT " .. COLUMNS .. " FROM intents AS i JOIN plans AS p ON p.id = i.plan"
  if #where > 0 then sql = sql .. " WHERE " .. table.concat(where, " AND ") end
  if filter and filter.last then
    sql = ("SELECT * FROM (%s ORDER BY i.id DESC LIMIT %d) ORDER BY id"):format(sql, filter.last)
  else
    sql = sql .. " ORDER BY i.id"
  end
  return self.database:rows(sql, (table.unpack or unpack)(values))
end

---The intents whose effect is not known: unknown ones, and those that were to be confirmed and were not.
---@return table[]
function Ledger:unresolved()
  return self.database:rows("SELECT " .. COLUMNS .. [[ FROM intents AS i JOIN plans AS p ON p.id = i.plan
    WHERE i.state = 'unknown' OR (i.confirm = 1 AND i.state IN ('accepted', 'unconfirmed')) ORDER BY i.id]])
end

---A later intent for the same device that was sent, or may have been.
---@return table|nil
function Ledger:later_sent(intent)
  return self.database:rows("SELECT id FROM intents WHERE device = ? AND id > ? AND executed <> 'no' AND command IN "
    .. SUPPLY .. " LIMIT 1", intent.device, intent.id)[1]
end

---@return table<string, integer>
function Ledger:counts()
  local counts = {}
  for _, row in ipairs(self.database:rows("SELECT state, count(*) AS n FROM intents GROUP BY state")) do
    counts[row.state] = row.n
  end
  return counts
end

---@return table[] { at, state, executed, detail }
function Ledger:transitions(id)
  return self.database:rows("SELECT at, state, executed, detail FROM transitions WHERE intent = ? ORDER BY id", id)
end

return ledger
