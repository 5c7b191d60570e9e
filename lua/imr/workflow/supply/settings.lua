-- What keeps a plan safe while it waits in the ledger, as a text and back: its guard, quiet hours and their
-- clock, protected devices.
--
-- Writer and reader are one module. A text that does not read back as what was written keeps nobody safe: then nothing
-- of the plan is sent.

local client_options = require "imr.client.options"
local errors = require "imr.errors"
local hours = require "imr.workflow.supply.hours"
local json = require "imr.base.json"
local protection = require "imr.workflow.supply.protection"
local text_problem = require("imr.base.text").problem

local settings = {}

local function is_text(value)
  return type(value) == "string" and value:find("%S") ~= nil and not text_problem(value)
end

local function is_list(value)
  if type(value) ~= "table" or #value == 0 then return false end
  for key, item in pairs(value) do
    if type(key) ~= "number" or not is_text(item) then return false end
  end
  return true
end

local function is_true(value) return value == true end

-- `needs_…`: there was a function, which cannot be written down and has to be given again.
local known = {
  guard = is_text, needs_guard = is_true, needs_protected = is_true, protected = is_list,
  quiet_hours = function(value) return is_text(value) and hours.parse(value) ~= nil end,
  utc_offset = function(value) return type(value) == "number" and not client_options.problem("utc_offset", value) end,
}

local function problem_of(values)
  for name, value in pairs(values) do
    if not known[name] then return ("it has '%s', which this version does not know"):format(tostring(name)) end
    if not known[name](value) then return ("its '%s' makes no sense"):format(name) end
  end
end

local function unsafe(message)
  return errors.new { kind = "unsafe", message = message, retryable = false, executed = "no" }
end

---@param given { guard: any, quiet_hours: string?, utc_offset: integer?, protected: any } of a plan
---@return string|nil text
---@return imr.Error|nil err kind "unsafe"
function settings.write(given)
  local protected = protection.names(given.protected)
  local values = {
    guard = type(given.guard) == "string" and given.guard or nil,
    needs_guard = (given.guard ~= nil and type(given.guard) ~= "string") or nil,
    needs_protected = type(given.protected) == "function" or nil,
    quiet_hours = given.quiet_hours, utc_offset = given.quiet_hours and given.utc_offset,
    protected = #protected > 0 and protected or nil,
  }
  local problem = problem_of(values)
  if problem then return nil, unsafe("the plan cannot be put on record: " .. problem) end
  return json.encode(values)
end

local function parse(text)
  if type(text) ~= "string" then return nil, "there is none" end
  local values, problem = json.decode(text)
  if problem then return nil, problem end
  if type(values) ~= "table" or not text:find("^%s*{") then return nil, "it is no JSON object" end
  problem = problem_of(values)
  return not problem and values or nil, problem
end

---@param text string
---@param plan integer its id, for the message
---@return table|nil settings
---@return imr.Error|nil err kind "unsafe": nothing of that plan may be sent
function settings.read(text, plan)
  local values, problem = parse(text)
  if values then return values end
  return nil, settings.unreadable(plan, "guard, quiet hours and protection", problem)
end

---@param plan integer
---@param what string of it cannot be read
---@param problem string
---@return imr.Error
function settings.unreadable(plan, what, problem)
  return unsafe(("plan %d: its %s cannot be read (%s), so nothing is sent; cancel what is planned of it, or plan it "
    .. "anew"):format(plan, what, problem))
end

return settings
