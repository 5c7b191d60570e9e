-- The store of one nginx: pace, token and login lock in a lua_shared_dict, for all workers.
--
-- A dict has no compare-and-swap, but `add` is atomic. So a slot is a chain of versions, each a key of its own that
-- holds the time of the next request: whoever succeeds in adding version n + 1 has taken the slot after version n.
-- There is no lock that a killed worker could leave behind. Old versions expire. Nothing is ever evicted (safe_add,
-- safe_set): a slot that is gone would be given twice.

local clock = require "imr.store.clock"
local core = require "imr.core"
local host = require "imr.base.host"
local record = require "imr.store.record"

---@class imr.Store.shdict
local Shdict = {}
Shdict.__index = Shdict
Shdict.__name = "imr.store.shdict"

local MADE = "made"           -- when the dict was made, or first seen by us
local LEAST = 65536           -- bytes: 29 versions of a slot at each endpoint, the token, and what nginx itself takes
local LIFE = 60               -- seconds that a version outlives its use; the hint at the newest one twice that
local PAUSED = LIFE / 2       -- a worker that was stopped so long may hold a version that has expired since

-- A dict in which not even one account finds room would say so to everybody who wants to log in. (`capacity` comes with
-- lua-resty-core.)
local function room_problem(dict, name)
  local advice = ("give it more memory, as in `lua_shared_dict %s 1m;`, and nothing else to hold"):format(name)
  if dict.capacity and dict:capacity() < LEAST then
    return ("shared dict '%s' has %d KiB; an account takes up to %d: %s"):format(name, dict:capacity() / 1024,
      LEAST / 1024, advice)
  end
  local made, problem = dict:safe_add(MADE, core.now())
  if not made and problem ~= "exists" then return ("shared dict '%s' is full: %s"):format(name, advice) end
end

---@param options { name: string }
---@return imr.Store.shdict
function Shdict.new(options)
  local ngx = host.nginx()
  if not ngx then error("the shdict store works only inside nginx; use imr.store.file", 3) end
  local name = type(options) == "table" and options.name
  if type(name) ~= "string" then error('the shdict store needs the name of a lua_shared_dict: { name = "imr" }', 3) end
  local dict = ngx.shared[name]
  if not dict then
    error(("there is no shared dict '%s': add `lua_shared_dict %s 1m;` to the http block"):format(name, name), 3)
  end
  local problem = room_problem(dict, name)
  if problem then error(problem, 3) end
  return setmetatable({ name = name, dict = dict, shift = clock.new() }, Shdict)
end

function Shdict:__tostring()
  return "imr.store.shdict(" .. self.name .. ")"
end

-- ---------------------------------------------------------------- slots

-- The newest version of a slot. The hint may be behind: from there on the chain is walked.
local function newest(dict, key)
  local version = dict:get(key) or 0
  while dict:get(key .. "|" .. (version + 1)) do version = version + 1 end
  return version, dict:get(key .. "|" .. version)
end

local function failed(self, problem)
  return ("shared dict '%s': %s: give it more memory, and nothing else to hold"):format(self.name, problem)
end

-- A slot that is not there may have been used before nginx was started: nothing leaves before an interval has passed
-- since the dict was made.
local function first_slot(self, interval, now)
  return math.max(now, (self.dict:get(MADE) or now) + interval)
end

-- One try to replace the slot's time by what `change` makes of it: true, or nil when somebody else was quicker.
local function try_update(self, key, interval, change)
  local dict, began = self.dict, core.now()
  local version, next_slot = newest(dict, key)
  local changed = change(next_slot or first_slot(self, interval, began), began)
  if not changed then return true end
  local life = math.max(0, changed - began) + LIFE
  local added, problem = dict:safe_add(key .. "|" .. (version + 1), changed, life)
  if not added and problem ~= "exists" then return nil, failed(self, problem) end
  if not added or core.now() - began > PAUSED then return nil end
  dict:safe_set(key, version + 1, life + LIFE)
  return true
end

-- change(next, now) -> new next or nil; asked as often as somebody else was quicker.
local function update(self, key, interval, change)
  while true do
    local done, problem = try_update(self, key, interval, change)
    if done or problem then return done, problem end
  end
end

function Shdict:reserve(key, interval, now, max_wait, unused)
  local shift, start, wait = self.shift(now), nil, nil
  local ok, problem = update(self, key, interval, function(next_slot, time)
    if unused then next_slot = core.pace_release(next_slot, unused.start + shift, unused.interval) end
    local value
    start, value = core.pace_reserve(next_slot, time, interval, max_wait)
    if start then return value end
    wait = value
  end)
  if not ok then return nil, nil, problem end
  return start and start - shift, wait
end

function Shdict:look(key, now)
  local _, next_slot = newest(self.dict, key)
  return math.max(now, (next_slot or core.now()) - self.shift(now))
end

function Shdict:push_back(key, time, now)
  local shift = self.shift(now)
  update(self, key, 0, function(next_slot) return math.max(next_slot, time + shift) end)
end

-- ---------------------------------------------------------------- token and lock

-- The encoding has a key of its own, because it outlives the token.
function Shdict:get_token(key, now)
  local text = self.dict:get(key .. "|token")
  if text then return (record.decode(text, self.shift(now))) end
  local encoding = self.dict:get(key .. "|encoding")
  return encoding and { encoding = encoding } or nil
end

function Shdict:put_token(key, value, now)
  local text, life = record.encode(value, self.shift(now)), record.life_of(value)
  local ok, problem = self.dict:safe_set(key .. "|token", text, life)
  if ok and value.encoding then
    ok, problem = self.dict:safe_set(key .. "|encoding", value.encoding, record.ENCODING_LIFE)
  end
  if ok then return true end
  return nil, failed(self, problem)
end

local function is_there(pid)
  local file = io.open(("/proc/%s/stat"):format(pid))
  return file ~= nil and file:close()
end

-- A lock whose worker was killed in the middle of a login has one heir: whoever adds the key named after the dead.
local function inherits(dict, name, ttl)
  local before = dict:get(name)
  if not before or not is_there("self") or is_there(before:match("^%d+")) then return false end
  return dict:safe_add(name .. "|" .. before, true, ttl) == true
end

-- The owner's lock lasts anew, unless it has gone to somebody else meanwhile.
local function keep(self, name, ttl, owner)
  if self.dict:get(name) ~= owner then return nil end
  return self.dict:safe_set(name, owner, ttl) and owner or nil
end

function Shdict:lock(key, _, ttl, kept)
  local name = key .. "|lock"
  if kept then return keep(self, name, ttl, kept) end
  local owner = ("%d %.6f"):format(host.nginx().worker.pid(), core.now())
  local added, problem = self.dict:safe_add(name, owner, ttl)
  if problem == "exists" and inherits(self.dict, name, ttl) then
    added, problem = self.dict:safe_set(name, owner, ttl)
  end
  if added then return owner end
  return nil, problem ~= "exists" and failed(self, problem) or nil
end

function Shdict:unlock(key, owner)
  if self.dict:get(key .. "|lock") == owner then self.dict:delete(key .. "|lock") end
end

return Shdict
