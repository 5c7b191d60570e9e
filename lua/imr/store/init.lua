-- Stores: where the pace, the token and the login lock of an account live.
--
-- All callers that share a store keep one pace and one login. session.lua and pace.lua know only this contract:
--
--   store:reserve(key, interval, now, max_wait, held) -> start | nil, wait | nil, nil, message
--       Takes the next slot of `key`: the caller may send at `start`. Slots of one key are `interval` apart.
--       When the slot is more than `max_wait` away none is taken, and `wait` says how far it is.
--       `held` is a slot that the caller took with the same interval and could not use in time (else nil): where
--       nobody has queued behind it, it is given back first. The third result is for a store that fails.
--   store:release(key, interval, held, now)
--       Gives an unused slot back, unless somebody has queued behind it.
--   store:push_back(key, time, now)
--       No slot of `key` starts before `time`, whoever asks.
--   store:get_token(key, now) -> record | nil | nil, message
--       { token, id, obtained, encoding, failure = { kind, code, message, at, retry_at, backoff } }
--       A record without a token still tells the encoding that worked.
--   store:put_token(key, record, now) -> true | nil, message
--   store:lock(key, now, ttl, owner) -> owner | nil | nil, message
--       The login lock; nil while somebody else has it. Never waits. It ends with its owner, or after `ttl` seconds.
--       `owner`: the lock that the caller has lasts that much longer from now (nil when it was lost meanwhile).
--   store:unlock(key, owner)
--   store:listen(emit)      optional: events of the store, { type = "store", message = }, go there too
--
-- Keys are made of base URL and account, and for slots the endpoint, for tokens the credentials' fingerprint. Times
-- are seconds of `runtime:now()`; a store with a clock of its own converts, and one store object has callers of one
-- clock. A store waits only as long as its own answer takes: in nginx through the runtime, in plain Lua Redis's answer
-- blocks the process, for a network's round trip or at most the store's timeout.
--
-- spec/support/store_contract.lua has it all as cases that every store passes.

local store = {}

---One process; the default in plain Lua.
---@return table
function store.memory()
  return require("imr.store.memory").new()
end

---All processes of one user on one host.
---@param options? { path: string? } a directory; by default $XDG_STATE_HOME/imr or ~/.local/state/imr
---@return table
function store.file(options)
  return require("imr.store.file").new(options)
end

---All workers of one nginx.
---@param options { name: string } of a lua_shared_dict that is for this alone
---@return table
function store.shdict(options)
  return require("imr.store.shdict").new(options)
end

---Several hosts.
---@param options? imr.RedisOptions
---@return table
function store.redis(options)
  return require("imr.store.redis").new(options)
end

return store
