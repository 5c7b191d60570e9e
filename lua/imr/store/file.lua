-- The store of one host: pace, token and login lock in files of one directory, for all processes of one user.
--
-- The slots are in a mapped file and are taken without a lock (csrc/slots/layout.h); the login lock is there too. All
-- goes by the host's boot clock, so a clock that is set changes nothing.

local Listeners = require "imr.store.listeners"
local check_kinds = require "imr.base.options"
local clock = require "imr.store.clock"
local core = require "imr.core"
local record = require "imr.store.record"
local runtime = require "imr.runtime"
local state_path = require "imr.base.state_path"
local system = require "imr.os"

---@class imr.Store.file
local File = {}
File.__index = File
File.__name = "imr.store.file"

local boot = core.boot()

---@param options? { path: string? } a directory of one's own; by default $XDG_STATE_HOME/imr or ~/.local/state/imr
---@return imr.Store.file
function File.new(options)
  options = options or {}
  local problem = check_kinds(options, { path = "string" }, "file store ")
  if problem then error(problem, 3) end
  local path = options.path or state_path()
  if not path or path == "" then
    error("the file store needs a path: there is no HOME or XDG_STATE_HOME to find one", 3)
  end
  if path:find("\0", 1, true) then error("file store path holds a NUL", 3) end
  path = path:gsub("(.)/+$", "%1") -- behind a slash a link would be followed
  return setmetatable({
    path = path, shift = clock.new(), told = {}, listeners = Listeners.new(),
  }, File)
end

function File:listen(emit)
  self.listeners:add(emit)
end

function File:__tostring()
  return "imr.store.file(" .. self.path .. ")"
end

-- ---------------------------------------------------------------- slots

local BUILDING, AGAIN = 2, 0.005 -- seconds: far longer than to build the file takes, and between two tries

-- Nil alone while another process has it locked.
local function try_to_open(self)
  local ok, message = system.private_directory(self.path)
  if not ok then return nil, message end
  local slots, damaged = core.slots_open(self.path .. "/slots")
  if not slots then return nil, damaged end
  if damaged then self.listeners:tell(self.path .. "/slots was damaged: built anew") end
  self.slots = slots
  return slots
end

-- Others may open it while this one waits.
local function open(self, longest)
  local ends = core.now() + math.min(BUILDING, longest)
  while not self.slots do
    local slots, message = try_to_open(self)
    if message then return nil, message end
    if not slots and core.now() >= ends then return nil end
    if not slots then runtime.current():sleep(AGAIN) end
  end
  return self.slots
end

local function reopen(self)
  self.slots:close()
  self.slots = nil
end

-- Runs an operation on the slots; when the file was replaced or damaged meanwhile, once more on the one that is there
-- now. `longest`: seconds that it may wait while another process builds the file.
local function with_slots(self, longest, name, ...)
  for _ = 1, 2 do
    local slots, message = open(self, longest)
    if not slots then return nil, nil, message or self.path .. "/slots is locked by another process", not message end
    local result, wait, problem = slots[name](slots, ...)
    if result or wait then return result, wait end
    if problem then return nil, nil, self.path .. "/slots " .. problem end
    reopen(self)
  end
  return nil, nil, self.path .. "/slots is damaged again and again: who else writes to it?"
end

function File:reserve(key, interval, now, max_wait, unused)
  local shift = self.shift(now)
  local start, wait, problem = with_slots(self, max_wait, "reserve", key, interval, max_wait,
    unused and unused.start + shift, unused and unused.interval)
  return start and start - shift, wait, problem
end

function File:look(key, now)
  local wait, _, problem = with_slots(self, BUILDING, "look", key)
  if not wait then return nil, problem end
  return now + wait
end

function File:push_back(key, time, now)
  local _, _, problem = with_slots(self, BUILDING, "push_back", key, time + self.shift(now))
  if problem then self.listeners:tell("the pace could not be slowed down for all: " .. problem) end
end

-- ---------------------------------------------------------------- token and lock

local function file_of(self, key, ending)
  return ("%s/%s.%s"):format(self.path, core.fingerprint(key), ending)
end

-- Waiters look often; once is enough to say it.
local function tell_once(self, path)
  if not self.told[path] then self.listeners:tell(path .. " is not a token record: left out of account") end
  self.told[path] = true
end

function File:get_token(key, now)
  local path = file_of(self, key, "token")
  local text, message, too_long = system.private_read(path)
  if not text and not too_long then return nil, message end
  local found, damaged
  if text then found, damaged = record.decode(text, self.shift(now), boot) end
  if damaged or too_long then tell_once(self, path) end
  return found
end

function File:put_token(key, value, now)
  local ok, message = system.private_directory(self.path)
  if not ok then return nil, message end
  local path = file_of(self, key, "token")
  self.told[path] = nil
  return system.private_write(path, record.encode(value, self.shift(now), boot))
end

local function lock_key(key)
  return key .. "|lock"
end

-- It ends with its time, or with its process. Owners keep what it was last taken with.
function File:lock(key, _, ttl, owner)
  local held, _, problem, busy = with_slots(self, 0, "lock", lock_key(key), ttl, owner and owner.held)
  if not held then return nil, not busy and problem or nil end
  owner = owner or {}
  owner.held = held
  return owner
end

function File:unlock(key, owner)
  if self.slots then self.slots:unlock(lock_key(key), owner.held) end
end

return File
