-- Who is at work on a ledger: each run of the queue is on record with its process, so that another one can tell what a
-- dead process has left from what a living one is about to send, whatever became of the lock file.

local core = require "imr.core"
local databases = require "imr.workflow.supply.database"
local system = require "imr.os"

local runs = {}

-- This Lua state's own, and those of its runs that are at work: a process may have more than one of either.
local state = ("%s %.9f "):format(tostring({}), core.now())
local count, at_work = 0, {}

---Puts a run on record.
---@param ledger imr.Ledger
---@param who string
---@param urgent? boolean it has supply to restore, for which whoever cuts gives way
---@return { id: integer, mark: string, urgent: boolean }
function runs.begin(ledger, who, urgent)
  count = count + 1
  local process, mark = core.process_id(), state .. count
  local id = databases.transaction(ledger.database, function()
    local id = databases.insert(ledger.database,
      "INSERT INTO runs (place, process, began, mark, who, started, urgent) VALUES (?, ?, ?, ?, ?, ?, ?)",
      system.process_place(), process, system.process_began(process) or "", mark, who, ledger:stamp(),
      urgent and 1 or 0)
    databases.mark_run(ledger.database, id, true)
    return id
  end)
  at_work[mark] = true
  return { id = id, mark = mark, urgent = urgent or false }
end

---Nobody needs to give way to this run any more.
function runs.calm(ledger, run)
  run.urgent = false
  ledger.database:execute("UPDATE runs SET urgent = 0 WHERE id = ?", run.id)
end

---Ends a run. What the ledger cannot be told any more the others find out by themselves.
function runs.finish(ledger, run)
  at_work[run.mark] = nil
  pcall(function()
    ledger.database:execute("UPDATE runs SET ended = ? WHERE id = ?", ledger:stamp(), run.id)
    databases.mark_run(ledger.database, run.id, false)
  end)
end

---Is a run still at work?
---@param ledger imr.Ledger
---@param row table|nil of the table runs
---@return boolean|nil lives nil: nobody here can tell, it is one of another host or container, or of version 1
function runs.lives(ledger, row)
  if not row or not row.place then return nil end
  if row.ended then return false end
  local works = databases.run_works(ledger.database, row.id)
  if works ~= nil then return works end
  if row.place ~= system.process_place() then return nil end
  local began = system.process_began(row.process)
  if not began or began == "" then return began and nil end
  if began ~= row.began then return false end
  local same_state = row.process == core.process_id() and row.mark:sub(1, #state) == state
  return not same_state or at_work[row.mark] == true
end

---Runs that are on record as not ended and are at work for all one knows here.
---@return table[]
function runs.living(ledger)
  local living = {}
  for _, row in ipairs(databases.list(ledger.database, "SELECT * FROM runs WHERE ended IS NULL")) do
    if runs.lives(ledger, row) then living[#living + 1] = row end
  end
  return living
end

---Another run that has supply to restore and is at work for all one knows here.
---@param run { id: integer } that asks
---@param passed table<integer, true> those that have not come when it was their turn
---@return table|nil
function runs.urgent(ledger, run, passed)
  for _, row in ipairs(databases.list(ledger.database, "SELECT * FROM runs WHERE ended IS NULL AND urgent = 1")) do
    if row.id ~= run.id and not passed[row.id] and runs.lives(ledger, row) ~= false then return row end
  end
end

---Marks runs as ended whose process is no more.
function runs.bury(ledger)
  for _, row in ipairs(databases.list(ledger.database, "SELECT * FROM runs WHERE ended IS NULL")) do
    if runs.lives(ledger, row) == false then
      ledger.database:execute("UPDATE runs SET ended = ? WHERE id = ? AND ended IS NULL", ledger:stamp(), row.id)
    end
  end
end

return runs
