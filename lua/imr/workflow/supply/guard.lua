-- The guard: the last question of somebody's own before a command leaves. A function, or a shell command that says yes
-- with status 0.
--
-- A guard command gets the device as its last argument and in IMR_DEVICE, always as one quoted word. What it prints
-- goes to stderr when it has ended, and the first line of it on record, as a function's second result does. One that
-- can't be run, or that a signal ended, has said nothing: then nothing is sent either. One that takes too long has said
-- no; it is ended with all that it has started. Nobody can end a function.

local core = require "imr.core"
local errors = require "imr.errors"
local system = require "imr.os"
local text_problem = require("imr.base.text").problem

local guard = { TIMEOUT = 30 } -- seconds

local SHORTEST, LONGEST = 0.001, 0.05 -- seconds between two looks at a command

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function failed(message)
  return errors.new { kind = "guard", message = "the guard failed: " .. message, retryable = false, executed = "no" }
end

local CANNOT_RUN, SIGNALLED, OVER = 126, 128, 192 -- what a shell says: can't run it, a signal ended it; and above those

local LINE = "export IMR_DEVICE=%s IMR_COMMAND=%s IMR_METER=%s\nexec >%s 2>&1\n( %s %s\n)"

local MOST_RELAYED, MOST_RECORDED = 65536, 200 -- bytes of what it says

-- One line of it, as any database takes it.
local function spoken(text)
  local line = type(text) == "string" and text:match "%S[^\r\n]*"
  return line and core.cut(core.clean(core.as_utf8(line)), MOST_RECORDED)
end

local function refusal(reason)
  return reason and "the guard said no: " .. reason or "the guard said no"
end

-- Blocks, in short naps: the clock of a guard is the real one, whatever clock the queue has.
local function await(child, timeout, interrupted)
  local ends, pause, status = core.now() + timeout, SHORTEST, child:status()
  while not status do
    if interrupted and interrupted() then return nil, "interrupted" end
    if core.now() >= ends then return nil, ("the guard said nothing within %g s"):format(timeout) end
    core.sleep(math.min(pause, math.max(0, ends - core.now())))
    pause, status = math.min(pause * 2, LONGEST), child:status()
  end
  return status
end

-- What it has printed goes on to stderr.
local function take_output(path)
  local file = io.open(path, "rb")
  local text = file and file:read(MOST_RELAYED) or ""
  if file then file:close() end
  os.remove(path)
  if text ~= "" then io.stderr:write(text, text:find "\n$" and "" or "\n") end
  return spoken(text)
end

-- Its status, or nil and what happened instead; and what it said.
local function listen(line, limits, path)
  local child, problem = system.child(line)
  if not child then return nil, failed(problem) end
  local fine, status, why = pcall(await, child, limits.timeout or guard.TIMEOUT, limits.interrupted)
  child:stop()
  local said = take_output(path)
  if not fine then error(status, 0) end
  return status, why, said
end

local function run(command, entry, limits)
  core.keep_standard_descriptors()
  local path = os.tmpname()
  local status, why, said = listen(LINE:format(quote(entry.device), quote(entry.command), quote(entry.meter_no or ""),
    quote(path), command, quote(entry.device)), limits, path)
  os.remove(path)
  if errors.is(why) then return nil, why end
  if not status then return false, why, true end
  if status == CANNOT_RUN or status == CANNOT_RUN + 1 then return nil, failed(command .. " cannot be run") end
  if status > OVER then return nil, failed(("%s ended with status %d"):format(command, status)) end
  if status > SIGNALLED then return nil, failed(("signal %d ended %s"):format(status - SIGNALLED, command)) end
  if status == 0 then return true, said end
  return false, refusal(said)
end

---What is wrong with a guard, or nil.
---@param asked any
---@return string|nil
function guard.problem(asked)
  local kind = type(asked)
  if asked == nil or kind == "function" or kind == "table" then return nil end
  if kind ~= "string" then return ("option 'guard' cannot be a %s"):format(kind) end
  if not asked:find("%S") then return "option 'guard' is empty" end
  local problem = text_problem(asked)
  return problem and "option 'guard' " .. problem
end

---What a guard says.
---@param asked nil|string|fun(device: string, entry: table): boolean, string|nil
---@param entry table of a plan
---@param limits? { timeout: number?, interrupted: (fun(): boolean)? } of a command: seconds, and what ends it at once
---@return boolean|nil goes
---@return table|string|nil why nil: the guard itself failed, and this is an error; else its reason, for the record
---@return boolean|nil silent with false: it has said nothing
function guard.ask(asked, entry, limits)
  if not asked then return true end
  if type(asked) == "string" then return run(asked, entry, limits or {}) end
  local fine, answer, reason = pcall(asked, entry.device, entry)
  if not fine then return nil, failed(tostring(answer)) end
  if answer ~= nil and type(answer) ~= "boolean" then
    return nil, failed(("it has to return true or false, not a %s"):format(type(answer)))
  end
  reason = spoken(reason)
  if answer then return true, reason end
  return false, refusal(reason)
end

return guard
