-- A command that cuts or restores supply, and its confirmation: the answer says only that the platform took it, so with
-- `confirm` the meter's state is read until it shows the change.

local confirmation = require "imr.client.confirmation"
local http_date = require "imr.base.http_date"
local parameters = require "imr.client.parameters"
local unknown_option = require "imr.base.unknown_option"
local errors = require "imr.errors"
local sorted_names = require "imr.base.names"

local CONFIRM_DEADLINE = 120 -- seconds, when none is given

---What a command takes.
---@class imr.CommandOptions
---@field confirm? boolean wait until the platform shows the new state
---@field meter? string the meter's number, for confirm; looked up in the meter list when absent
---@field deadline? number seconds for all of it; with confirm 120 when absent
---@field max_wait? number seconds
---@field before_send? fun(): boolean?, any asked each time the command's slot has come (an answer that takes long costs
--- another slot, which is waited for after it): true lets it go; anything else stops it with an error of kind "vetoed",
--- or with the error that is the second result
---@field last_check? fun(): boolean?, any asked after that, when nothing is waited for any more but a connection; to be
--- quick. As before_send; the second result of a yes may be the seconds for which it holds. A command that is asked
--- about leaves within these, and within one second (up to four where a connection takes longer to make), or is asked
--- about anew
---@field not_sent? fun(err: imr.Error) told when an attempt certainly did nothing and another one will follow
---@field interrupted? fun(): boolean asked while the connection is made: true takes the command back, as "vetoed"

---What became of a command.
---@class imr.Outcome
---@field state "accepted"|"confirmed"|"contradicted"|"unconfirmed"
---@field device_id string
---@field command "disconnect"|"reconnect"|"request_reading"
---@field executed "yes"|"maybe" "maybe": no answer came, but the meter shows what was wanted
---@field message string the platform's own, or what went wrong
---@field platform_time? integer when it was accepted, Unix seconds on the platform's clock, where it tells
---@field reading? imr.LatestReading the latest one that was seen, with confirm
---@field online? boolean whether the meter list shows the meter online, with confirm
---@field error? imr.Error why the state could not be read

local command = {}

local known = {
  confirm = { "boolean" }, meter = { "string" }, deadline = { "number", 0 }, max_wait = { "number", 0 },
  before_send = { "function" }, last_check = { "function" }, not_sent = { "function" }, interrupted = { "function" },
}

-- What is wrong with a meter's number, by which its state is asked for.
local function number_problem(meter_no)
  local wire, problem = parameters.check("latest_readings", { meter = meter_no, page_size = 1 }, 0)
  return not wire and problem or nil
end

---What is wrong with a command's options, or nil.
function command.check(opts)
  if opts == nil then return nil end
  if type(opts) ~= "table" then return "a command's options are a table, not a " .. type(opts) end
  for name, value in pairs(opts) do
    local entry = known[name]
    if not entry then return unknown_option(tostring(name), sorted_names(known)) end
    if type(value) ~= entry[1] or (entry[2] and (value < entry[2] or value ~= value)) then
      local least = entry[2] and (", at least %d"):format(entry[2]) or ""
      return ("option '%s' must be a %s%s"):format(name, entry[1], least)
    end
  end
  return opts.meter and number_problem(opts.meter) or nil
end

local function not_found(run, what)
  return errors.new { kind = "not_found", endpoint = "meters", retryable = false, executed = "no",
    message = ("%s %s, so its state could not be confirmed; nothing was sent"):format(what, run.device_id) }
end

-- The meter's number and record, found in the meter list before anything is sent.
local function find_meter(client, run, deadline)
  if run.opts.meter then return { meter_no = run.opts.meter } end
  local cursor = client:meters { deadline = math.max(0, deadline - run.lifetime:now()) }
  while true do
    local row, err = cursor:next()
    if err then
      err.executed = "no" -- what a page of the list came to says nothing about the command
      return nil, err
    end
    if not row then return nil, not_found(run, "the platform lists no device") end
    if row.device_id == run.device_id then
      cursor:close()
      if not row.meter_no or number_problem(row.meter_no) then
        return nil, not_found(run, "the platform lists no meter number for device")
      end
      return row
    end
  end
end

-- What is known of the meter before the command: its latest reading, else its entry in the meter list, else nothing.
local function look_before(client, run, meter, deadline)
  local left = math.max(0, deadline - run.lifetime:now())
  local reading = client:latest_reading(meter.meter_no, { deadline = left })
  if reading and not confirmation.concerns(reading, run.device_id) then reading = nil end
  return reading or (meter.supply and { supply = meter.supply }) or nil
end

local function outcome_of(run, answer, err)
  return { state = "accepted", device_id = run.device_id, command = run.command, executed = answer and "yes" or "maybe",
    message = (answer or err).message, platform_time = answer and http_date(answer.date) }
end

local function confirm(client, run, outcome, meter, before, deadline)
  outcome.online = meter.online
  confirmation.new(run.command, before, outcome.platform_time, run.device_id):follow({
    client = client, meter_no = meter.meter_no, deadline = deadline,
    now = function() return run.lifetime:now() end, sleep = function(seconds) return run.lifetime:sleep(seconds) end,
  }, outcome)
end

-- Sends it and follows it up. Without an answer the meter has the last word: when it shows what was wanted that is the
-- outcome, else the unknown outcome stays an error.
local function send_and_confirm(client, run, deadline)
  local meter, problem = find_meter(client, run, deadline)
  if not meter then return nil, problem end
  local before = look_before(client, run, meter, deadline)
  local answer, err = run.send(deadline)
  if not answer and err.executed ~= "maybe" then return nil, err end
  local outcome = outcome_of(run, answer, err)
  confirm(client, run, outcome, meter, before, deadline)
  if answer or outcome.state == "confirmed" then return outcome end
  err.reading = outcome.reading
  return nil, err
end

---Sends a command and, with opts.confirm, follows it up.
---@param client imr.Client
---@param run table command, device_id, opts, lifetime, send(deadline)
function command.run(client, run)
  local forbidden = run.lifetime:problem()
  if forbidden then return nil, forbidden end
  local opts, now = run.opts, run.lifetime:now()
  local deadline = opts.deadline and now + opts.deadline or (opts.confirm and now + CONFIRM_DEADLINE or math.huge)
  if opts.confirm then return send_and_confirm(client, run, deadline) end
  local answer, err = run.send(deadline)
  if not answer then return nil, err end
  return outcome_of(run, answer)
end

return command
