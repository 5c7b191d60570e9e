-- The store of several hosts: pace, token and login lock in Redis, on Redis's clock, one script for each step.
--
-- When Redis is away a call fails, unless fallback = "memory": then this process keeps a pace of its own, and says so.

local Listeners = require "imr.store.listeners"
local check_kinds = require "imr.base.options"
local client = require "imr.store.redis.client"
local clock = require "imr.store.clock"
local copy = require "imr.base.copy"
local core = require "imr.core"
local memory = require "imr.store.memory"
local record = require "imr.store.record"
local scripts = require "imr.store.redis.scripts"

---@class imr.Store.redis
local Redis = {}
Redis.__index = Redis
Redis.__name = "imr.store.redis"

local AWAY = 5                -- with a fallback: seconds before Redis is tried again

local defaults = { host = "127.0.0.1", port = 6379, prefix = "imr:", timeout = 2 }
local kinds = {
  host = "string", port = "number", db = "number", password = "string", prefix = "string", tls = "boolean",
  ca_file = "string", timeout = "number", fallback = "string", user = "string", path = "string",
}

local function check(options)
  local problem = check_kinds(options, kinds, "redis ")
  if problem then return problem end
  if options.fallback and options.fallback ~= "memory" then return "redis option 'fallback' must be \"memory\"" end
  if options.user and not options.password then return "redis option 'user' goes with a password" end
  if options.path and (options.host or options.port or options.tls) then
    return "redis option 'path' goes without host, port and tls"
  end
end

---What the Redis store takes.
---@class imr.RedisOptions
---@field host? string 127.0.0.1
---@field port? integer 6379
---@field path? string of a Unix socket, instead of host and port
---@field db? integer
---@field user? string of Redis 6 and later
---@field password? string
---@field prefix? string of all keys, "imr:"
---@field tls? boolean with the server's certificate verified
---@field ca_file? string certificates to verify with, plain Lua only; in nginx use lua_ssl_trusted_certificate
---@field timeout? number seconds for one step (2)
---@field fallback? "memory" keep a pace of one's own while Redis is away, instead of failing

---@param options? imr.RedisOptions
---@return imr.Store.redis
function Redis.new(options)
  local problem = check(options or {})
  if problem then error(problem, 3) end
  local settings = copy(defaults, options)
  local self = setmetatable({ prefix = settings.prefix, shas = {}, last = {}, on_spare = {} }, Redis)
  self.shift, self.later = clock.new()
  self.listeners = Listeners.new()
  self.spare = settings.fallback and memory.new() or nil
  self.command, self.drop = client.new(settings) -- closures, because they have the password
  return self
end

function Redis:listen(emit)
  self.listeners:add(emit)
end

function Redis:__tostring()
  return "imr.store.redis(" .. self.prefix .. ")"
end

-- ---------------------------------------------------------------- Redis, or what stands in for it

local counter = 0

-- A name that nobody else has: time, an address of ours, which a fork's child has too, the process, a number.
local function unique()
  counter = counter + 1
  return ("%.6f-%s-%d-%d"):format(core.now(), tostring({}):match("%w+$"), core.process_id(), counter)
end

local function are_numbers(reply, count)
  if type(reply) ~= "table" then return false end
  for index = 1, count do
    if type(reply[index]) ~= "string" or not tonumber(reply[index]) then return false end
  end
  return true
end

local function is_number(reply) return type(reply) == "number" end

-- What each script may answer (redis_scripts.lua).
local is_answer = {
  reserve = function(reply) return are_numbers(reply, 2) and (reply[1] == "0" or are_numbers(reply, 3)) end,
  look = function(reply) return are_numbers({ reply }, 1) end,
  get = function(reply) return reply == nil or (are_numbers(reply, 1) and type(reply[2]) == "string") end,
  push_back = is_number, put = is_number, lock = is_number, unlock = is_number,
}

-- Whoever is answered what makes no sense may be reading somebody else's answers: no more over that connection.
local function checked(self, name, reply, message)
  if message then return nil, "redis: " .. message end
  if is_answer[name](reply) then return reply end
  self.drop()
  return nil, ("redis: what was answered to '%s' makes no sense"):format(name)
end

-- A connection that broke may be that of a Redis which has been restarted, without what it held.
---@return any reply
---@return string|nil message
---@return boolean|nil again over another connection. Each step bears being done twice: at worst a slot is wasted
local function send(self, ...)
  local reply, message, broken = self.command(...)
  if broken then self.lost_at = core.now() end
  return reply, message, broken and not message:find("timeout", 1, true)
end

local function command(self, ...)
  local reply, message, again
  repeat reply, message, again = send(self, ...) until not again
  return reply, message
end

-- One script, which is loaded first when Redis does not know it. One that has forgotten it may have lost all else too.
---@return any reply
---@return string|nil message
---@return boolean|nil again
local function try(self, name, key, ...)
  local known = self.shas[name]
  if not known then
    local sha, problem = command(self, "script", "load", scripts[name])
    if type(sha) ~= "string" then return checked(self, name, false, problem) end
    self.shas[name] = sha
  end
  local made = self.prefix .. "made"
  local reply, message, again = send(self, "evalsha", self.shas[name], 2, self.prefix .. key, made, ...)
  if known and message and message:find("NOSCRIPT", 1, true) then
    self.shas[name], self.lost_at, again = nil, core.now(), true
  end
  if again then return nil, nil, true end
  return checked(self, name, reply, message)
end

local function run(self, name, key, ...)
  local reply, message, again
  repeat reply, message, again = try(self, name, key, ...) until not again
  return reply, message
end

-- Does the step on Redis; while Redis is away, on the fallback, if there is one.
-- on_redis() -> result, detail | nil, nil, message
local function with_redis(self, now, on_redis, on_spare)
  if not (self.away_until and now < self.away_until) then
    local result, detail, message = on_redis()
    if not message then
      if self.away_until then self.listeners:tell("Redis is back: the pace is shared again") end
      self.away_until = nil
      return result, detail
    end
    if not self.spare then return nil, nil, message end
    if not self.away_until then
      self.listeners:tell(message .. "; this process keeps a pace and a token of its own until Redis is back")
    end
    self.away_until = now + AWAY
  end
  return on_spare(self.spare)
end

-- ---------------------------------------------------------------- slots

local function micros(seconds)
  return ("%.0f"):format(math.min(seconds, 1e9) * 1e6)
end

-- The last slot that Redis gave may have been just now: the fallback begins an interval later.
local function reserve_spare(self, spare, key, interval, now, max_wait, unused)
  if not self.on_spare[key] then spare:push_back(key, now + interval, now) end
  self.on_spare[key] = true
  return spare:reserve(key, interval, now, max_wait, unused)
end

-- Redis does not know what left while it was away.
local function catch_up(self, key, now)
  if not self.on_spare[key] then return nil end
  local _, message = run(self, "push_back", key, micros(self.spare:look(key, now) - now))
  if not message then self.on_spare[key] = nil end
  return message
end

-- A slot that Redis has lost may have been used just before: then the next is an interval later.
local function pause_after_loss(self, interval)
  return self.lost_at and math.max(0, self.lost_at + interval - core.now()) or 0
end

-- The slot that the caller has not used, as Redis gave it: its start there and the interval; "0" when it is not the
-- last one.
local function last_given(self, key, unused)
  local last = self.last[key]
  if not unused or not last or last.ends ~= unused.start + unused.interval then return "0", "0" end
  return last.time, last.interval
end

-- Redis looked at its clock at some time before now: counted from now, the slot is never too early.
local function reserve(self, key, interval, now, max_wait, unused)
  local began = core.now()
  local time, behind = last_given(self, key, unused)
  local reply, message, again
  repeat
    reply, message, again = try(self, "reserve", key, micros(interval), micros(max_wait),
      micros(pause_after_loss(self, interval)), time, behind)
  until not again
  if message then return nil, nil, message end
  local wait = tonumber(reply[2]) / 1e6
  if reply[1] == "0" then return nil, wait end
  local start = self.later(now + (core.now() - began)) + wait
  self.last[key] = { ends = start + interval, time = reply[3], interval = micros(interval) }
  return start
end

function Redis:reserve(key, interval, now, max_wait, unused)
  return with_redis(self, now, function()
    local behind = catch_up(self, key, now)
    if behind then return nil, nil, behind end
    return reserve(self, key, interval, now, max_wait, unused)
  end, function(spare) return reserve_spare(self, spare, key, interval, now, max_wait, unused) end)
end

function Redis:look(key, now)
  local at, _, message = with_redis(self, now, function()
    local reply, problem = run(self, "look", key)
    if problem then return nil, nil, problem end
    return now + tonumber(reply) / 1e6
  end, function(spare) return spare:look(key, now) end)
  return at, message
end

function Redis:push_back(key, time, now)
  with_redis(self, now, function()
    local _, message = run(self, "push_back", key, micros(math.max(0, time - now)))
    return nil, nil, message
  end, function(spare)
    self.on_spare[key] = true
    spare:push_back(key, time, now)
  end)
end

-- ---------------------------------------------------------------- token and lock

-- The encoding has a key of its own, because it outlives the token.
local function encoding_only(self, key)
  local encoding, message = command(self, "get", self.prefix .. key .. "|encoding")
  if message then return nil, nil, "redis: " .. message end
  return (encoding == "json" or encoding == "form") and { encoding = encoding } or nil
end

-- A record is written with times counted from the moment of writing, and Redis tells how long ago that was.
-- What was found is put on the fallback too, which then needs no login of its own.
function Redis:get_token(key, now)
  local found, _, problem = with_redis(self, now, function()
    local reply, message = run(self, "get", key)
    if message then return nil, nil, message end
    local known, damaged
    if reply then known, damaged = record.decode(reply[2], tonumber(reply[1]) / 1e6 - self.later(now)) end
    if damaged and not self.damaged then self.listeners:tell("what Redis has is not a token record") end
    self.damaged = damaged -- waiters look often; once is enough to say it
    if not known then return encoding_only(self, key) end
    if self.spare then self.spare:put_token(key, known) end
    return known
  end, function(spare) return spare:get_token(key) end)
  return found, problem
end

local function milliseconds(seconds)
  return ("%.0f"):format(seconds * 1000)
end

local function put(self, key, value, now)
  local text = record.encode(value, -self.later(now))
  local _, message = run(self, "put", key, text, milliseconds(record.life_of(value)))
  if not message and value.encoding then
    _, message = command(self, "set", self.prefix .. key .. "|encoding", value.encoding, "PX",
      milliseconds(record.ENCODING_LIFE))
  end
  return not message or nil, nil, message
end

function Redis:put_token(key, value, now)
  if self.spare then self.spare:put_token(key, value) end
  local ok, _, problem = with_redis(self, now, function() return put(self, key, value, now) end,
    function() return true end)
  return ok, problem
end

-- Whoever prolongs a lock after Redis went away, or came back, has it on both, and gives both back.
function Redis:lock(key, now, ttl, owner)
  local own = owner or {}
  local name = own.name or unique()
  local lock, _, problem = with_redis(self, now, function()
    local reply, message = run(self, "lock", key .. "|lock", name, milliseconds(ttl))
    if reply ~= 1 then return nil, nil, message end
    own.name = name
    return own
  end, function(spare)
    own.spare = spare:lock(key, now, ttl, own.spare)
    return own.spare and own
  end)
  return lock, problem
end

function Redis:unlock(key, owner)
  if owner.spare then self.spare:unlock(key, owner.spare) end
  if owner.name then run(self, "unlock", key .. "|lock", owner.name) end
end

return Redis
