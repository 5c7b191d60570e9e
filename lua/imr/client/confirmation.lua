-- What a meter's readings say about a command that was sent to it.
--
-- Three clocks are about: ours, the platform's (the Date of its answers), and that of the readings, which the meter or
-- the platform sets. Ours may be minutes off, so no reading is ever compared with it. A reading is newer than the
-- command when its time is after both
--   - that of the reading the platform had before we sent: the same clock, so this much is certain; and
--   - the moment at which the platform accepted the command, by its own Date. Where there is none, the first look after
--     the command takes its place: what it shows may have been on its way already, only what follows it is news.
-- The wanted state confirms the command when it is a change from the state before, or stands in a newer reading; a
-- state that was there all along says nothing. The opposite state contradicts it only in a newer reading.

local errors = require "imr.errors"

local POLL_PAUSE = 1 -- seconds between two looks, on top of the pace

local confirmation = {}

---The supply state that each command is to bring about.
confirmation.wanted = { disconnect = "disconnected", reconnect = "connected" }

---@class imr.Confirmation
---@field command string
---@field before { supply: string?, read_time: integer? }|nil what was known before sending; nil: nothing
---@field mark integer|nil a reading up to this time is not news
---@field device_id string|nil that the command is for
local Confirmation = {}
Confirmation.__index = Confirmation

---@param command "disconnect"|"reconnect"|"request_reading"
---@param before { supply: string?, read_time: integer? }|nil
---@param platform_time integer|nil when the platform accepted it, on its own clock
---@param device_id string|nil that the command is for
---@return imr.Confirmation
function confirmation.new(command, before, platform_time, device_id)
  return setmetatable({ command = command, before = before, mark = platform_time, device_id = device_id }, Confirmation)
end

---Is a reading of this device, as far as it tells?
---@param reading table
---@param device_id string|nil
---@return boolean
function confirmation.concerns(reading, device_id)
  return not reading.device_id or not device_id or reading.device_id == device_id
end

---What is wrong with a reading as a witness: it was found by the meter's number, which may stand for a device that has
---replaced this one.
---@param reading table
---@return imr.Error|nil
function Confirmation:stranger(reading)
  if confirmation.concerns(reading, self.device_id) then return nil end
  return errors.new { kind = "not_found", endpoint = "latest_readings", retryable = false, executed = "yes",
    message = ("meter %s is device %s by now: its reading says nothing of device %s"):format(
      reading.meter_no or "?", reading.device_id, self.device_id) }
end

function Confirmation:is_newer(reading)
  local time, before = reading.read_time, self.before and self.before.read_time
  if not time or (before and time <= before) then return false end
  -- Whoever asks for a reading has what they wanted in any that was not there before.
  if self.command == "request_reading" and before then return true end
  return self.mark ~= nil and time > self.mark
end

---What one look at the meter says.
---@param reading table
---@return "confirmed"|"contradicted"|nil
function Confirmation:judge(reading)
  local newer, before = self:is_newer(reading), self.before and self.before.supply
  self.mark = self.mark or reading.read_time
  local wanted = confirmation.wanted[self.command]
  if not wanted then return newer and "confirmed" or nil end
  if reading.supply == wanted then
    return (newer or (before and before ~= wanted)) and "confirmed" or nil
  end
  return reading.supply and newer and "contradicted" or nil
end

---@class imr.Following
---@field client imr.Client
---@field meter_no string
---@field deadline number on the clock of now()
---@field now fun(): number
---@field sleep fun(seconds: number): any, any a false result ends it

---Takes in one look at the meter: fills in outcome.state, reading, and error where the state could not be read.
---@param reading table|nil
---@param err imr.Error|nil why there is none
---@param outcome table
---@return boolean over nothing that comes later can change it: a contradiction may still turn, a confirmation not
function Confirmation:look(reading, err, outcome)
  if not reading then
    if err.kind ~= "timeout" then outcome.error = err end
    return false
  end
  outcome.reading, outcome.error = reading, self:stranger(reading)
  if outcome.error then return true end
  outcome.state = self:judge(reading) or outcome.state
  return outcome.state == "confirmed"
end

---Looks at the meter until it confirms the command or the deadline comes.
---@param self imr.Confirmation
---@param with imr.Following
---@param outcome table
function Confirmation:follow(with, outcome)
  outcome.state = "unconfirmed"
  repeat
    local left = math.max(0, with.deadline - with.now())
    local reading, err = with.client:latest_reading(with.meter_no, { deadline = left })
    if self:look(reading, err, outcome) then return end
    local slept = with.sleep(math.min(POLL_PAUSE, math.max(0, with.deadline - with.now())))
  until slept == false or slept == nil or with.now() >= with.deadline
end

return confirmation
