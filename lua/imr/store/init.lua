-- Stores: where the pace, the token and the login lock of an account live.
--
-- All callers that share a store keep one pace and one login. Whoever writes a store of their own writes the methods of
-- `imr.Store`; nothing else of a store is used.
--
-- Keys are made of base URL and account, and for slots the endpoint, for tokens the credentials' fingerprint. Times
-- are seconds of `runtime:now()`; a store with a clock of its own converts, and one store object has callers of one
-- clock. A store waits only as long as its own answer takes: in nginx through the runtime, in plain Lua Redis's answer
-- blocks the process, for a network's round trip or at most the store's timeout.
--
-- spec/support/store_contract.lua has it all as cases that every store passes.

---What a store can do. A failing store returns a message as its last result.
---@class imr.Store
---@field reserve fun(self, key: string, interval: number, now: number, max_wait: number, unused: imr.Slot?): ...
--- Takes the next slot of `key`: its start; or nil and the seconds that it is away, when that is more than `max_wait`
--- (then none is taken); or nil, nil, message. The next slot after it is `interval` later. `unused` is the slot that
--- the caller was given last, when it has not used it: where nobody has taken one behind it, it counts as free. A
--- process has one slot at a time. The first slot of a store comes an interval after it was made, unless nobody else
--- can have used one before.
---@field look fun(self, key: string, now: number): number?, string?
--- When the next slot of `key` is free; or nil, message.
---@field push_back fun(self, key: string, time: number, now: number)
--- No slot of `key` starts before `time`, whoever asks.
---@field get_token fun(self, key: string, now: number): imr.TokenRecord?, string? The record, or nil.
---@field put_token fun(self, key: string, record: imr.TokenRecord, now: number): true?, string? Replaces the record.
---@field lock fun(self, key: string, now: number, ttl: number, owner: any?): any?, string?
--- The login lock: its owner, or nil while somebody else has it. Never waits. It ends after `ttl` seconds, or earlier
--- with the owner's process. With `owner`, the lock that the caller has lasts that much longer from now (nil when it
--- was lost: then what the caller finds out is not kept).
---@field unlock fun(self, key: string, owner: any) Gives the lock back.
---@field listen? fun(self, emit: fun(event: imr.Event)) Events of the store, of type "store", go there too.

---What callers that share an account know of its session. One without a token still tells the encoding that worked.
---@class imr.TokenRecord
---@field token? string as secret as the password, which it contains
---@field id? string tells one login's token from another's
---@field obtained? number when the login that gave it was sent
---@field encoding? "json"|"form"
---@field failure? { kind: string, code: integer?, message: string, at: number, retry_at: number, backoff: number }

-- The parentheses keep a frame for the constructors to count: with a tail call, 5.1 forgets the caller's line.
local store = {}

---One process; the default in plain Lua.
---@return imr.Store
function store.memory()
  return require("imr.store.memory").new()
end

---All processes of one user on one host.
---@param options? { path: string? } a directory; by default $XDG_STATE_HOME/imr or ~/.local/state/imr
---@return imr.Store
function store.file(options)
  return (require("imr.store.file").new(options))
end

---All workers of one nginx.
---@param options { name: string } of a lua_shared_dict that is for this alone
---@return imr.Store
function store.shdict(options)
  return (require("imr.store.shdict").new(options))
end

---Several hosts.
---@param options? imr.RedisOptions
---@return imr.Store
function store.redis(options)
  return (require("imr.store.redis").new(options))
end

return store
