-- Requests over libcurl. All of a process's requests share one multi, and with it the kept connections,
-- whichever runtime they wait in.

local copy = require "imr.base.copy"
local core = require "imr.core"
local curl = require "imr.curl"
local host = require "imr.base.host"
local runtimes = require "imr.runtime"

local LOOK = 0.1 -- seconds between two looks at a request that may be taken back
local PORTION = host.nginx() and 8192 or nil -- bytes of a body at a stretch in an nginx worker

local transport = {}

---What a transport gets.
---@class imr.Request
---@field url string
---@field method? "POST"|"GET"
---@field headers? table<string, string>
---@field body? string
---@field timeout? number seconds for the whole request (30)
---@field connect_timeout? number seconds (10)
---@field command? boolean over a connection of its own
---@field leave_within? number seconds within which the first byte leaves, or none does ("timeout", executed "no")
---@field interrupted? fun(): boolean asked until it leaves: true takes it back ("vetoed", executed "no")
---@field max_body? integer bytes, unpacked (64 MiB)
---@field ca_file? string
---@field cert_file? string our own certificate, PEM; libcurl only
---@field key_file? string its key, where that is a file of its own; libcurl only
---@field tls_min? "1.2"|"1.3" libcurl only
---@field server_name? string whose certificate it has to be, and what the Host header says; else the URL's host
---@field keepalive_timeout? number seconds for which an idle connection is kept, 60
---@field keepalive_pool? integer connections kept to one place, 16; lua-resty-http only
---@field proxy? string none is taken from the environment
---@field user_agent? string

---What a transport returns behind nil.
---@class imr.TransportError
---@field kind "network"|"timeout"|"protocol"|"vetoed"
---@field message string without secrets
---@field executed "no"|"maybe" "no": no byte of the request has left
---@field sent_after? number as below, of a request that left

---@class imr.CurlPool
local Pool = {}
Pool.__index = Pool

local function new_pool()
  local self = setmetatable({
    multi = curl.multi(PORTION),
    waiting = {}, -- transfer -> event
    withdrawn = setmetatable({}, { __mode = "k" }),
    unheeded = setmetatable({}, { __mode = "k" }), -- transfer -> true: nobody waited for it at the last sweep
    leaving = {}, -- transfer -> what asks whether it is to be taken back before it leaves
    count = 0,
  }, Pool)
  self.poller = {
    busy = function() return self.count > 0 end,
    poll = function(timeout) return self:poll(timeout) end,
    sweep = function() self:sweep() end,
  }
  return self
end

-- A fork's child must not touch the parent's connections. It gets a pool of its own, and whoever waits in the
-- child's copy of the old one is let go.
local pool
local function current_pool()
  if pool and not pool.multi:is_forked() then return pool end
  if pool then pool:release_all() end
  pool = new_pool()
  return pool
end

function Pool:add(runtime, transfer)
  local event = runtime:event()
  self.waiting[transfer], self.count = event, self.count + 1
  runtime:add_poller(self.poller)
  return event
end

function Pool:remove(transfer)
  local event = self.waiting[transfer]
  if not event then return end
  self.waiting[transfer], self.leaving[transfer], self.count = nil, nil, self.count - 1
  return event
end

function Pool:release_all()
  local waiting = self.waiting
  self.waiting, self.leaving, self.count = {}, {}, 0
  for _, event in pairs(waiting) do event:set() end
end

-- Does what can be done now, and wakes whose transfer has ended. Where others wait for their turn, a large body comes
-- in portions.
---@return boolean moved a transfer has ended, or has more to read at once
function Pool:turn()
  for transfer, interrupted in pairs(self.leaving) do self:ask(transfer, interrupted) end
  local _, more, ended = self.multi:perform()
  if ended == 0 then return more end
  for transfer in self.multi.finished, self.multi do
    local event = self:remove(transfer)
    if event then event:set() end
  end
  return true
end

-- Before each step that may send it. One that has left is asked no more.
function Pool:ask(transfer, interrupted)
  local fine, ends = pcall(interrupted)
  if fine and not ends then return end
  self.leaving[transfer] = nil
  if not transfer:withdraw() then return end
  self.withdrawn[transfer] = true
  local event = self:remove(transfer)
  if event then event:set() end
end

function Pool:poll(timeout)
  if self.multi:is_forked() then return self:release_all() end
  if timeout > 0 then self.multi:poll(timeout) end
  return self:turn()
end

-- Inside nginx whoever waits for a transfer may end without a word. (Between two waits nobody is seen to wait either.)
function Pool:sweep()
  for transfer, event in pairs(self.waiting) do
    local awaited = event:is_awaited()
    if not awaited and self.unheeded[transfer] then
      self:remove(transfer)
      transfer:cancel()
    end
    self.unheeded[transfer] = not awaited or nil
  end
end

-- A transfer of the parent's can't be asked in the child.
local function result_of(own_pool, transfer)
  if own_pool.multi:is_forked() then
    return nil, { kind = "network", executed = "maybe", message = "the process forked while it waited for an answer" }
  end
  if own_pool.withdrawn[transfer] then
    return nil, { kind = "vetoed", executed = "no", message = "it was taken back before it left" }
  end
  return transfer:result()
end

-- In short waits where somebody may want it back: each lets the loop ask.
local function wait(own_pool, transfer, event)
  while own_pool.leaving[transfer] do
    if event:wait(LOOK) then return end
  end
  event:wait()
end

-- libcurl verifies the name in the URL. So that one stands there, and the way to the host beside it.
local function routed(request)
  if not request.server_name then return request end
  local scheme, place, rest = request.url:match("^(%a+)://(%[[^%]]*%])(.*)$")
  if not place then scheme, place, rest = request.url:match("^(%a+)://([^:/?]+)(.*)$") end
  if not place then return request end
  return copy(request, { url = scheme .. "://" .. request.server_name .. rest, connect_to = "::" .. place .. ":" })
end

local function send(runtime, request)
  request = routed(request)
  local own_pool = current_pool()
  core.keep_standard_descriptors() -- libcurl's sockets have whatever number is free
  local transfer, message = own_pool.multi:start(request)
  if not transfer then return nil, { kind = "network", message = message, executed = "no" } end
  local event = own_pool:add(runtime, transfer)
  own_pool.leaving[transfer] = request.interrupted
  own_pool:turn()
  local ok, why = pcall(wait, own_pool, transfer, event)
  own_pool:remove(transfer)
  if ok then return result_of(own_pool, transfer) end
  transfer:cancel()
  error(why, 0)
end

---The last one of what it returns: seconds that went by before the request left, for a connection that had to be made.
---@alias imr.Transport fun(request: imr.Request): integer?, string|imr.TransportError, table<string, string>?, number?

---A transport that waits in `runtime`, or in the one that is current when a request is made.
---@param runtime? table
---@return imr.Transport
function transport.new(runtime)
  return function(request) return send(runtime or runtimes.current(), request) end
end

return transport
