-- Values of every type, and functions that do everything: raise, yield, collect, call back. The input chooses.
local verdict = require "verdict"

local unpack = table.unpack

---@class fuzz.Hostile
---@field from table the input as choices
---@field handles any[] objects that calls have given
local Hostile = {}
Hostile.__index = Hostile

local MOST = 400      -- values and calls back of one input
local DEEPEST = 3     -- of tables in tables, and of calls out of calls
local MOST_HANDLES = 12

local LONG = ("x"):rep(70000)

local numbers = { 0, 1, -1, 2, 0.5, -0.5, 1e-300, 1e300, -1e300, math.huge, -math.huge, 0 / 0, 2 ^ 31, 2 ^ 32, 2 ^ 53,
  -2 ^ 53, math.maxinteger, math.mininteger, 1752000000, 1000, 1001, 65536, 1e9, -0.0 }

local texts = { "", "\0", "a\0b", "\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "%s%d%n", "a\nb\27[1m", LONG, "1", "-1",
  "nan",
  "0x10", "1e3", "2025-07-06", "2025-07-08 12:00:00", "readings", "meters", "instruct", "string", "000100000001",
  "k", "__index", "number", "from", "token", "1e400", (" "):rep(100) }

---@param from table see bytes.lua
---@param handles? any[] to begin with
function Hostile.new(from, handles)
  return setmetatable({ from = from, handles = handles or {}, left = MOST, depth = 0, raised = {},
    raised_nothing = false,
    given = {}, actions = {} }, Hostile)
end

--- Adds a way in which functions call back; `actions` of the target.
function Hostile:may(action)
  table.insert(self.actions, action)
end

--- Keeps an object that was given out.
function Hostile:keep(value)
  if type(value) ~= "userdata" and type(value) ~= "table" and type(value) ~= "function" then return end
  if #self.handles < MOST_HANDLES then
    table.insert(self.handles, value)
  else
    self.handles[self.from:choose(MOST_HANDLES) + 1] = value
  end
end

--- Forgets one of them, and collects what nobody has any more.
function Hostile:forget()
  if #self.handles > 0 then table.remove(self.handles, self.from:choose(#self.handles) + 1) end
  collectgarbage()
end

function Hostile:handle()
  if #self.handles == 0 then return nil end
  return self.handles[self.from:choose(#self.handles) + 1]
end

--- Is this a value that the fuzzer made, or has raised?
function Hostile:is_own(value)
  if value == nil or value ~= value then return self.raised_nothing end
  if type(value) == "string" then return value:find("fuzz raised", 1, true) ~= nil or self.raised[value] == true end
  return self.given[value] == true or self.raised[value] == true
end

-- ---------------------------------------------------------------- values

local makers = {}

local function own(self, value)
  self.given[value] = true
  return value
end

function makers.boolean(self) return self.from:choose(2) == 1 end
function makers.number(self) return numbers[self.from:choose(#numbers) + 1] end
function makers.any_number(self) return self.from:number() end
function makers.text(self) return self.from:text() end
function makers.odd_text(self) return texts[self.from:choose(#texts) + 1] end

function makers.table(self)
  local made = own(self, {})
  for index = 1, self.from:choose(4) do made[index] = self:any() end
  for _ = 1, self.from:choose(3) do made[self.from:text()] = self:any() end
  return made
end

function makers.cycle(self)
  local made = own(self, {})
  made[1], made.self = made, made
  return made
end

local EVENTS = { "__index", "__newindex", "__len", "__pairs", "__tostring", "__call", "__eq", "__lt", "__le",
  "__concat", "__close", "__gc", "__name", "__metatable", "__unm", "__add", "__mode" }

-- What some of them have to be, or Lua itself refuses.
local function metamethod(self, name)
  if name == "__name" or name == "__metatable" then return self.from:text() end
  if name == "__mode" then return "k" end
  if name == "__tostring" then
    return own(self, function() self:act() return self.from:text() end)
  elseif name == "__len" then
    return own(self, function() self:act() return self.from:choose(4) end)
  elseif name == "__pairs" then
    return own(self, function(t) self:act() return next, t, nil end)
  elseif name == "__gc" then
    return own(self, function() end) -- Lua only warns of what it raises; calls back from here are in finalizer specs
  end
  return self:fn()
end

function makers.hostile_table(self)
  local meta = {}
  for _ = 0, self.from:choose(3) do
    local name = EVENTS[self.from:choose(#EVENTS) + 1]
    meta[name] = metamethod(self, name)
  end
  return setmetatable(makers.table(self), meta)
end

function makers.fn(self) return self:fn() end
function makers.handle(self) return self:handle() end

function makers.thread(self)
  local made = own(self, coroutine.create(self:fn()))
  if self.from:choose(2) == 1 then coroutine.resume(made) end
  return made
end

function makers.file()
  local file = io.tmpfile() or io.stdout
  if file ~= io.stdout then file:close() end
  return file
end

function makers.weak(self) return setmetatable(own(self, {}), { __mode = "v" }) end

-- nil comes first: where the input has ended, everything is nothing.
local kinds = { "boolean", "number", "any_number", "text", "odd_text", "table", "cycle", "hostile_table", "fn",
  "handle", "thread", "file", "weak", "number", "odd_text", "handle" }

function Hostile:spend()
  self.left = self.left - 1
  return self.left > 0
end

---@return any
function Hostile:any()
  local kind = kinds[self.from:choose(#kinds + 1)]
  if not kind or self.depth >= DEEPEST or not self:spend() then return nil end
  self.depth = self.depth + 1
  local value = makers[kind](self)
  self.depth = self.depth - 1
  return value
end

---@return any ... up to four values
function Hostile:several()
  local count = self.from:choose(5)
  local values = {}
  for index = 1, count do values[index] = self:any() end
  return unpack(values, 1, count)
end

--- Arguments of a call: usual ones, but now and then any, too few or too many.
---@param usual (fun(self): any)[] a maker each
---@param tame? fun(index: integer, value: any): any what may stand in their place
---@return any ...
function Hostile:arguments(usual, tame)
  local count, values = #usual, {}
  local more = self.from:choose(8)
  if more == 7 then count = self.from:choose(count + 1) elseif more >= 5 then count = count + more - 4 end
  for index = 1, count do
    if usual[index] and self.from:choose(6) ~= 5 then
      values[index] = usual[index](self)
    else
      values[index] = self:any()
      if tame then values[index] = tame(index, values[index]) end
    end
  end
  return unpack(values, 1, count)
end

--- A table of options, some of which become any value.
---@param options table
---@param names string[] of the options that there are
function Hostile:options(options, names)
  for _ = 1, self.from:choose(3) do options[names[self.from:choose(#names) + 1]] = self:any() end
  if self.from:choose(16) == 15 then options[self.from:text()] = self:any() end
  self.given[options] = true
  return options
end

-- ---------------------------------------------------------------- functions

--- Raises a value of any type, which is known as the fuzzer's own from then on.
function Hostile:raise()
  local value = self:any()
  if value == nil or value ~= value then
    self.raised_nothing = true
  else
    if type(value) == "string" then value = "fuzz raised " .. value end
    self.raised[value] = true
  end
  error(value, 0)
end

local doings = {}

function doings.nothing() end
function doings.raise(self) self:raise() end
function doings.collect() collectgarbage() end
function doings.step() collectgarbage("step") end
function doings.yield() if coroutine.isyieldable() then coroutine.yield() end end

function doings.metamethod(self)
  local object = self:handle()
  if type(object) == "userdata" then self:by_hand(object) end
end

function doings.call_back(self)
  local action = self.actions[self.from:choose(math.max(1, #self.actions)) + 1]
  if action then action(self) end
end

local what = { "raise", "collect", "call_back", "metamethod", "yield", "call_back", "step" }

--- Does something that a callback may do.
function Hostile:act()
  local name = what[self.from:choose(#what + 1)]
  if not name or self.depth >= DEEPEST or not self:spend() then return end
  self.depth = self.depth + 1
  local fine, problem = pcall(doings[name], self)
  self.depth = self.depth - 1
  if not fine then error(problem, 0) end
end

---@return function that does two things and returns anything
function Hostile:fn()
  return own(self, function()
    self:act()
    self:act()
    return self:several()
  end)
end

--- Calls one of an object's metamethods as nobody should.
function Hostile:by_hand(object)
  local meta = debug.getmetatable(object)
  if type(meta) ~= "table" or self.given[object] then return end
  local names = {}
  for name, value in next, meta do
    if type(value) == "function" and name:sub(1, 2) == "__" then names[#names + 1] = name end
  end
  table.sort(names)
  if #names == 0 then return end
  local name = names[self.from:choose(#names) + 1]
  local first = type(object) == "userdata" and self.from:choose(3) == 2 and self:any() or object
  self:call("metamethod " .. name, meta[name], first, self:several())
end

-- ---------------------------------------------------------------- calls

--- Steps, as many as the input has bytes for, which callbacks may take as well.
---@param step fun(self)
---@param most integer
function Hostile:run(step, most)
  self:may(step)
  verdict.run(function()
    for _ = 1, most do
      if not self.from:more() then break end
      step(self)
    end
  end)
end

-- Not as a tail call: errors are to name this line.
local function call(fn, ...)
  local results = table.pack(fn(...))
  return results
end

--- Calls a function of the API and judges what it raises or returns.
---@param name string for the report
---@return boolean fine
---@return table results
function Hostile:call(name, fn, ...)
  local fine, results = pcall(call, fn, ...)
  local function is_own(value) return self:is_own(value) end
  if fine then
    verdict.returned(results, name, is_own)
  else
    verdict.raised(results, name, is_own)
    results = { n = 0 }
  end
  for index = 1, results.n do
    if not self:is_own(results[index]) then self:keep(results[index]) end
  end
  return fine, results
end

return Hostile
