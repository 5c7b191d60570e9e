-- The ledger: what was to be done to whose supply, by whom and why, and what became of it.
--
-- Every intent is on the disk before anything is sent, and `sending` is on the disk before the first byte of a command
-- leaves: whoever finds a command executed finds it here as sent. What comes before what is said by numbers that the
-- ledger gives, never by a clock: ids of intents for wishes, ids of transitions for what happened to them.
--
--   planned -> sending -> accepted -> confirmed | contradicted | unconfirmed
--                      -> unknown     it may have been executed; resolve() reads the meter and never sends
--                      -> refused     by the platform, certainly not executed
--                      -> planned     certainly not executed, and may be tried again
--   planned -> skipped (the guard said no) | superseded (a newer wish for the device) | expired | protected | cancelled
--   left_out                           a wish on record that there was nothing to send for
--   unknown -> overtaken               a later command was sent to the device: its own effect cannot be told any more

local core = require "imr.core"
local errors = require "imr.errors"
local databases = require "imr.workflow.supply.database"
local order = require "imr.workflow.supply.order"
local person = require "imr.workflow.supply.person"
local runs = require "imr.workflow.supply.runs"
local schema = require "imr.workflow.supply.schema"
local times = require "imr.workflow.supply.times"
local unpack = require "imr.base.unpack"
local with_tables = require("imr.database.handle").with_tables

local list = databases.list

local SUPPLY = order.SUPPLY

local COLUMNS = [[i.id, i.plan, i.device, i.meter_no, i.command, i.state_before, i.expires, i.confirm, i.state,
  i.executed, i.attempts, i.sent, i.changed, i.detail, i.user_code, i.user_name, i.house_number, i.address,
  p.who, p.reason, p.settings, p.created, p.uid, p.approver, p.approved_by, p.approved]]

---@class imr.Ledger
local Ledger = {}
Ledger.__index = Ledger

local ledger = {}

---@param where string a file, or an address of PostgreSQL
---@param clock fun(): number Unix seconds
---@param existing? boolean an error where there is none
---@return imr.Ledger
function ledger.open(where, clock, existing)
  local db = with_tables(databases.open(where, existing), schema.migrate)
  return setmetatable({ path = db.shown, clock = clock, database = db }, Ledger)
end

local function stamp(seconds)
  return (core.format_time(seconds, 0):gsub(" ", "T")) .. "Z"
end

---The time as the ledger writes it.
---@return string
function Ledger:stamp() return stamp(self.clock()) end

---Unix seconds of a time in the ledger, or nil.
---@type fun(text: string|nil): integer|nil
Ledger.seconds = times.seconds

---Takes the queue of this ledger. The lock ends with its owner, even a killed one.
---@return true|nil
---@return table|nil err kind "locked"
function Ledger:lock()
  local lock, message
  if not self.held then lock, message = databases.lock(self.database) end
  if lock then
    self.held = lock
    return true
  end
  local kind = message and "ledger" or "locked"
  return nil, errors.new { kind = kind, retryable = kind == "locked", executed = "no",
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
  self.database:execute("INSERT INTO transitions (intent, at, state, executed, detail) VALUES (?, ?, ?, ?, ?)",
    id, self:stamp(), state, executed, detail)
end

---Writes what became of an intent, within another write. One that was cancelled meanwhile is not planned again.
---@param executed? "no"|"maybe"|"yes" nil: as it was
function Ledger:set_state(id, state, executed, detail)
  local cancel = state == "planned" and self.database:row("SELECT cancel FROM intents WHERE id = ?", id).cancel
  if cancel then state, detail = "cancelled", cancel end
  self.database:execute([[UPDATE intents SET state = ?, executed = coalesce(?, executed), changed = ?, detail = ?
    WHERE id = ?]], state, executed, self:stamp(), detail, id)
  local now = self.database:row("SELECT executed FROM intents WHERE id = ?", id)
  note(self, id, state, now.executed, detail)
  return state
end

---The same as one write, as long as the intent is in one of these states, or else in any.
---@param from? string SQL
---@return string|nil state nil: it was not in one of them
function Ledger:record(id, state, executed, detail, from)
  return databases.transaction(self.database, function()
    local fits = self.database:row("SELECT 1 FROM intents WHERE id = ? AND " .. (from or "1 = 1"), id)
    return fits and self:set_state(id, state, executed, detail) or nil
  end)
end

-- The newest word counts: what waits for the same device gives way, be it the same command or the opposite.
local function supersede(self, plan, id)
  for _, older in ipairs(list(self.database,
    "SELECT o.id FROM " .. order.PAIRS .. "o.state = 'planned' AND n.id = ?", id)) do
    self:set_state(older.id, "superseded", "no", ("by intent %d of %s%s"):format(id, plan.who,
      plan.reason ~= "" and ": " .. plan.reason or ""))
    table.insert(plan.superseded, self:intents({ id = older.id })[1])
  end
end

local function add_intent(self, plan, entry, state, detail)
  local id = databases.insert(self.database, [[INSERT INTO intents (plan, device, meter_no, command, state_before,
    expires, state, executed, changed, detail, user_code, user_name, house_number, address)
    VALUES (?, ?, ?, ?, ?, ?, ?, 'no', ?, ?, ?, ?, ?, ?)]], plan.id, entry.device, entry.meter_no, entry.command,
    entry.state_before, stamp(plan.expires), state, self:stamp(), detail, entry.user_code, entry.user_name,
    entry.house_number, entry.address)
  note(self, id, state, "no", detail)
  supersede(self, plan, id)
  return id
end

-- A device that neither the platform nor this ledger knows is a mistyped one.
local function is_wish(self, left)
  return left.kind ~= "unlisted" or self:intents({ device = left.device, last = 1 })[1] ~= nil
end

---Writes a plan's intents, all or none. A wish that there is nothing to send for is a wish, too: what was planned for
---its device before is not sent any more.
---@param plan table who, reason, settings (text), made, expires, seen, entries, left_out; `id`, each entry's `id` and
---`superseded`, the intents that give way, are filled in
function Ledger:add(plan)
  local ids = databases.transaction(self.database, function()
    local id = databases.insert(self.database,
      "INSERT INTO plans (created, who, reason, settings, seen, uid, approver) VALUES (?, ?, ?, ?, ?, ?, ?)",
      stamp(plan.made), plan.who, plan.reason, plan.settings, plan.seen, person.number(), plan.approver)
    local written = { id = id, expires = plan.expires, who = plan.who, reason = plan.reason, superseded = {} }
    for index, entry in ipairs(plan.entries) do written[index] = add_intent(self, written, entry, "planned") end
    for _, left in ipairs(plan.left_out) do
      if is_wish(self, left) then add_intent(self, written, left, "left_out", left.why) end
    end
    return written
  end)
  plan.id, plan.superseded = ids.id, ids.superseded
  for index, entry in ipairs(plan.entries) do entry.id = ids[index] end
end

local ENDED = "the process that was sending it ended"

local LEFT_BEHIND = [[SELECT i.id AS intent, r.* FROM intents AS i LEFT JOIN runs AS r ON r.id = i.run
  WHERE i.state = 'sending']]

---With the lock held: what a process that is no more was sending is of unknown outcome. What a living run is sending is
---left to it, whatever became of its lock.
---@return table[] intents that became unknown
function Ledger:recover()
  local recovered = {}
  for _, row in ipairs(list(self.database, LEFT_BEHIND)) do
    local same_run = row.id and ("run = %d"):format(row.id) or "run IS NULL"
    if not runs.lives(self, row) and self:record(row.intent, "unknown", "maybe", ENDED,
      "state = 'sending' AND " .. same_run) then
      recovered[#recovered + 1] = self:intents({ id = row.intent })[1]
    end
  end
  runs.bury(self)
  return recovered
end

-- ---------------------------------------------------------------- reading

local conditions = {
  plan = "i.plan = ?", device = "i.device = ?", state = "i.state = ?", id = "i.id = ?",
}

-- PostgreSQL takes no 3.0 for the number 3.
local function whole(value) return type(value) == "number" and math.floor(value) or value end

---Intents, oldest first, with their plan's who, reason, settings (text) and created.
---@param filter? { plan: integer?, device: string?, state: string?, id: integer?, last: integer? }
---@return table[]
function Ledger:intents(filter)
  local where, values = {}, {}
  for name, condition in pairs(conditions) do
    if filter and filter[name] ~= nil then
      where[#where + 1], values[#values + 1] = condition, whole(filter[name])
    end
  end
  local sql = "SELECT " .. COLUMNS .. " FROM intents AS i JOIN plans AS p ON p.id = i.plan"
  if #where > 0 then sql = sql .. " WHERE " .. table.concat(where, " AND ") end
  if filter and filter.last then
    sql = ("SELECT * FROM (%s ORDER BY i.id DESC LIMIT %d) AS newest ORDER BY id"):format(sql, filter.last)
  else
    sql = sql .. " ORDER BY i.id"
  end
  return list(self.database, sql, unpack(values))
end

---The intents whose effect is not known: unknown ones, and those that were to be confirmed and were not.
---@return table[]
function Ledger:unresolved()
  return list(self.database, "SELECT " .. COLUMNS .. [[ FROM intents AS i JOIN plans AS p ON p.id = i.plan
    WHERE i.state = 'unknown' OR (i.confirm = 1 AND i.state IN ('accepted', 'unconfirmed')) ORDER BY i.id]])
end

---By device, the last command that has left, where the meter may still obey it: nobody has seen its effect.
---@return table<string, { id: integer, command: string }>
function Ledger:unseen()
  local found = {}
  for _, row in ipairs(list(self.database, [[SELECT i.id, i.device, i.command FROM intents AS i
    WHERE i.state IN ('unknown', 'sending', 'accepted', 'unconfirmed') AND i.executed <> 'no'
      AND i.command IN ('disconnect', 'reconnect')
      AND NOT EXISTS (SELECT 1 FROM intents AS n WHERE n.device = i.device AND n.id > i.id AND n.executed <> 'no'
        AND n.command IN ('disconnect', 'reconnect'))]])) do
    found[row.device] = row
  end
  return found
end

---The intents of unknown outcome, and those that a process was sending which is no more: nobody has said so of these
---yet. Writes nothing.
---@param free boolean nobody is at the queue: then the processes of other hosts are no more, either
---@return table[]
function Ledger:unknown(free)
  local found = self:intents { state = "unknown" }
  for _, row in ipairs(list(self.database, LEFT_BEHIND)) do
    local lives = runs.lives(self, row)
    if lives == false or (free and lives == nil) then
      local intent = self:intents({ id = row.intent })[1]
      if intent.state == "sending" then intent.detail = ENDED end
      found[#found + 1] = intent
    end
  end
  return found
end

---@param id integer
---@return table|nil plan { id, created, who, uid, reason, approver, approved_by, approved }
function Ledger:plan(id)
  return self.database:row(
    "SELECT id, created, who, uid, reason, approver, approved_by, approved FROM plans WHERE id = ?", id)
end

---The run that has claimed an intent.
---@return table|nil
function Ledger:run_of(intent)
  return self.database:row("SELECT r.* FROM runs AS r JOIN intents AS i ON i.run = r.id WHERE i.id = ?", intent.id)
end

---A later intent for the same device that was sent, or may have been.
---@return table|nil
function Ledger:later_sent(intent)
  return self.database:row("SELECT id FROM intents WHERE device = ? AND id > ? AND executed <> 'no' AND command IN "
    .. SUPPLY .. " LIMIT 1", intent.device, intent.id)
end

---The number of the newest transition: what comes later was not known before.
---@return integer
function Ledger:seen()
  return self.database:row("SELECT coalesce(max(id), 0) AS seen FROM transitions").seen
end

---The latest time among the newest entries, Unix seconds; nil in an empty ledger.
---@return integer|nil
function Ledger:latest_time()
  local row = self.database:row(
    "SELECT max(at) AS at FROM (SELECT at FROM transitions ORDER BY id DESC LIMIT 1000) AS newest")
  return self.seconds(row.at)
end

---@return table<string, integer>
function Ledger:counts()
  local counts = {}
  for _, row in ipairs(list(self.database, "SELECT state, count(*) AS n FROM intents GROUP BY state")) do
    counts[row.state] = row.n
  end
  return counts
end

---@return table[] { at, state, executed, detail }
function Ledger:transitions(id)
  return list(self.database, "SELECT at, state, executed, detail FROM transitions WHERE intent = ? ORDER BY id", id)
end

return ledger
