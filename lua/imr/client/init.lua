-- The client: the platform's endpoints as methods. `imr.new` makes one.
--
-- A wrong parameter raises at the caller's line. What can go wrong at run time is the second result, an `imr.Error`; a
-- cursor gives it when its rows are asked for, because making one sends nothing.

local copy = require "imr.base.copy"
local parameters = require "imr.client.parameters"
local unknown_option = require "imr.base.unknown_option"
local schema = require "imr.schema"
local errors = require "imr.errors"
local Cursor = require "imr.client.cursor"

---What every listing takes.
---@class imr.ListingOptions
---@field page_size? integer rows a page, 1 to 1000
---@field max_wait? number seconds that the call may wait for slots, a login of others, and before repetitions; a slot
--- further away than that is an error, and none is taken
---@field deadline? number seconds for the whole listing, from its first page on
---@field decimals? "number"|"string" as Lua numbers, or with the platform's own digits
---@field incomplete? "warn"|"error" what to do with a listing that is not known to be complete
---@field max_rows? integer a listing that has more rows is an error of kind "limit"; that of the client when absent
---@field max_pages? integer the same for pages

---One account of the platform.
---@class imr.Client
local Client = {}
Client.__index = Client
Client.__name = "imr.client"

local endpoints = schema.by_name

-- What a client knows, kept where no dump of the client shows it.
local private = setmetatable({}, { __mode = "k" })

---@param parts table settings, lifetime, session, call, pace, stats, emit, transport
function Client.new(parts)
  local client = setmetatable({}, Client)
  private[client] = parts
  parts.call.login_endpoint = endpoints.login
  return client
end

-- What a client's method is called on. `level` is that of the method's caller.
local function parts_of(self, level)
  local parts = private[self]
  if not parts then error("a client's method is called with a colon, as in client:meters()", level + 1) end
  return parts
end

function Client:__tostring()
  local settings = private[self].settings
  return ("imr.client(%s, %s)"):format(settings.base_url, settings.username)
end

-- ---------------------------------------------------------------- listings

local function deadline_at(parts, seconds)
  return seconds and parts.lifetime:now() + seconds or math.huge
end

-- `level` is that of the method's caller, whose line a wrong parameter is told at.
local function check_table(name, params, level)
  if params ~= nil and type(params) ~= "table" then
    error(("%s takes a table of parameters, not a %s"):format(name, type(params)), level + 1)
  end
end

local function checked(parts, name, params, level)
  check_table(name, params, level + 1)
  local given = copy(params or {})
  given.page_size = given.page_size or parts.settings.page_size
  local wire, problem = parameters.check(name, given, parts.settings.utc_offset)
  if not wire then error(problem, level + 1) end
  return wire, given
end

-- Asks for one page. The deadline counts from the first one on and covers the whole listing.
local function asker(parts, name, wire, given)
  local deadline
  return function(number, on_send, report)
    deadline = deadline or deadline_at(parts, given.deadline)
    local sent = copy(wire)
    sent.pageNo = number
    return parts.call:run(endpoints[name], sent, {
      deadline = deadline, max_wait = given.max_wait or math.huge,
      decimals = given.decimals or parts.settings.decimals, trace = report, on_send = on_send,
    })
  end
end

local function open(self, name, params, level)
  local parts = parts_of(self, level + 1)
  local wire, given = checked(parts, name, params, level + 1)
  return Cursor.new {
    endpoint = name, ask = asker(parts, name, wire, given),
    page_size = given.page_size, prefetch = parts.settings.prefetch,
    spacing = function() return parts.pace:spacing(name) end, lifetime = parts.lifetime, emit = parts.emit,
    max_rows = given.max_rows or parts.settings.max_rows, max_pages = given.max_pages or parts.settings.max_pages,
    single = endpoints[name].one_per_meter and given.meter ~= nil, incomplete = given.incomplete,
  }
end

-- A method for each listing of the schema; `make docs` writes their comments into library/imr/listings.lua. The
-- parentheses make it no tail call: the method stays on the stack and the levels right.
for _, listing in ipairs(schema.listings) do
  local name = listing.name
  Client[name] = function(self, params) return (open(self, name, params, 2)) end
end

-- ---------------------------------------------------------------- one record

local function find(cursor, meter_no, endpoint)
  while true do
    local row, err = cursor:next()
    if err then return nil, err end
    if row and row.meter_no == meter_no then
      cursor:close()
      return row
    end
    if not row then break end
  end
  local doubt = cursor.report.complete and "" or ", but its listing was not complete"
  return nil, errors.new { kind = "not_found", endpoint = endpoint, retryable = false, executed = "yes",
    message = ("the platform lists no meter %s%s"):format(meter_no, doubt) }
end

local function check_meter_no(meter_no, level)
  if type(meter_no) ~= "string" or meter_no == "" then
    error(("a meter number is a string with its leading zeros, not %s"):format(
      type(meter_no) == "string" and "empty" or "a " .. type(meter_no)), level + 1)
  end
end

---One meter's record. The platform has no query for it: the meter list is read until the meter is found (platform
---document §4.2).
---@param meter_no string with its leading zeros
---@param params? imr.ListingOptions
---@return imr.Meter|nil meter
---@return imr.Error|nil err kind "not_found" when the list does not have it
function Client:meter(meter_no, params)
  parts_of(self, 2)
  check_meter_no(meter_no, 2)
  local cursor = open(self, "meters", params, 2)
  return find(cursor, meter_no, "meters")
end

---The newest reading of one meter (platform document §4.3).
---@param meter_no string with its leading zeros
---@param params? imr.ListingOptions
---@return imr.LatestReading|nil reading
---@return imr.Error|nil err kind "not_found" when the platform has none
function Client:latest_reading(meter_no, params)
  parts_of(self, 2)
  check_meter_no(meter_no, 2)
  check_table("latest_reading", params, 2)
  local given = copy(params or {})
  if given.meter ~= nil and given.meter ~= meter_no then
    error("latest_reading takes the meter as its first argument, and no other as 'meter'", 2)
  end
  given.meter = meter_no
  local cursor = open(self, "latest_readings", given, 2)
  return find(cursor, meter_no, "latest_readings")
end

-- ---------------------------------------------------------------- commands

local function instruct(self, command, device_id, opts, level)
  local parts = parts_of(self, level + 1)
  local supply = require "imr.client.command"
  local problem = supply.check(opts)
  if problem then error(problem, level + 1) end
  opts = opts or {}
  local wire
  wire, problem = parameters.check("instruct", { device_id = device_id, command = command }, parts.settings.utc_offset)
  if not wire then error(problem, level + 1) end
  return supply.run(self, {
    command = command, device_id = device_id, opts = opts, lifetime = parts.lifetime,
    utc_offset = parts.settings.utc_offset,
    send = function(deadline)
      return parts.call:run(endpoints.instruct, wire, {
        deadline = deadline, max_wait = opts.max_wait or math.huge, decimals = "number",
        trace = { requests = 0, waited = 0 }, before_send = opts.before_send,
        last_check = opts.last_check, not_sent = opts.not_sent, interrupted = opts.interrupted,
      })
    end,
  })
end

---Cuts a meter's supply (跳闸, 关阀; platform document §4.6). It is sent at most once.
---@param device_id string the device's, not the meter number
---@param opts? imr.CommandOptions
---@return imr.Outcome|nil outcome
---@return imr.Error|nil err kind "unknown_outcome" when it may have been executed
function Client:disconnect(device_id, opts)
  local outcome, err = instruct(self, "disconnect", device_id, opts, 2)
  return outcome, err
end

---Restores a meter's supply (合闸, 开阀; platform document §4.6). As disconnect.
---@param device_id string the device's, not the meter number
---@param opts? imr.CommandOptions
---@return imr.Outcome|nil outcome
---@return imr.Error|nil err kind "unknown_outcome" when it may have been executed
function Client:reconnect(device_id, opts)
  local outcome, err = instruct(self, "reconnect", device_id, opts, 2)
  return outcome, err
end

---Asks a meter for a reading now (抄表; platform document §4.6). With confirm, waits until a newer reading is there.
---@param device_id string the device's, not the meter number
---@param opts? imr.CommandOptions
---@return imr.Outcome|nil outcome
---@return imr.Error|nil err kind "unknown_outcome" when it may have been executed
function Client:request_reading(device_id, opts)
  local outcome, err = instruct(self, "request_reading", device_id, opts, 2)
  return outcome, err
end

-- ---------------------------------------------------------------- the client itself

local function check_login(opts, level)
  check_table("login", opts, level + 1)
  for name, value in pairs(opts or {}) do
    if name ~= "deadline" then error(unknown_option(tostring(name), { "deadline" }), level + 1) end
    if type(value) ~= "number" or value < 0 or value ~= value then
      error("option 'deadline' must be a number, at least 0", level + 1)
    end
  end
end

---Logs in unless there is a good token already; calls do it by themselves (platform document §4.1).
---@param opts? { deadline: number? } seconds
---@return true|nil done
---@return imr.Error|nil err kind "auth": the account or the password is wrong, and nobody tries them again
function Client:login(opts)
  local parts = parts_of(self, 2)
  check_login(opts, 2)
  local forbidden = parts.lifetime:problem()
  if forbidden then return nil, forbidden end
  local deadline = deadline_at(parts, opts and opts.deadline)
  local record, err = parts.session:token { deadline = deadline, max_wait = math.huge }
  if record then return true end
  return nil, err
end

---Seconds between two requests to an endpoint as the pace keeps them now.
---@param endpoint string "meters", "latest_readings", …, "instruct" for the commands
---@return number seconds
function Client:spacing(endpoint)
  local parts = parts_of(self, 2)
  if not endpoints[endpoint] then error(("there is no endpoint '%s'"):format(tostring(endpoint)), 2) end
  return parts.settings.interval == 0 and 0 or parts.pace:spacing(endpoint)
end

---What the client has done so far.
---@return imr.Counters counters a copy
function Client:stats()
  local parts = parts_of(self, 2)
  local counters = parts.stats:snapshot()
  counters.token_age = parts.session:token_age()
  return counters
end

---What the client has done so far, and how it stands at this moment: `client:stats()` with the `account` and whether
---the platform is taken to be away (`breaker_open`), and at each endpoint with `queue` (callers that wait for a slot)
---and `next_slot` (seconds until the one that is reserved; absent while none is). For Prometheus: `imr.metrics`.
---@return imr.Counters
function Client:metrics()
  local parts, counters = parts_of(self, 2), self:stats()
  counters.account, counters.breaker_open = parts.settings.username, parts.breaker:is_open()
  local now = parts.lifetime:now()
  for name, entry in pairs(counters.endpoints) do entry.queue, entry.next_slot = parts.pace:state(name, now) end
  return counters
end

---Ends everything that is under way; what is called afterwards returns an error of kind "closed". Twice is fine.
function Client:close()
  local parts = parts_of(self, 2)
  if parts.lifetime.closed then return end
  local runtime = parts.lifetime:runtime()
  parts.lifetime:close()
  runtime:run_pending()
end

return Client
