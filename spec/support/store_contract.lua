-- What every store has to do: a list of { name, fn(tools) }. It runs in busted and inside nginx, so it needs neither.
--
-- tools:  store         a store that nobody has used
--         another()     one more way into it, as another process has
--         now()         the caller's clock
--         pass(seconds) lets time pass
--         key           that no other case uses
--         near          how exact a time can be
--         set_back      fun(seconds), where the clock can be set
--         foreign       a number of seconds: the store is asked on a clock that far from the host's

local FOREVER = math.huge
local STEP = 1 -- long enough to tell slots apart on a busy machine

local function fail(format, ...)
  error(format:format(...), 3)
end

local function same(expected, actual, what)
  if expected ~= actual then fail("%s: %s, not %s", what or "value", tostring(actual), tostring(expected)) end
end

local function checker(tools)
  return function(expected, actual, what)
    if type(actual) ~= "number" or math.abs(actual - expected) > tools.near then
      fail("%s: %s, not %s", what or "time", tostring(actual), tostring(expected))
    end
  end
end

-- Reserves and has to get it. `unused`: the start of a slot that was not used.
local function take(tools, store, key, unused)
  local slot = unused and { start = unused, interval = STEP }
  local start, wait, message = (store or tools.store):reserve(key or tools.key, STEP, tools.now(), FOREVER, slot)
  if not start then fail("no slot: %s", tostring(message or wait)) end
  return start
end

local function case_record(now)
  return {
    token = 'eyJ0b2tlbiI6MX0="\\/\n漢', id = "a login", obtained = now - 0.25, encoding = "form",
    failure = { kind = "network", code = 502, message = 'it said "no"', at = now - 1.5, retry_at = now + 7.25,
      backoff = 8 },
  }
end

local function is_record(near, expected, actual)
  for _, name in ipairs { "token", "id", "encoding" } do same(expected[name], actual[name], name) end
  near(expected.obtained, actual.obtained, "obtained")
  local failure = actual.failure or {}
  for _, name in ipairs { "kind", "code", "message", "backoff" } do
    same(expected.failure[name], failure[name], name)
  end
  near(expected.failure.at, failure.at, "failure.at")
  near(expected.failure.retry_at, failure.retry_at, "failure.retry_at")
end

local cases = {
  { "gives slots an interval apart, in the order of asking", function(tools)
    local near, first = checker(tools), tools.now()
    for number = 0, 4 do near(first + number * STEP, take(tools), "slot " .. number) end
  end },

  { "keeps one queue for all who share it", function(tools)
    local near, other = checker(tools), tools.another()
    local first = take(tools)
    near(first + STEP, take(tools, other))
    near(first + 2 * STEP, take(tools))
  end },

  { "keeps keys apart", function(tools)
    local near = checker(tools)
    take(tools)
    near(tools.now(), take(tools, nil, tools.key .. " other"))
  end },

  { "saves nothing up while nobody asks", function(tools)
    local near = checker(tools)
    take(tools)
    tools.pass(1.5 * STEP)
    near(tools.now(), take(tools))
    near(tools.now() + STEP, take(tools))
  end },

  { "takes no slot that is further away than max_wait", function(tools)
    local near, first = checker(tools), take(tools)
    local start, wait, message = tools.store:reserve(tools.key, STEP, tools.now(), STEP / 2)
    same(nil, start, "start")
    same(nil, message, "message")
    near(first + STEP - tools.now(), wait, "wait")
    near(first + STEP, take(tools), "the slot that was not taken")
  end },

  { "gives a free slot to whoever cannot wait", function(tools)
    local near = checker(tools)
    near(tools.now(), (tools.store:reserve(tools.key, STEP, tools.now(), 0)))
  end },

  { "lets a caller have its own slot again", function(tools)
    local near = checker(tools)
    local first = take(tools)
    local second = take(tools)
    near(second, take(tools, nil, nil, second))
    near(first + 2 * STEP, take(tools))
  end },

  { "gives a late caller with nobody behind it the next moment", function(tools)
    local near = checker(tools)
    local held = take(tools)
    tools.pass(STEP / 4)
    near(tools.now(), take(tools, nil, nil, held))
    near(tools.now() + STEP, take(tools))
  end },

  { "sends a late caller to the end of the queue behind it", function(tools)
    local near = checker(tools)
    local held = take(tools)
    local behind = take(tools, tools.another())
    near(behind + STEP, take(tools, nil, nil, held))
  end },

  { "takes back a slot that is still to come, where nobody has queued behind it", function(tools)
    local near, first = checker(tools), take(tools)
    local second = take(tools)
    near(second, (tools.store:reserve(tools.key, 3 * STEP, tools.now(), FOREVER, { start = second, interval = STEP })))
    near(first + 4 * STEP, take(tools))
  end },

  { "tells when the next slot is free, and takes none", function(tools)
    local near = checker(tools)
    near(tools.now(), (tools.store:look(tools.key, tools.now())), "of a new key")
    local first = take(tools)
    for _ = 1, 2 do near(first + STEP, (tools.another():look(tools.key, tools.now()))) end
    near(first + STEP, take(tools))
    near(first + 2 * STEP, (tools.store:look(tools.key, tools.now())))
  end },

  { "pushes a slot back for all, and never forward", function(tools)
    local near, to = checker(tools), tools.now() + 3
    tools.store:push_back(tools.key, to, tools.now())
    tools.store:push_back(tools.key, tools.now() + 1, tools.now())
    near(to, take(tools, tools.another()))
    near(to + STEP, take(tools))
    near(tools.now(), take(tools, nil, tools.key .. " other"), "another key")
  end },

  { "has no token at first", function(tools)
    local record, message = tools.store:get_token(tools.key, tools.now())
    same(nil, record, "record")
    same(nil, message, "message")
  end },

  { "keeps every field of a token", function(tools)
    local record = case_record(tools.now())
    same(true, (tools.store:put_token(tools.key, record, tools.now())), "put")
    tools.pass(0.1)
    is_record(checker(tools), record, tools.store:get_token(tools.key, tools.now()))
    is_record(checker(tools), record, tools.another():get_token(tools.key, tools.now()))
    same(nil, tools.store:get_token(tools.key .. " other", tools.now()), "another key")
  end },

  { "replaces a token as a whole", function(tools)
    tools.store:put_token(tools.key, case_record(tools.now()), tools.now())
    tools.store:put_token(tools.key, { encoding = "json", failure = { kind = "auth", message = "no", at = tools.now(),
      retry_at = tools.now() + 1, backoff = 1 } }, tools.now())
    local record = tools.another():get_token(tools.key, tools.now())
    for _, name in ipairs { "token", "id", "obtained" } do same(nil, record[name], name) end
    same("auth", record.failure.kind, "kind")
    same(nil, record.failure.code, "code")
    same("json", record.encoding, "encoding")
  end },

  { "remembers an encoding without a token", function(tools)
    tools.store:put_token(tools.key, { encoding = "form" }, tools.now())
    local record = tools.another():get_token(tools.key, tools.now())
    same("form", record.encoding, "encoding")
    same(nil, record.token, "token")
  end },

  { "lets one at a time have the lock", function(tools)
    local owner, message = tools.store:lock(tools.key, tools.now(), 60)
    if not owner then fail("no lock: %s", tostring(message)) end
    local refused, problem = tools.another():lock(tools.key, tools.now(), 60)
    same(nil, refused, "a second owner")
    same(nil, problem, "message")
    local elsewhere = tools.another():lock(tools.key .. " other", tools.now(), 60)
    if not elsewhere then fail("another key is locked too") end
    tools.store:unlock(tools.key, owner)
    local next_owner = tools.another():lock(tools.key, tools.now(), 60)
    if not next_owner then fail("still locked after unlock") end
    tools.another():unlock(tools.key, next_owner)
  end },

  { "ends a lock with its time", function(tools)
    local owner = tools.store:lock(tools.key, tools.now(), 0.6)
    tools.pass(0.7)
    local second = tools.another():lock(tools.key, tools.now(), 60)
    if not second then fail("the lock outlived it") end
    same(nil, tools.store:lock(tools.key, tools.now(), 60, owner), "kept by the first owner")
    tools.store:unlock(tools.key, owner)
    same(nil, tools.another():lock(tools.key, tools.now(), 60), "a third owner, after the first let go")
    tools.another():unlock(tools.key, second)
  end },

  { "prolongs the lock of who has it, and of nobody else", function(tools)
    local owner = tools.store:lock(tools.key, tools.now(), 0.6)
    if not tools.store:lock(tools.key, tools.now(), 60, owner) then fail("not prolonged") end
    tools.pass(0.7)
    same(nil, tools.another():lock(tools.key, tools.now(), 60), "a second owner")
    tools.store:unlock(tools.key, owner)
    local second = tools.another():lock(tools.key, tools.now(), 60)
    if not second then fail("still locked after unlock") end
    tools.another():unlock(tools.key, second)
  end },

  { "makes nobody wait longer when the clock is set back", function(tools)
    if not tools.set_back then return end
    local near = checker(tools)
    take(tools)
    local second = take(tools)
    local left = second + STEP - tools.now()
    tools.store:lock(tools.key, tools.now(), 1)
    tools.set_back(3600)
    near(tools.now() + left, take(tools), "slot")
    same(nil, tools.store:lock(tools.key, tools.now(), 1), "a second owner")
    tools.pass(1.1)
    if not tools.store:lock(tools.key, tools.now(), 1) then fail("the lock lasts an hour") end
  end },

  { "speaks its caller's time, whatever clock it has itself", function(tools)
    if not tools.foreign then return end
    local near, store = checker(tools), tools.another()
    local function now() return tools.now() + tools.foreign end
    local first = store:reserve(tools.key, STEP, now(), FOREVER)
    near(now(), first, "first slot")
    local second = (store:reserve(tools.key, STEP, now(), FOREVER))
    near(first + STEP, second, "second")
    near(second, (store:reserve(tools.key, STEP, now(), FOREVER, { start = second, interval = STEP })), "unused")
    near(second + STEP, (store:look(tools.key, now())), "look")
    store:push_back(tools.key, now() + 5, now())
    near(now() + 5, (store:reserve(tools.key, STEP, now(), FOREVER)), "pushed back")
    near(tools.now() + 5 + STEP, take(tools), "on the host's clock")
    local record = case_record(now())
    store:put_token(tools.key, record, now())
    is_record(near, record, store:get_token(tools.key, now()))
    near(record.obtained - tools.foreign, tools.another():get_token(tools.key, tools.now()).obtained, "obtained")
  end },
}

--- What was before a store was made it does not know: its first slot comes an interval later. After this it knows.
---@return number waited seconds
function cases.begin(store, now, pass)
  local began = now()
  local start, wait, message = store:reserve("the first", STEP, began, FOREVER)
  if not start then fail("no slot: %s", tostring(message or wait)) end
  pass(math.max(0, start - now()))
  return start - began
end

return cases
