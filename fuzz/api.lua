-- The library as a program uses it: clients, cursors, commands, stores, times, decimals, worlds, with arguments of
-- every type, and callbacks that raise, yield, collect, and call or close what calls them. On a virtual clock, with a
-- platform in this process.
local Hostile = require "hostile"
local Plain = require "imr.runtime.plain"
local bytes = require "bytes"
local imr = require "imr"
local options = require "imr.client.options"
local platform = require "platform"
local rows = require "rows"
local runtime = require "imr.runtime"
local surface = require "surface"
local verdict = require "verdict"
local virtual = require "virtual"

local STEPS = 10

local directory = assert(os.getenv("IMR_FUZZ_DIRECTORY"), "IMR_FUZZ_DIRECTORY is not set") .. "/api"
assert(require("imr.os").private_directory(directory))

local decimal = require "imr.decimal"

-- ---------------------------------------------------------------- usual arguments

local listings = { "meters", "latest_readings", "readings", "consumption", "tou_readings", "camera_readings" }
local listing_options = { "page_size", "max_wait", "deadline", "decimals", "incomplete", "from", "to", "meters",
  "meter", "granularity" }
local command_options = { "confirm", "meter", "deadline", "max_wait", "before_send", "last_check",
  "not_sent", "interrupted" }
local new_options = {}
for name in pairs(options.defaults) do new_options[#new_options + 1] = name end
for _, name in ipairs { "username", "password", "store", "on_event", "runtime", "ca_file", "proxy" } do
  new_options[#new_options + 1] = name
end
table.sort(new_options)

local function seconds(self) return self.from:choose(256) / 4 end
local function text(self) return self.from:text() end
local function fn(self) return self:fn() end
local function number_text(self) return ("00010000000%d"):format(self.from:choose(9)) end

local function listing(dated, granular)
  return function(self)
    local given = { page_size = 1 + self.from:choose(8) }
    if dated then given.from, given.to = "2025-07-06", "2025-07-08" end
    if granular then given.granularity = "daily" end
    return self:options(given, listing_options)
  end
end

local function maybe_listing(self) return self.from:choose(2) == 1 and listing()(self) or nil end

local function device(self)
  self.once = (self.once or 0) + 1
  return ("once-%d"):format(self.once)
end

local function command(self)
  local given = {}
  if self.from:choose(4) == 3 then given.confirm, given.meter, given.deadline = true, "000100000001", 30 end
  for _, name in ipairs { "before_send", "last_check", "not_sent", "interrupted" } do
    if self.from:choose(4) == 3 then given[name] = self:fn() end
  end
  return self:options(given, command_options)
end

-- What a client calls does something first, and is what it was.
local function calling_back(self, store)
  return setmetatable({}, { __index = function(_, name)
    local method = store[name]
    if type(method) ~= "function" then return method end
    return function(_, ...)
      self:act()
      return method(store, ...)
    end
  end })
end

-- Not the file store: its times are the host's, which the virtual clock outruns.
local function a_store(self)
  if self.from:choose(3) == 2 then return calling_back(self, imr.store.memory()) end
  return imr.store.memory()
end

local function check_event(self, event)
  if type(event) ~= "table" or type(event.type) ~= "string" then verdict.finding("an event without a type") end
  for name, value in pairs(event) do
    if type(value) == "string" then verdict.text(value, "event " .. name) end
  end
  if event.error then verdict.error(event.error, "event " .. event.type) end
  self:act()
end

-- With a transport of ours always: nothing is asked of a network.
local function with_transport(self, given)
  if type(rawget(given, "password")) == "string" then rawset(given, "password", verdict.PASSWORD) end
  local loop = rawget(given, "runtime")
  if type(loop) == "table" and self.given[loop] then debug.setmetatable(loop, nil) end -- half a runtime is nobody's
  if type(rawget(given, "transport")) ~= "function" then rawset(given, "transport", self.platform:transport()) end
  return given
end

local function new_client_options(self)
  local given = {
    username = "u", password = verdict.PASSWORD, transport = self.platform:transport(), store = a_store(self),
    runtime = self.runtime, retries = self.from:choose(4), page_size = 3, prefetch = self.from:choose(4),
    on_event = function(event) check_event(self, event) end,
  }
  return with_transport(self, self:options(given, new_options))
end

local function world_options(self)
  return self:options({ meters = 1 + self.from:choose(3), days = 1 }, { "meters", "days", "network", "latency",
    "faults", "totals", "empty", "values", "account", "on_request", "epoch", "utc_offset" })
end

local function world_client(self)
  return with_transport(self, self:options({ password = verdict.PASSWORD }, new_options))
end

local function some_functions(self)
  local list = {}
  for index = 1, self.from:choose(4) do list[index] = self:fn() end
  return list
end

local function any_decimal(self)
  local value = decimal.parse(("%d.%d"):format(self.from:choose(256), self.from:choose(256)))
  return value
end

local function endpoint(self) return listings[self.from:choose(#listings) + 1] end
local function any(self) return self:any() end
local function nothing() end
local function handle(self) return self:handle() end

local ROUNDINGS = { "half_up", "half_even", "up", "down" }

local function places(self) return self.from:choose(12) end
local function rounding(self) return ROUNDINGS[self.from:choose(#ROUNDINGS + 1) + 1] end

-- By module and by class: functions and methods with what they usually take.
local modules = {
  imr = { imr, { new = { new_client_options }, run = { fn, any, any }, all = { some_functions }, sleep = { seconds },
    schema = {} } },
  time = { imr.time, { parse = { text, nothing }, format = { seconds, nothing } } },
  decimal = { decimal, { parse = { text }, of = { text },
    power = { function(self) return self.from:choose(40) - 20 end } } },
  metrics = { imr.metrics, { samples = { handle }, prometheus = { handle }, format = { function()
    return { { family = "imr_logins_total", suffix = "", labels = {}, value = 1 } }
  end } } },
  testing = { require "imr.testing", { new = { world_options } } },
  store = { imr.store, { memory = {}, file = { function() return { path = directory .. "/store" } end },
    shdict = { any },
    redis = { function() return { host = "127.0.0.1", port = 1, timeout = 0.01 } end } } },
}

local classes = {
  client = {
    meters = { listing() }, latest_readings = { listing() }, readings = { listing(true) },
      tou_readings = { listing(true) },
    consumption = { listing(true, true) }, camera_readings = { listing(true) }, meter = { number_text, maybe_listing },
    latest_reading = { number_text, maybe_listing }, disconnect = { device, command }, reconnect = { device, command },
    request_reading = { device, command }, login = { nothing }, spacing = { endpoint }, stats = {}, metrics = {},
      close = {},
      new = false,
  },
  cursor = { next = {}, pages = {}, collect = {}, close = {}, new = false },
  decimal = { number = {}, abs = {}, is_zero = {}, round = { places, rounding },
    divide = { any_decimal, places, rounding } },
  world = { now = {}, sleep = { seconds }, transport = {}, client = { world_client }, run = { fn, any } },
}

-- ---------------------------------------------------------------- what may stand in a usual argument's place

-- A client of anybody's options would ask a network; a store of anybody's path would write there.
local tamed = {
  new = function(self, value) return type(value) == "table" and with_transport(self, value) or value end,
  client = function(self, value) return type(value) == "table" and with_transport(self, value) or value end,
  file = function(_, value) return type(value) ~= "table" and value or nil end,
  redis = function(_, value) return type(value) ~= "table" and value or nil end,
}

local function arguments(self, makers, name)
  return self:arguments(makers, function(index, value)
    if index == 1 and tamed[name] then return tamed[name](self, value) end
    return value
  end)
end

-- ---------------------------------------------------------------- steps

local module_names = { "imr", "time", "decimal", "imr", "testing", "store", "metrics" }
local functions = {}
for name, entry in pairs(modules) do functions[name] = surface.names(entry[1], entry[2], nil, "api") end

local class_of = {}
class_of[getmetatable(decimal.zero)] = "decimal"
class_of[getmetatable(modules.testing[1].new { meters = 1, days = 1 })] = "world"

local example = imr.new { username = "u", password = "p", transport = print, store = imr.store.memory() }
class_of[getmetatable(example)], class_of[getmetatable(example:meters())] = "client", "cursor"

local function class(object)
  local meta = type(object) == "table" and debug.getmetatable(object)
  return meta and class_of[meta]
end

local methods = {}
for meta, name in pairs(class_of) do methods[name] = surface.names(meta.__index, classes[name], nil, "api") end

-- Whatever returns nothing has to say why.
local returns_error = { login = true, meter = true, latest_reading = true, disconnect = true, reconnect = true,
  request_reading = true, collect = true }

local function judge(name, object, results)
  local first, err = results[1], results[2]
  if returns_error[name] and results.n > 0 and first == nil and not require("imr.errors").is(err) then
    verdict.finding("%s returned nil and %s", name, type(err))
  end
  rows.take(object, name, results)
end

local steps = {}

function steps.fn(self)
  local module = module_names[self.from:choose(#module_names) + 1]
  local name = functions[module][self.from:choose(#functions[module]) + 1]
  self:call(module .. "." .. name, modules[module][1][name], arguments(self, modules[module][2][name], name))
end

local function iterate(self, cursor, iterator)
  for _ = 1, 1 + self.from:choose(4) do
    local fine, results = self:call("pages' iterator", iterator)
    if not fine or not results[1] then break end
    rows.take(cursor, "page", results)
  end
end

function steps.method(self)
  local object = self:handle()
  local kind = class(object)
  if not kind then return end
  local meta = debug.getmetatable(object)
  local name = methods[kind][self.from:choose(#methods[kind]) + 1]
  if not classes[kind][name] then return end -- how the library makes one
  local on = self.from:choose(10) == 9 and self:any() or object
  local fine, results = self:call(kind .. ":" .. name, meta.__index[name], on, arguments(self, classes[kind][name],
    name))
  if not fine and name == "collect" then rows.forget(on) end
  if not fine then return end
  judge(name, on, results)
  if name == "pages" then iterate(self, on, results[1]) end
end

function steps.loop(self)
  local cursor = self:handle()
  if class(cursor) ~= "cursor" then return end
  for _ = 1, 1 + self.from:choose(9) do
    local fine, results = self:call("cursor()", cursor)
    if not fine or not results[1] then break end
    rows.take(cursor, "next", results)
  end
end

-- A client and a listing of it, read to some extent: what most of the rest needs.
function steps.client(self)
  local _, results = self:call("imr.new", imr.new, new_client_options(self))
  local client = results[1]
  if not client then return end
  local name = listings[self.from:choose(#listings) + 1]
  local _, made = self:call(name, client[name], client, table.unpack { classes.client[name][1](self) })
  if made[1] then rows.track(made[1], self.platform, name) end
end

local operators = {
  function(a, b) return a + b end, function(a, b) return a - b end, function(a, b) return a * b end,
  function(a, b) return a < b end, function(a, b) return a <= b end, function(a, b) return a == b end,
  function(a) return -a end, function(a) return tostring(a) end,
}

function steps.decimal(self)
  local a, b = any_decimal(self), self.from:choose(4) == 3 and self:any() or any_decimal(self)
  if self.from:choose(4) == 3 then a, b = b, a end
  self:call("a decimal's operator", operators[self.from:choose(#operators) + 1], a, b)
end

function steps.show(self)
  local object = self:handle()
  if class(object) then self:call("tostring", tostring, object) end
end

function steps.by_hand(self)
  local object = self:handle()
  if class(object) == "cursor" then return steps.loop(self) end -- its one way by hand, of which the rows count
  self:by_hand(object)
end
function steps.hold(self) self:keep(self:any()) end

function steps.collect(self) self:forget() end

function steps.as_coroutine(self)
  local thread = coroutine.create(self:fn())
  for _ = 1, 1 + self.from:choose(4) do
    if not coroutine.resume(thread) then break end
  end
end

local choices = { "client", "method", "method", "loop", "method", "fn", "decimal", "by_hand", "collect", "method",
  "show", "as_coroutine", "hold", "loop", "fn", "method" }

local function step(self)
  steps[choices[self.from:choose(#choices) + 1]](self)
end

-- ---------------------------------------------------------------- an input

io.stderr = { write = function(_, ...) verdict.text(table.concat { ... }, "a warning") end } -- luacheck: ignore 122

local count = 0

return function(input)
  local self = Hostile.new(bytes.of(input))
  self.runtime = Plain.new(virtual())
  self.platform = platform.new(self, self.runtime)
  runtime.replace(self.runtime)
  self:run(step, STEPS)
  rows.check()
  runtime.replace(nil)
  self.handles = {}
  count = count + 1
  if count % 16 == 0 then collectgarbage() end
  verdict.raise()
end
