-- Who is at work, as the system says it. The environment may say anything: what sudo left there is no more than a note,
-- and counts against whoever would approve a plan of their own.

local system = require "imr.os"
local text_problem = require("imr.base.text").problem

local person = {}

local ROOT = 0

---@return string name for the record
function person.name()
  local name, number = system.user_name()
  if not name or text_problem(name) then name = ("uid %d"):format(number) end
  local behind = os.getenv "SUDO_USER" or ""
  if number ~= ROOT or not behind:find "^[%w_][%w_.-]*$" or not system.is_user(behind) then return name end
  return ("%s (sudo: %s)"):format(name, behind)
end

---The login name alone.
---@return string|nil
function person.login()
  return (system.user_name())
end

-- The user behind sudo, or nil.
local function behind_sudo(number)
  local text = os.getenv "SUDO_UID" or ""
  return number == ROOT and text:find "^%d+$" and #text < 10 and tonumber(text) or nil
end

---The number of whoever makes a plan.
---@return integer
function person.number()
  local _, number = system.user_name()
  return behind_sudo(number) or number
end

---May it be the one of this number who is at work?
---@param number integer
---@return boolean
function person.may_be(number)
  local _, own = system.user_name()
  return number == own or number == behind_sudo(own)
end

return person
