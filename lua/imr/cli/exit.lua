--- How a command ends: exit codes, and errors on stderr.
---
--- A command raises what goes wrong: an error object of the client, or one made here. cli.main reports it and turns it
--- into the exit code:
---
---   local client = connect.client(arguments)       raises by itself
---   local outcome, err = client:disconnect(id)
---   if not outcome then error(err, 0) end
---   exit.usage("'%s' is no date", text)            raises: exit code 2

local language = require "imr.language"
local terminal = require "imr.cli.output.terminal"

local exit = {}

---@class imr.cli.ExitCode
---@field [1] integer
---@field [2] string

---@type imr.cli.ExitCode[]
exit.codes = {
  { 0, "done (also when whoever reads our output has had enough)" },
  { 1, "the platform failed, or something on this machine (file, store, guard), or a plan of more than --max" },
  { 2, "wrong use: a flag, a date, the configuration, what is protected; or no --yes where no terminal is" },
  { 3, "credentials: none, wrong ones, or no right to this endpoint; or a plan that is not yours to approve" },
  { 4, "throttled, unreachable, out of time, or another run is at work: try again later" },
  { 5, "the listing, or the period of a database, is not known to be complete; a meter that was asked for is not in it;"
    .. " a usage is not measured, a line of a bill is held; or a command is not sent or confirmed" },
  { 6, "nobody knows whether a command was executed: look at the meter before you send it again" },
  { 7, "the guard, quiet hours or protection of a plan on record cannot be read: nothing was sent" },
  { 130, "interrupted by Ctrl-C (128 + the number of another signal)" },
}

local INTERRUPT = 2 -- SIGINT

local by_kind = {
  closed_pipe = 0, usage = 2, auth = 3, credentials = 3, forbidden = 3, throttled = 4, network = 4, timeout = 4,
  unavailable = 4, locked = 4, busy = 4, incomplete = 5, unknown_meter = 5, unknown_outcome = 6, duplicate = 6,
  protection = 2, unsafe = 7,
}

-- Statuses of a gateway that has nothing behind it, or too much in front of it.
local unreachable = { [429] = true, [502] = true, [503] = true, [504] = true }

local advice = {
  auth = "`imr login` asks for the password anew; nothing is repeated by itself, because accounts get locked",
  forbidden = "ask the platform's operator for the right, or take the account that has it",
  throttled = "something else uses this account: try later, or let both share one store (--store)",
  network = "`imr doctor` looks for the cause",
  timeout = "`imr doctor` looks for the cause; --deadline and --timeout give it more time",
  protocol = "is the base URL right? `imr doctor` shows what it speaks",
  duplicate = "look at the meter (`imr latest --meter NUMBER`) before you send it again",
  clock = "set it (`timedatectl` shows whether it is kept in step); --trust-clock goes on where it is right",
  unknown_meter = "`imr export --table meters` shows those that it knows",
  protection = "mend the list (--protected, IMR_PROTECTED), or go on with --allow-unmatched",
  unsafe = "`imr supply history` shows the plan's intents; `imr supply cancel` takes them back",
  unknown_outcome = "look at the meter (`imr latest --meter NUMBER`) before you send it again",
}

---The exit code of an error.
---@param err table|string
---@return integer
function exit.status_of(err)
  if type(err) ~= "table" then
    return tostring(err):find("interrupted!", 1, true) and 128 + INTERRUPT or 1
  end
  if err.kind == "interrupted" then return 128 + (err.signal or INTERRUPT) end
  if err.kind == "http" and unreachable[err.http_status] then return 4 end
  return by_kind[err.kind] or 1
end

local function raise(kind, message, ...)
  error({ kind = kind, message = language.text(message, ...) }, 0)
end

---Raises: the command was used in a wrong way.
---@param message string a format
function exit.usage(message, ...)
  raise("usage", message, ...)
end

---Raises: a password was given where other users can read it.
---@param instead string where it belongs
function exit.password_in_arguments(instead)
  exit.usage("a password has no place in the arguments: others can read them; set %s", instead)
end

---Raises an error of a kind of the client's, or of this machine.
---@param kind string
---@param message string a format
exit.fail = raise

-- A check of the library raises at the line of its caller. That is pcall here, which has no line: so a text without a
-- place is about what the user typed, and one with a place is a mistake of ours.
local function results_of(fine, ...)
  if fine then return ... end
  local problem = ...
  if type(problem) == "string" and not problem:find("^[^:\n]+:%d+: ") then raise("usage", "%s", problem) end
  error(problem, 0)
end

---Calls a function of the library with what the user typed: its complaint is wrong use of the command.
---@param fn fun(...): ...
---@return any ... what it returns
function exit.wrong_use(fn, ...)
  return results_of(pcall(fn, ...))
end

local FIELDS = { "kind", "code", "message", "endpoint", "http_status", "retryable", "executed", "retry_after" }

local function as_json(err, status)
  local object = { exit_status = status }
  for _, name in ipairs(FIELDS) do object[name] = err[name] end
  return require("imr.base.json").encode(object)
end

-- An error of the library's: its own words, and in Chinese what they mean. It may quote the platform.
local function library_text(err)
  local text, message = tostring(err), tostring(err.message)
  local chinese = language.again(message)
  local first, last = text:find(message, 1, true)
  if first and chinese ~= message then
    return terminal.safe(text:sub(1, first - 1) .. chinese .. text:sub(last + 1))
  end
  local meaning = language.meaning(err)
  return terminal.safe(text) .. (meaning and "\nimr: " .. meaning or "")
end

local function as_text(err)
  local text = getmetatable(err) and library_text(err) or err.message -- ours have lines of their own
  local hint = err.advice or advice[err.kind] and language.text(advice[err.kind])
  return ("imr: %s%s"):format(text, hint and "\nimr: " .. hint or "")
end

-- A mistake of ours, with its traceback; Ctrl-C where nothing was caught yet is none.
local function plain(err)
  if exit.status_of(err) ~= 1 then return { kind = "interrupted", message = "interrupted" } end
  return { kind = "internal", message = tostring(err) }
end

---Says on stderr what went wrong.
---@param err table|string
---@param json? boolean as one JSON object
---@return integer exit status
function exit.report(err, json)
  if type(err) ~= "table" then err = plain(err) end
  local status = exit.status_of(err)
  local messages = package.loaded["imr.cli.output.messages"]
  if messages then messages.clear() end
  if err.kind == "closed_pipe" then return status end
  if json then
    io.stderr:write(as_json(err, status), "\n")
  elseif err.kind ~= "interrupted" then
    io.stderr:write(as_text(err), "\n")
  end
  return status
end

return exit
