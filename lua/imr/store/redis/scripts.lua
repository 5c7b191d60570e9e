-- What has to happen in one step on Redis. Each script has the key of its own and that of MADE, and goes by Redis's own
-- clock, in microseconds.

local scripts = {}

local NOW = [[
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
]]

-- A slot is 'next seen': when the next request may leave, and when that was last looked at. When the clock was set back
-- since, the queue keeps its length instead of waiting for the clock to come round again.
local SLOT = NOW .. [[
local found, seen = string.match(redis.call('GET', KEYS[1]) or '', '^(%d+) (%d+)$')
local next
if found then
  next, seen = tonumber(found), tonumber(seen)
  if now < seen then next = now + math.max(0, next - seen) end
end
local function keep()
  local life = math.ceil(math.max(0, next - now) / 1000) + 60000
  redis.call('SET', KEYS[1], whole(next) .. ' ' .. whole(now), 'PX', life)
end
]]

-- When this Redis was first seen by us: what left before is not known. Kept for a month.
local MADE = [[
local function made()
  local at = tonumber(redis.call('GET', KEYS[2]) or '')
  if at and at <= now then return at end
  redis.call('SET', KEYS[2], whole(now), 'PX', 2592000000)
  return now
end
]]

-- interval, longest wait, pause after Redis may have lost what it held, the slot that was given last and not used (its
-- start and interval, or 0) -> '1', wait, start  or  '0', wait
scripts.reserve = SLOT .. MADE .. [[
local interval, max_wait = tonumber(ARGV[1]), tonumber(ARGV[2])
local unused, behind = tonumber(ARGV[4]), tonumber(ARGV[5])
if next and unused > 0 and next == unused + behind then next = unused end
next = math.max(next or made() + interval, now + tonumber(ARGV[3]))
local start = math.max(next, now)
if start - now > max_wait then return {'0', whole(start - now)} end
next = start + interval
keep()
return {'1', whole(start - now), whole(start)}
]]

-- -> microseconds until the next slot is free
scripts.look = SLOT .. [[
return whole(math.max(0, (next or now) - now))
]]

-- time from now
scripts.push_back = SLOT .. [[
next = math.max(next or now, now + tonumber(ARGV[1]))
keep()
return 1
]]

-- text, life in milliseconds: kept with the time at which it was put
scripts.put = NOW .. [[
redis.call('SET', KEYS[1], whole(now) .. ' ' .. ARGV[1], 'PX', ARGV[2])
return 1
]]

-- -> microseconds since it was put, text
scripts.get = NOW .. [[
local stored = redis.call('GET', KEYS[1])
if not stored then return false end
local put, text = string.match(stored, '^(%d+) (.*)$')
if not put then return {'0', stored} end
return {whole(math.max(0, now - tonumber(put))), text}
]]

-- owner, life in milliseconds -> 1, or 0 while somebody else has it. Who asks twice, because the first answer was
-- lost, has it.
scripts.lock = [[
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
]]

-- owner: nobody deletes a lock that has gone to somebody else meanwhile
scripts.unlock = [[
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
]]

return scripts
