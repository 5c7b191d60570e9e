--- Rows of the supply ledger. A time is on record in UTC: a table shows it on the platform's clock with its zone, JSON
--- has both, the one that is shown under the name with _local.

local columns = require("imr.cli.output.columns").typed
local copy = require "imr.base.copy"
local output = require "imr.cli.output"
local times = require "imr.workflow.supply.times"

local rows = {}

---@class imr.cli.SupplyView
---@field columns string "name:type …", with the type "moment" for what is on record as a time

---@type table<string, string>
local VIEWS = {
  intent = "id:int device:str meter_no:str command:str state:str executed:enum sent:moment detail:str",
  history = "id:int sent:moment device:str meter_no:str user_code:str user_name:str house_number:str command:str "
    .. "state:str executed:enum who:str reason:str detail:str",
  transition = "at:moment state:str executed:enum detail:str",
  plan = "device:str meter_no:str user_code:str user_name:str house_number:str address:str command:str "
    .. "state_before:str online:enum send:enum why:str",
  status = "state:str count:int since:moment until:moment",
  steps = "intent:int device:str meter_no:str user_name:str command:str at:moment state:str executed:enum detail:str",
  all = "id:int plan:int created:moment expires:moment device:str meter_no:str user_code:str user_name:str "
    .. "house_number:str address:str command:str state_before:str state:str executed:enum attempts:int sent:moment "
    .. "changed:moment who:str reason:str approver:str approved_by:str approved:moment detail:str",
}

local MORE = { history = "all" } -- what --fields may choose from

local is_json = { json = true, jsonl = true }

local function columns_of(view, format)
  local text = VIEWS[view]:gsub("(%S+):moment", is_json[format] and "%1:str %1_local:str" or "%1:str")
  return columns(text)
end

local function shown(view, format, list, utc_offset)
  local made = {}
  for index, row in ipairs(list) do
    local one = copy(row)
    for name in VIEWS[MORE[view] or view]:gmatch "(%S+):moment" do
      one[is_json[format] and name .. "_local" or name] = times.shown(row[name], utc_offset)
    end
    made[index] = one
  end
  return made
end

---An output for rows of one kind, with `rows`, which makes of what is on record what is shown.
---@param arguments table of the command line
---@param view "intent"|"history"|"transition"|"plan"|"status"|"all"|"steps"
---@param utc_offset integer
---@return imr.cli.Output out
---@return fun(list: table[]): table[] show
function rows.open(arguments, view, utc_offset)
  local format = output.format(arguments)
  local out = output.open(arguments, { columns = columns_of(view, format), utc_offset = utc_offset,
    all = MORE[view] and columns_of(MORE[view], format) })
  return out, function(list) return shown(view, format, list, utc_offset) end
end

---Writes them.
---@param arguments table of the command line
---@param view "intent"|"history"|"transition"|"plan"|"status"|"all"|"steps"
---@param list table[]
---@param utc_offset integer
function rows.write(arguments, view, list, utc_offset)
  local out, show = rows.open(arguments, view, utc_offset)
  out:write(show(list))
  out:finish(true)
end

---@param plan imr.SupplyPlan
---@return table[]
function rows.of_plan(plan)
  local list = {}
  for _, entry in ipairs(plan.entries) do list[#list + 1] = copy(entry, { send = not entry.why }) end
  for _, left in ipairs(plan.left_out) do list[#list + 1] = copy(left, { send = false }) end
  return list
end

---Intents by state, and of those that are planned since when and until when.
---@param status table of supply.status
---@return table[]
function rows.of_status(status)
  local list = {}
  for state, count in pairs(status.counts) do list[#list + 1] = { state = state, count = count } end
  table.sort(list, function(a, b) return a.state < b.state end)
  for _, row in ipairs(list) do
    for _, intent in ipairs(row.state == "planned" and status.planned or {}) do
      if not row.since or intent.created < row.since then row.since = intent.created end
      if not row["until"] or intent.expires > row["until"] then row["until"] = intent.expires end
    end
  end
  return list
end

return rows
