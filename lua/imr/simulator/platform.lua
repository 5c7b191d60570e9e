--- The metering platform as pure rules: a request and a moment in, an answer out. No socket, no clock, no thread, so
--- the same platform stands behind the HTTP server and inside tests whose clock is virtual.

local Accounts = require "imr.simulator.accounts"
local Devices = require "imr.simulator.devices"
local Fleet = require "imr.simulator.fleet"
local History = require "imr.simulator.history"
local Listing = require "imr.simulator.listing"
local Records = require "imr.simulator.records"
local Writer = require "imr.simulator.writer"
local endpoints = require "imr.simulator.endpoints"
local envelope = require "imr.simulator.envelope"
local faults = require "imr.simulator.faults"
local hash = require "imr.simulator.hash"
local options = require "imr.simulator.options"
local parameters = require "imr.simulator.parameters"
local rules = require "imr.simulator.rules"
local scripted = require "imr.simulator.scripted"

---@class imr.simulator.Platform
---@field log imr.simulator.Entry[] every request that arrived
---@field settings table checked options
local Platform = {}
Platform.__index = Platform

---@class imr.simulator.Entry
---@field time number arrival, on the clock that `handle` is given
---@field endpoint string our name, or "unknown"
---@field status integer HTTP status; absent where no answer was sent
---@field code? integer of the answer
---@field encoding? "json"|"form"
---@field page? integer
---@field page_size? integer
---@field rows? integer in the answer
---@field device? string
---@field command? integer
---@field executed boolean the platform acted
---@field fault? string

---@class imr.simulator.Request
---@field method string
---@field path string
---@field headers table<string, string>
---@field body string

---@class imr.simulator.Answer
---@field status integer
---@field headers table<string, string>
---@field body string
---@field delay number seconds from arrival
---@field fault? "drop_before"|"drop_after"|"truncate"|"stall" for the carrier to act out
---@field entry imr.simulator.Entry

---@param given? table see imr.simulator.options
---@param level? integer of the caller to blame for a wrong option, as in `error`
---@return imr.simulator.Platform
function Platform.new(given, level)
  local settings = options.check(given, (level or 1) + 1)
  local self = setmetatable({ settings = settings, log = {}, slots = {}, arrivals = 0 }, Platform)
  self.fleet = Fleet.new(settings)
  self.history = History.new(self.fleet, settings)
  self.devices = Devices.new(self.fleet, self.history, settings)
  self.listing = Listing.new(self.fleet, self.history, self.devices)
  self.writer = Writer.new(settings)
  self.records = Records.new(self)
  self.accounts = Accounts.new(settings)
  self.faults = faults.new(settings)
  return self
end

--- The platform's own wall clock, in seconds since 1970 of its zone.
---@param now number
---@return number
function Platform:local_time(now)
  return self.settings.epoch + now + self.settings.utc_offset
end

-- Moves the platform's world to this moment; it never moves back. Before the first request there is no moment yet.
local function advance(self, now)
  if not now and not self.now then
    return
  end
  self.now = math.max(now or self.now, self.now or now)
  self.history:advance(self:local_time(self.now))
  self.devices:advance(self:local_time(self.now))
end

local function header(headers, wanted)
  for name, value in pairs(headers or {}) do
    if name:lower() == wanted then
      return value
    end
  end
  return ""
end

local function endpoint_at(self, request)
  local path = request.path:match("^[^?]*")
  local prefix = self.settings.prefix
  if path:sub(1, #prefix) == prefix then
    return endpoints.at(path:sub(#prefix + 1))
  end
end

local HTML = "<html><head><title>%s</title></head><body><h1>%s</h1><hr>nginx</body></html>"

local function page(status, title)
  return { status = status, headers = { ["Content-Type"] = "text/html" }, body = HTML:format(title, title) }
end

local function json(body, fault)
  local headers = { ["Content-Type"] = "application/json; charset=utf-8" }
  return { status = 200, headers = headers, body = body, fault = fault }
end

-- Faults before the platform leave no trace in it; those behind it hide that it acted.
local function respond(self, call)
  local fault, entry = self.faults:next(call.endpoint.name), call.entry
  entry.fault = fault
  if fault == "drop_before" then
    return json("", fault)
  elseif fault == "1011" or fault == "1001" then
    entry.code = tonumber(fault)
    return json(envelope.answer(self.settings, entry.code))
  end
  local body
  body, entry.code = rules.obey(self, call)
  if fault == "502" then
    return page(502, "502 Bad Gateway")
  elseif fault == "html" then
    return page(200, "系统维护中")
  end
  return json(body, fault)
end

local function route(self, request, now, entry)
  local answer = self.settings.on_request and scripted.answer(self.settings, request, now)
  local endpoint = endpoint_at(self, request)
  entry.endpoint = endpoint and endpoint.name or "unknown"
  if answer then
    entry.code = answer.code
    return answer
  elseif not endpoint then
    return page(404, "404 Not Found")
  elseif request.method ~= "POST" then
    return page(405, "405 Method Not Allowed")
  end
  local content_type = header(request.headers, "content-type")
  local found, encoding = parameters.read(content_type, request.body or "", self.settings.encoding)
  entry.encoding = encoding
  return respond(self, { endpoint = endpoint, parameters = found, now = now, entry = entry })
end

local UNANSWERED = { drop_before = true, drop_after = true, stall = true }

--- Answers one request. Nothing waits in here: how long the answer takes and what befalls it on the way is in it.
---@param request imr.simulator.Request
---@param now number seconds on any clock that does not run backwards
---@return imr.simulator.Answer
function Platform:handle(request, now)
  advance(self, now)
  self.arrivals = self.arrivals + 1
  local entry = { time = now, executed = false }
  local answer = route(self, request, now, entry)
  local settings = self.settings
  answer.delay = answer.delay or settings.latency + settings.jitter * hash.unit(settings.seed, 95, self.arrivals)
  answer.entry = entry
  entry.status = not UNANSWERED[answer.fault] and answer.status or nil
  if settings.keep_log then
    self.log[#self.log + 1] = entry
  end
  return answer
end

local function device(self, id)
  advance(self)
  return self.fleet:by_device(id) or error(("no meter with device id '%s'"):format(tostring(id)), 3)
end

--- The meter in this place of the meter list.
---@param place integer from 1
---@return { device: string, number: string, kind: string, type: integer, tou: boolean, camera: boolean }|nil
function Platform:meter(place)
  local id = self.fleet.first + place - 1
  return id >= self.fleet.first and id <= self.fleet.last and self.fleet:meter(id) or nil
end

--- Every token is answered with 1007 from now on.
function Platform:expire_tokens()
  self.accounts:expire()
end

--- Every token is answered with 1006 from now on.
function Platform:revoke_tokens()
  self.accounts:revoke()
end

---@param password string for the next logins; tokens stay what they are
function Platform:set_password(password)
  self.accounts:set_password(password)
end

--- Meters join at the front of every listing, which moves all other rows back.
---@param count integer
function Platform:insert_meters(count)
  self.fleet.first = self.fleet.first - count
end

--- Meters leave from the front of every listing, which moves all other rows forward.
---@param count integer
function Platform:remove_meters(count)
  self.fleet.first = math.min(self.fleet.first + count, self.fleet.last + 1)
end

---@param id string deviceId
---@param state "connected"|"disconnected"
function Platform:set_gate(id, state)
  assert(state == "connected" or state == "disconnected", "a gate is 'connected' or 'disconnected'")
  self.devices:set_gate(device(self, id), state)
end

---@param id string deviceId
---@param now? number default: that of the latest request
---@return "connected"|"disconnected"
function Platform:gate(id, now)
  advance(self, now)
  return self.devices:gate(device(self, id))
end

--- A meter that is offline sends no rows and obeys no command; back online it has all its rows again.
---@param id string deviceId
---@param online boolean
function Platform:set_online(id, online)
  self.devices:set_online(device(self, id), online, self.now and self:local_time(self.now))
end

return Platform
