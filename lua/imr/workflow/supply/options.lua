-- The options of what a ledger does, checked before anything is read or sent: a guard whose name is mistyped would let
-- everything go.

local check_kinds = require "imr.base.options"
local guard = require "imr.workflow.supply.guard"
local is_callable = require "imr.base.callable"

local options = {}

local known = {
  apply = { confirm = "boolean", confirm_deadline = "number", stop_after = "number", guard = "any",
    guard_timeout = "number", on_progress = "any", interrupted = "any", allow_unmatched = "boolean",
    deadline = "number" },
  pending = { plan = "number", approve = "number", guard = "any", allow_unmatched = "boolean", deadline = "number" },
  resolve = { deadline = "number", on_progress = "any", interrupted = "any" },
  history = { id = "number", device = "string", plan = "number", state = "string", last = "number" },
}

local called = { on_progress = true, interrupted = true }

-- What goes on record or is looked for there: may it have a fraction?
local recorded = { expires = true, id = false, plan = false, approve = false, last = false }

---What is wrong with a number among a workflow's options, or nil.
---@param name string
---@param value number
---@return string|nil
function options.number_problem(name, value)
  if value < 0 or value ~= value then return ("option '%s' must be 0 or more"):format(name) end
  if recorded[name] == nil then return nil end
  if value >= 2 ^ 31 then return ("option '%s' must be less than 2^31"):format(name) end
  return not recorded[name] and value % 1 ~= 0 and ("option '%s' must be a whole number"):format(name) or nil
end

local function value_problem(name, value)
  if name == "guard" then return guard.problem(value) end
  if called[name] and not is_callable(value) then return ("option '%s' cannot be a %s"):format(name, type(value)) end
  return type(value) == "number" and options.number_problem(name, value) or nil
end

---What is wrong with them.
---@param what "apply"|"pending"|"resolve"|"history"
---@param given any nil where there are none
---@return string|nil
function options.problem(what, given)
  if given == nil then return nil end
  local problem = check_kinds(given, known[what])
  if problem then return problem end
  for name, value in pairs(given) do
    problem = value_problem(name, value)
    if problem then return problem end
  end
end

return options
