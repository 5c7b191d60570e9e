-- The guard: the last question before a command leaves. A function, or a shell command that says yes with status 0.
--
-- A guard command gets the device as its last argument and in IMR_DEVICE, always as one quoted word. What it prints
-- goes to stderr. A command that can't be run, or that a signal ended, has said nothing: then nothing is sent either.

local core = require "imr.core"

local guard = {}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

local function failed(message)
  return core.error { kind = "guard", message = "the guard failed: " .. message, retryable = false, executed = "no" }
end

local CANNOT_RUN, SIGNALLED = 126, 128 -- what a shell says of a command it can't run, or that a signal ended

local LINE = "export IMR_DEVICE=%s IMR_COMMAND=%s IMR_METER=%s\n( %s %s\n) </dev/null >&2\necho $?"

-- The status of a shell command, nil when nobody told. os.execute would do but for Ctrl-C, which it keeps from us.
local function status_of(line)
  core.keep_standard_descriptors()
  local pipe = io.popen(line)
  if not pipe then return nil end
  local text = pipe:read("*a")
  pipe:close()
  return tonumber(text)
end

local function run(command, device, entry)
  local status = status_of(LINE:format(quote(device), quote(entry.command), quote(entry.meter_no or ""), command,
    quote(device)))
  if not status then return nil, failed(command .. " was ended") end
  if status == CANNOT_RUN or status == CANNOT_RUN + 1 then return nil, failed(command .. " cannot be run") end
  if status > SIGNALLED then return nil, failed(("signal %d ended %s"):format(status - SIGNALLED, command)) end
  return status == 0
end

---What a guard says.
---@param asked nil|string|fun(device: string, entry: table): boolean
---@param entry table of a plan
---@return boolean|nil goes
---@return table|nil err the guard itself failed
function guard.ask(asked, entry)
  if not asked then return true end
  if type(asked) == "string" then return run(asked, entry.device, entry) end
  local fine, answer = pcall(asked, entry.device, entry)
  if not fine then return nil, failed(tostring(answer)) end
  return answer and true or false
end

return guard
