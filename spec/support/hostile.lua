-- A platform that answers some requests with what a case says, and all others well; and what a client must make of it.
local copy = require "imr.base.copy"
local own = require "support.own"
local scripted = require "support.scripted"

local hostile = {}
hostile.__index = hostile

hostile.MAX_BODY = 2 ^ 20
local ALLOWANCE = 24 * 1024 -- kilobytes of peak memory a hostile answer may cost beside what was there
local GOOD = [=['[{"deviceId":"1","tableNo":"001"}]']=]

-- The first request of each kind is answered by the case, the second by the platform.
local FRAME = [[
  local command = r.path:find("meterInstruct", 1, true) ~= nil
  spoken = spoken or {}
  spoken[command] = (spoken[command] or 0) + 1
  if spoken[command] == 1 then %s return end
  c:send(ok(command and '""' or %s))
]]

-- Highest resident memory since `forget_peak`.
local function peak()
  local file = assert(io.open("/proc/self/status"))
  local kilobytes = tonumber(file:read("*a"):match("VmHWM:%s*(%d+)"))
  file:close()
  return kilobytes
end

local function forget_peak()
  own.memory()
  local file = assert(io.open("/proc/self/clear_refs", "w"))
  file:write("5")
  file:close()
  return peak()
end

---@param script string what the server does instead of answering, see support.wire
---@param options? table of imr.new
function hostile.start(script, options)
  local given = copy({ max_body = hostile.MAX_BODY }, options)
  local server = scripted.start(FRAME:format(script, GOOD))
  local client = server:client_of(given)
  assert(client:login())
  return setmetatable({ server = server, client = client }, hostile)
end

function hostile:stop()
  self.client:close()
  self.server:stop()
end

local function assert_small(before, what)
  local grown = peak() - before
  assert(grown < ALLOWANCE, ("%s: %d KB more memory, allowed are %d"):format(what, grown, ALLOWANCE))
end

--- A read of one page that meets the hostile answer.
---@return table[]|nil rows
---@return imr.Error|nil err
function hostile:read(options)
  local before = forget_peak()
  local rows, err = self.client:meters(options or { page_size = 5 }):next()
  assert_small(before, "a read")
  return rows, err
end

function hostile:command(options)
  local before = forget_peak()
  local outcome, err = self.client:disconnect("70001", options)
  assert_small(before, "a command")
  return outcome, err
end

--- Both kinds of call work again, with the same client, and nothing was sent twice.
function hostile:assert_recovered()
  local row = assert(self.client:meters({ page_size = 5 }):next())
  assert(row.meter_no == "001")
  assert(assert(self.client:disconnect("70001")).state == "accepted")
  local counts = {}
  for _, request in ipairs(self.server:requests()) do counts[request.path] = (counts[request.path] or 0) + 1 end
  for path, count in pairs(counts) do assert(count == 2, ("%d requests to %s"):format(count, path)) end
end

return hostile
