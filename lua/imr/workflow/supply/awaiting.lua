-- Confirmation beside the sending: commands that the platform has taken, and whose meters are looked at until they show
-- the change. All of them are looked at together.

local confirmation = require "imr.client.confirmation"
local copy = require "imr.base.copy"
local latest = require "imr.workflow.supply.latest"

local TIME = 120 -- seconds from the acceptance
local PAUSE = 1  -- seconds between two looks, on top of the pace

---@class imr.supply.Awaiting
local Awaiting = {}
Awaiting.__index = Awaiting

local awaiting = {}

---@class imr.supply.AwaitingOptions
---@field client imr.Client
---@field runtime table
---@field seconds? number for each
---@field pages? integer of the platform's list of meters
---@field wants_stop fun(): boolean
---@field conclude fun(entry: table, state: string, detail: string) what became of one
---@field on_look fun() after each request

---@param options imr.supply.AwaitingOptions
---@return imr.supply.Awaiting
function awaiting.new(options)
  return setmetatable({ options = options, pages = options.pages, runtime = options.runtime, list = {} }, Awaiting)
end

local function describe(outcome, online)
  local reading = outcome.reading
  local said = reading and ("the meter shows %s"):format(reading.supply or "no state") or "its state could not be read"
  if outcome.error then said = said .. ": " .. tostring(outcome.error) end
  return online == false and "the meter is offline; " .. said or said
end

local function conclude(self, item)
  for index, other in ipairs(self.list) do
    if other == item then table.remove(self.list, index) end
  end
  item.done = true
  self.options.conclude(item.entry, item.outcome.state, describe(item.outcome, item.entry.online))
end

local function take(self, item, reading, err)
  if not item.done and item.judge:look(reading, err, item.outcome) then conclude(self, item) end
end

-- Those whose time is over.
local function expire(self)
  for _, item in ipairs(copy(self.list)) do
    if item.ends <= self.runtime:now() then conclude(self, item) end
  end
end

---Seconds until the last of them is waited for no more.
---@return number
function Awaiting:left()
  local left = 0
  for _, item in ipairs(self.list) do left = math.max(left, item.ends - self.runtime:now()) end
  return left
end

local function look(self)
  self.pages = latest.read(self.options.client, copy(self.list), {
    pages = self.pages, deadline = function() return self:left() end,
    take = function(item, reading, err) take(self, item, reading, err) end,
    goes_on = function()
      expire(self)
      self.options.on_look()
      return #self.list > 0 and not self.options.wants_stop()
    end,
  }) or self.pages
  expire(self)
  self.options.on_look()
end

local function work(self)
  while #self.list > 0 and not self.options.wants_stop() do
    local began = self.runtime:now()
    look(self)
    if #self.list > 0 then self.runtime:sleep(math.max(0, began + PAUSE - self.runtime:now())) end
  end
end

-- What its thread has raised is raised.
local function check(self)
  if not self.thread then return end
  local fine, problem = self.runtime:join(self.thread)
  self.thread = nil
  if not fine then error(problem, 0) end
end

---@param entry table of a plan
---@param outcome table of its command
function Awaiting:add(entry, outcome)
  local before = entry.state_before and { supply = entry.state_before }
  outcome.state = "unconfirmed"
  table.insert(self.list, { entry = entry, device = entry.device, meter_no = entry.meter_no, outcome = outcome,
    judge = confirmation.new(entry.command, before, outcome.platform_time, entry.device),
    ends = self.runtime:now() + (self.options.seconds or TIME) })
  if self.thread and not self.thread.finished.is_set then return end
  check(self)
  self.thread = self.runtime:spawn(work, self)
end

---Waits for them; raises what went wrong.
---@param pause number seconds between two looks for a wish to stop
---@return boolean done false: somebody wanted it to end; what is not confirmed stays accepted, and resolve() reads it
function Awaiting:join(pause)
  while self.thread and not self.thread.finished.is_set and not self.options.wants_stop() do
    self.runtime:sleep(pause)
  end
  if self.thread and self.thread.finished.is_set then check(self) end
  self:close()
  return #self.list == 0
end

---Ends it.
function Awaiting:close()
  if self.thread then self.runtime:kill(self.thread) end
  self.thread = nil
end

return awaiting
