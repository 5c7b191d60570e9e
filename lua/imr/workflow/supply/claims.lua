-- Which run may send an intent: the one that claims it, in the same transaction that makes it `sending`. All that the
-- ledger knows against it is asked there, so no two runs send the same, and none sends what has been overtaken.

local approval = require "imr.workflow.supply.approval"
local databases = require "imr.workflow.supply.database"
local order = require "imr.workflow.supply.order"

local claims = {}

local SUPPLY = order.SUPPLY

local function same_kind(intent, name)
  if intent.command == "request_reading" then return name .. ".command = 'request_reading'" end
  return name .. ".command IN " .. SUPPLY
end

local function find(ledger, sql, ...)
  return ledger.database:row(sql .. " LIMIT 1", ...)
end

-- Another plan's command that was sent, or a wish that was settled without one, after this plan was decided on: it was
-- decided on facts that hold no more. To cut supply, a wish to restore it is enough.
local OVERTAKEN = [[SELECT o.id FROM intents AS o JOIN transitions AS t ON t.intent = o.id
  WHERE o.device = ? AND o.plan <> ? AND t.id > ? AND o.command IN ]] .. SUPPLY .. [[
  AND ((t.state = 'sending' AND o.executed <> 'no') OR t.state IN ('left_out', 'cancelled') OR %s)]]

local overtaken = { disconnect = OVERTAKEN:format(order.RESTORES), reconnect = OVERTAKEN:format "1 = 0" }

local function newer(ledger, intent)
  local how = overtaken[intent.command]
  return find(ledger, "SELECT n.id FROM " .. order.PAIRS .. "o.id = ?", intent.id)
    or (how and find(ledger, how, intent.device, intent.plan, intent.seen)) or nil
end

local function unknown_before(ledger, intent)
  return find(ledger, "SELECT id FROM intents WHERE device = ? AND id < ? AND command = ? AND state = 'unknown'",
    intent.device, intent.id, intent.command)
end

-- Two commands for a device must not be on their way at once: the older one might come last.
local function under_way(ledger, intent)
  return find(ledger, "SELECT id FROM intents AS o WHERE o.device = ? AND o.id <> ? AND o.state = 'sending' AND "
    .. same_kind(intent, "o"), intent.device, intent.id)
end

local function held(state, message, ...)
  return { state = state, message = message:format(...) }
end

---What in the ledger stands against sending an intent now, with what becomes of it, or nil. Without a state it has
---become something already, or another run has it.
---@param ledger imr.Ledger
---@param id integer
---@return { state: string|nil, message: string, now: string|nil, detail: string|nil }|nil
function claims.obstacle(ledger, id)
  local intent = ledger.database:row([[SELECT i.id, i.plan, i.device, i.command, i.state, i.cancel, i.detail, p.seen,
    p.approver, p.approved_by
    FROM intents AS i JOIN plans AS p ON p.id = i.plan WHERE i.id = ?]], id)
  if intent.state ~= "planned" then
    local obstacle = held(nil, "it is %s by now", intent.state)
    obstacle.now, obstacle.detail = intent.state, intent.detail
    return obstacle
  end
  if intent.cancel then return held("cancelled", "%s", intent.cancel) end
  if approval.waits(intent) then
    return held("planned", "plan %d waits for the approval of %s", intent.plan, approval.whom(intent.approver))
  end
  local other = unknown_before(ledger, intent)
  if other then return held("planned", "the outcome of intent %d is unknown: resolve it first", other.id) end
  other = newer(ledger, intent)
  if other then return held("superseded", "by intent %d, which is newer or was sent meanwhile", other.id) end
  other = under_way(ledger, intent)
  if other then return held("planned", "intent %d for the device is on its way", other.id) end
end

---The last thing before a command leaves: makes it `sending`, for this run and no other.
---@param ledger imr.Ledger
---@param id integer
---@param run { id: integer }
---@param with { confirm: boolean?, detail: string? } what goes on record with it
---@return { state: string|nil, message: string }|nil obstacle nil: it is claimed
function claims.claim(ledger, id, run, with)
  return databases.transaction(ledger.database, function()
    local obstacle = claims.obstacle(ledger, id)
    if obstacle then return obstacle end
    local changed = ledger.database:execute([[UPDATE intents SET state = 'sending', run = ?, attempts = attempts + 1,
      confirm = ?, sent = ? WHERE id = ? AND state = 'planned']], run.id, with.confirm and 1 or 0, ledger:stamp(), id)
    if changed ~= 1 then return held(nil, "another run has it") end
    ledger:set_state(id, "sending", "maybe", with.detail)
  end)
end

---What became of an intent, as long as that is this run's to say: it waits, or this run has sent it and nobody has
---found out more.
---@param run { id: integer }
---@return string|nil state
function claims.record(ledger, id, run, state, executed, detail)
  return ledger:record(id, state, executed, detail,
    ("(state = 'planned' OR (run = %d AND state IN ('sending', 'unknown', 'accepted')))"):format(run.id))
end

---Calls off what is planned. What is being sent at this moment is not planned again if it does not get away.
---@param what { intent: integer?, plan: integer?, device: string?, all: boolean? }
---@param note string who and why
---@return table[] intents as they are afterwards
function claims.cancel(ledger, what, note)
  local ids = databases.transaction(ledger.database, function()
    local found = databases.list(ledger.database, [[SELECT id, state FROM intents WHERE state IN ('planned', 'sending')
      AND (? = 1 OR id = ? OR plan = ? OR device = ?) ORDER BY id]], what.all and 1 or 0, math.floor(what.intent or 0),
      math.floor(what.plan or 0), what.device or "")
    for _, intent in ipairs(found) do
      ledger.database:execute("UPDATE intents SET cancel = ? WHERE id = ?", note, intent.id)
      if intent.state == "planned" then ledger:set_state(intent.id, "cancelled", "no", note) end
    end
    return found
  end)
  for index, intent in ipairs(ids) do ids[index] = ledger:intents({ id = intent.id })[1] end
  return ids
end

return claims
