-- A second pair of eyes: a plan that one user has made and another one sends. The system's numbers of users tell them
-- apart, whatever they are called.

local databases = require "imr.workflow.supply.database"
local errors = require "imr.errors"
local person = require "imr.workflow.supply.person"

local approval = { ANYBODY = "*" } -- who may approve: anybody else

---Whether a plan on record waits for somebody.
---@param intent table of the ledger, or a plan: approver, approved_by
---@return boolean
function approval.waits(intent)
  return intent.approver ~= nil and intent.approved_by == nil
end

---Who is waited for, in words.
---@param approver string
---@return string
function approval.whom(approver)
  return approver == approval.ANYBODY and "another user" or approver
end

local function refuse(message, ...)
  error(errors.new { kind = "forbidden", retryable = false, executed = "no", message = message:format(...) }, 0)
end

---Raises where whoever is at work may not approve a plan.
---@param ledger imr.Ledger
---@param number integer of the plan
function approval.check(ledger, number)
  local plan = ledger:plan(number)
  if not plan then refuse("there is no plan %d", number) end
  if not plan.approver then refuse("plan %d needs no approval", number) end
  if plan.approved_by then refuse("plan %d has been approved by %s", number, plan.approved_by) end
  if plan.uid == nil or person.may_be(plan.uid) then
    refuse("plan %d was made by the user who is at work here (%s): another one has to approve it", number, plan.who)
  end
  if plan.approver ~= approval.ANYBODY and plan.approver ~= person.login() then
    refuse("plan %d is for %s to approve, not for %s", number, plan.approver, person.name())
  end
end

---Puts the approval on record.
---@param ledger imr.Ledger
---@param number integer of the plan
---@param who string
function approval.give(ledger, number, who)
  databases.transaction(ledger.database, function()
    approval.check(ledger, number)
    ledger.database:execute("UPDATE plans SET approved_by = ?, approved = ? WHERE id = ? AND approved_by IS NULL", who,
      ledger:stamp(), number)
    for _, intent in ipairs(ledger:intents { plan = number, state = "planned" }) do
      ledger:set_state(intent.id, "planned", "no", ("approved by %s"):format(who))
    end
  end)
end

return approval
