-- The store of one process. All of it lives in upvalues, so that no dump of the object shows a token.

local core = require "imr.core"

---@class imr.Store.memory
local memory = {}

-- A clock that was set back would make everybody wait for it to come round again: what was to come stays as far away
-- instead. Slots and locks have `next`, the time at which they are free.
local function follow_clock(one, now)
  if now < one.seen then one.next = now + math.max(0, one.next - one.seen) end
  one.seen = now
end

---@return imr.Store.memory
function memory.new()
  local slots, tokens, locks = {}, {}, {}
  local store = setmetatable({}, { __index = memory, __name = "imr.store.memory" })

  local function slot_of(key, now)
    local slot = slots[key]
    if not slot then
      slot = { next = now, seen = now }
      slots[key] = slot
    end
    follow_clock(slot, now)
    return slot
  end

  function store:reserve(key, interval, now, max_wait, unused)
    local slot = slot_of(key, now)
    local free = unused and core.pace_release(slot.next, unused.start, unused.interval) or slot.next
    local start, value = core.pace_reserve(free, now, interval, max_wait)
    if not start then return nil, value end
    slot.next = value
    return start
  end

  function store:look(key, now)
    return math.max(now, slot_of(key, now).next)
  end

  function store:push_back(key, time, now)
    local slot = slot_of(key, now)
    slot.next = math.max(slot.next, time)
  end

  function store:get_token(key)
    return tokens[key]
  end

  function store:put_token(key, record)
    tokens[key] = record
    return true
  end

  function store:lock(key, now, ttl, owner)
    local lock = locks[key]
    if lock then follow_clock(lock, now) end
    if lock and lock ~= owner and now < lock.next then return nil end
    lock = owner or {}
    lock.next, lock.seen = now + ttl, now
    locks[key] = lock
    return lock
  end

  function store:unlock(key, owner)
    if locks[key] == owner then locks[key] = nil end
  end

  return store
end

return memory
