-- What has to happen in one step on Redis. Each script has one key and goes by Redis's own clock, in microseconds.

local scripts = {}

local NOW = [[
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
]]

-- A slot is 'next seen': when the next request may leave, and when that was last looked at. When the clock was set
-- back since, the queue keeps its length instead of waiting for the clock to come round again.
local SLOT = NOW .. [[
local next, seen = 0, now
local stored = redis.call('GET', KEYS[1])
if stored then
  next, seen = string.match(stored, '^(%d+) (%d+)$')
  next, seen = tonumber(next) or 0, tonumber(seen) or now
end
if now < seen then next = now + math.max(0, next - seen) end
local function keep(time_of_next)
  local life = math.ceil(math.max(0, time_of_next - now) / 1000) + 60000
  redis.call('SET', KEYS[1], whole(time_of_next) .. ' ' .. whole(now), 'PX', life)
end
]]

-- interval, longest wait, held slot or 0 -> '1', wait, start  or  '0', wait
scripts.reserve = SLOT .. [[
local interval, max_wait, held = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if held > 0 and next == held + interval then next = held end
local start = math.max(next, now)
if start - now > max_wait then return {'0', whole(start - now)} end
keep(start + interval)
return {'1', whole(start - now), whole(start)}
]]

-- interval, held slot
scripts.release = SLOT .. [[
local interval, held = tonumber(ARGV[1]), tonumber(ARGV[2])
if next == held + interval then keep(held) end
return 1
]]

-- time from now
scripts.push_back = SLOT .. [[
keep(math.max(next, now + tonumber(ARGV[1])))
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
