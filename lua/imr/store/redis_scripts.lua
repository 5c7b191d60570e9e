-- What has to happen in one step on Redis. Each script has one key and goes by Redis's own clock, in microseconds.

local scripts = {}

local NOW = [[
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local function whole(number) return string.format('%.0f', number) end
]]

-- A slot is 'next seen pushed spacing' and the holders of what is still to come, each 'start lease owner': when the
-- next request may leave, when that was last looked at, before when none may, and the closest that two were ever set.
-- When the clock was set back since, the queue keeps its length instead of waiting for the clock to come round again.
local SLOT = NOW .. [[
local next, seen, pushed, spacing, holders = 0, now, 0, 0, {}
local words = {}
for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do words[#words + 1] = word end
if #words >= 4 then
  next, seen = tonumber(words[1]) or 0, tonumber(words[2]) or now
  pushed, spacing = tonumber(words[3]) or 0, tonumber(words[4]) or 0
end
for i = 5, #words - 2, 3 do
  local start = tonumber(words[i]) or 0
  if start > now then
    holders[#holders + 1] = { start = start, lease = tonumber(words[i + 1]) or 0, owner = words[i + 2] }
  end
end
if now < seen then
  next, pushed = now + math.max(0, next - seen), now + math.max(0, pushed - seen)
  holders = {}
end
local function holder_of(start)
  for i, holder in ipairs(holders) do
    if holder.start == start then return holder, i end
  end
end
local function keep()
  local text = { whole(next), whole(now), whole(pushed), whole(spacing) }
  for _, holder in ipairs(holders) do
    text[#text + 1] = whole(holder.start) .. ' ' .. whole(holder.lease) .. ' ' .. holder.owner
  end
  local life = math.ceil(math.max(0, next - now) / 1000) + 60000
  redis.call('SET', KEYS[1], table.concat(text, ' '), 'PX', life)
end
local function give_back(held, interval)
  local holder, i = holder_of(held)
  if next == held + interval then
    next = held
    if holder then table.remove(holders, i) end
  elseif holder then
    holder.lease = 0
  end
end
]]

-- A slot whose lease has run out is taken over, the earliest first. It keeps the distance to the next that its first
-- holder gave it, so it is for those only whom the shortest distance of all suits.
local TAKE_OVER = SLOT .. [[
local function take_over(owner, lease, interval, before)
  local found
  for _, holder in ipairs(holders) do
    local fits = holder.start >= pushed and holder.start + interval <= next and holder.start <= before
    if fits and interval <= spacing and holder.lease < now and not (found and found.start < holder.start) then
      found = holder
    end
  end
  if found then found.owner, found.lease = owner, lease end
  return found and found.start
end
]]

-- interval, longest wait, held slot or 0, owner, lease, pause where no slot is known
-- -> '1', wait, start, '1' if it has a lease  or  '0', wait
scripts.reserve = TAKE_OVER .. [[
local interval, max_wait, held = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local owner, lease = ARGV[4], now + tonumber(ARGV[5])
local MOST_HOLDERS = 64
if #words < 4 then next = now + tonumber(ARGV[6]) end
if held > 0 then give_back(held, interval) end
local found = take_over(owner, lease, interval, now + max_wait)
if found then
  keep()
  return {'1', whole(found - now), whole(found), '1'}
end
local start = math.max(next, now)
if start - now > max_wait then return {'0', whole(start - now)} end
next = start + interval
if spacing == 0 or interval < spacing then spacing = interval end
local leased = start > now and #holders < MOST_HOLDERS
if leased then holders[#holders + 1] = { start = start, lease = lease, owner = owner } end
keep()
return {'1', whole(start - now), whole(start), leased and '1' or '0'}
]]

-- interval, held slot, owner, lease -> '1', wait, start: an earlier one that has become free, or the same;
-- or '0' when it has gone to somebody else
scripts.keep = TAKE_OVER .. [[
local interval, held, owner = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
local lease = now + tonumber(ARGV[4])
local holder = holder_of(held)
if not holder or holder.owner ~= owner then return {'0'} end
holder.lease = lease
local start = take_over(owner, lease, interval, held - 1)
if start then give_back(held, interval) end
keep()
return {'1', whole((start or held) - now), whole(start or held)}
]]

-- interval, held slot
scripts.release = SLOT .. [[
if #words < 4 then return 1 end
give_back(tonumber(ARGV[2]), tonumber(ARGV[1]))
keep()
return 1
]]

-- time from now
scripts.push_back = SLOT .. [[
pushed = math.max(pushed, now + tonumber(ARGV[1]))
next = math.max(next, pushed)
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
