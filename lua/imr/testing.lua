-- A platform and a clock for tests: the simulator's rules inside this process, on time that passes only when
-- everybody waits. A two-hour token or a thousand paced pages take milliseconds.
--
--   local world = require("imr.testing").new { meters = 20 }
--   world:run(function()
--     local client = world:client { page_size = 5 }
--     ...
--   end)

local copy = require "imr.base.copy"
local is_callable = require "imr.base.callable"
local Plain = require "imr.runtime.plain"
local Platform = require "imr.simulator.platform"
local runtime = require "imr.runtime"

local NETWORK = 0.02 -- seconds that a request travels, and its answer

---A platform, its clock and its network. `world.platform` is the simulator, `world.platform.log` what arrived.
---@class imr.World
local World = {}
World.__index = World

local testing = {}

-- Of the options that a function was given; `level` is that of its caller.
local function copied(options, what, level)
  if options ~= nil and type(options) ~= "table" then
    error(("%s takes a table of options, not a %s"):format(what, type(options)), level + 1)
  end
  return copy(options)
end

local function is_duration(value)
  return type(value) == "number" and value >= 0 and value < math.huge
end

local function must_be_world(self, level)
  if getmetatable(self) ~= World then
    error("a world's method is called with a colon, as in world:client()", level + 1)
  end
end

---Makes a world.
---@param options? table the simulator's (see `imr simulate --help`), and network = seconds that a request travels
---@return imr.World
function testing.new(options)
  local given = copied(options, "testing.new", 2)
  local network = given.network == nil and NETWORK or given.network
  if not is_duration(network) then error("option 'network' must be a number of seconds, 0 or more", 2) end
  given.network = nil
  local time = 0
  local world = setmetatable({ network = network }, World)
  world.runtime = Plain.new {
    now = function() return time end,
    idle = function(seconds) time = time + seconds end,
  }
  given.epoch = given.epoch or 1752000000
  world.platform = Platform.new(given, 2)
  return world
end

---Virtual seconds since the world began.
---@return number seconds
function World:now()
  must_be_world(self, 2)
  return self.runtime:now()
end

---Lets virtual time pass.
---@param seconds number
function World:sleep(seconds)
  must_be_world(self, 2)
  if not is_duration(seconds) then error("world:sleep takes seconds, 0 or more", 2) end
  self.runtime:sleep(seconds)
end

local function fault(answer, request, spent, runtime_)
  if answer.fault == "stall" or answer.delay + spent > request.timeout then
    runtime_:sleep(request.timeout - spent)
    return { kind = "timeout", message = "no answer in time", executed = "maybe" }
  end
  runtime_:sleep(answer.delay)
  if not answer.fault then return nil end
  return { kind = "network", message = "the connection was closed: " .. answer.fault, executed = "maybe" }
end

local request_fields = { url = "string", headers = "table", body = "string", timeout = "number" }

-- What is wrong with a request, or nil.
local function request_problem(request)
  for name, kind in pairs(request_fields) do
    local given = type(request) == "table" and type(request[name]) or "nil"
    if given ~= kind then
      return { kind = "usage", executed = "no",
        message = ("a transport takes a request whose %s is a %s, not a %s"):format(name, kind, given) }
    end
  end
end

---The transport into this world, for imr.new's option `transport`.
---@return imr.Transport
function World:transport()
  must_be_world(self, 2)
  return function(request)
    local wrong = request_problem(request)
    if wrong then return nil, wrong end
    self.runtime:sleep(self.network)
    local answer = self.platform:handle({
      method = request.method, path = request.url:match("^%a+://[^/]+(/.*)$"),
      headers = request.headers, body = request.body,
    }, self:now())
    local problem = fault(answer, request, self.network, self.runtime)
    if problem then return nil, problem end
    self.runtime:sleep(self.network)
    return answer.status, answer.body, answer.headers
  end
end

---A client of this world: imr.new with the account, the clock and the transport filled in.
---@param options? imr.Options
---@return imr.Client
function World:client(options)
  must_be_world(self, 2)
  local given = copy({
    base_url = "http://simulator.invalid",
    username = self.platform.settings.account, password = self.platform.settings.password,
    transport = self:transport(), runtime = self.runtime, store = require("imr.store").memory(),
  }, copied(options, "world:client", 2))
  local _, problem = require("imr.client.options").check(given)
  if problem then error(problem, 2) end
  return assert(require("imr").new(given))
end

-- The clock goes back to whose it was even where the loop itself gives up: a wait that nothing can end.
local function results_of(before, fine, ok, ...)
  runtime.replace(before)
  if not fine then error(ok, 0) end
  if not ok then error((...), 0) end
  return ...
end

---Runs a function on this world's clock: imr.run, imr.all and imr.new inside it use it too.
---@param fn function
---@param ... any its arguments
---@return any ... its results; what it raises is raised again
function World:run(fn, ...)
  must_be_world(self, 2)
  if not is_callable(fn) then error("world:run takes a function, not a " .. type(fn), 2) end
  local before = runtime.replace(self.runtime)
  return results_of(before, pcall(self.runtime.run, self.runtime, fn, ...))
end

return testing
