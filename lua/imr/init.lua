-- A client for a smart-meter platform: `imr.new` makes a client, everything else is beside it.
--
-- `require` does no I/O. `imr._VERSION` is the version.

local schema = require "imr.schema"
local Breaker = require "imr.client.breaker"
local Call = require "imr.client.call"
local Client = require "imr.client"
local Pace = require "imr.client.pace"
local Lifetime = require "imr.client.lifetime"
local Requests = require "imr.client.requests"
local Session = require "imr.client.session"
local Stats = require "imr.client.stats"
local host = require "imr.base.host"
local events = require "imr.client.events"
local options = require "imr.client.options"
local runtimes = require "imr.runtime"
local secret = require "imr.client.secret"
local threads = require "imr.runtime.threads"
local transport = require "imr.transport"
local version = require "imr.version"

local imr = { run = threads.run, all = threads.all, sleep = threads.sleep }

---"MAJOR.MINOR.PATCH", see https://semver.org
imr._VERSION = version

---Stores: where the pace, the token and the login lock of an account live.
imr.store = require "imr.store"

---Numbers of clients, in Prometheus' text format.
imr.metrics = require "imr.metrics"

---Times in the platform's form.
imr.time = require "imr.time"

---The meter types that the platform documents, by number (platform document §4.2, §4.5).
---@type table<integer, imr.MeterType>
imr.meter_types = schema.meter_types()

-- Clients of one process that name no store keep one pace: it is the account that is paced, not the client. It stays
-- when the last client goes, because the next one may come within the interval.
local shared

-- The workers of one nginx are processes of one account: what they share is the dict, or a directory.
local function nginx_store(ngx)
  local found, store
  if ngx.shared.imr then
    found, store = pcall(imr.store.shdict, { name = "imr" })
    if not found then return nil, (store:gsub("^[^:]*:%d+: ", "")) end
    return store
  end
  found, store = pcall(imr.store.file)
  if found then return store end
  return nil, "inside nginx the workers have to share a store: add `lua_shared_dict imr 1m;` to the http block, or pass"
    .. ' store = imr.store.file { path = "/var/lib/imr/store" }, a directory that belongs to the workers\' user'
end

local function default_store()
  local ngx, problem = host.nginx(), nil
  if shared then return shared end
  if ngx and ngx.shared then
    shared, problem = nginx_store(ngx)
  else
    shared = imr.store.memory()
  end
  return shared, problem
end

local function results_of(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

-- The caller's own transport must not call the client: that may wait for the very request that it is to send.
local function choose_transport(settings, lifetime)
  local chosen = transport.choose(settings)
  if settings.transport == nil or type(settings.transport) == "string" then return chosen end
  return function(request) return results_of(lifetime:call_out(chosen, request)) end
end

local function build_call(settings, lifetime, kept, parts)
  return Call.new {
    lifetime = lifetime, secret = kept, stats = parts.stats, emit = parts.emit, pace = parts.pace,
    breaker = parts.breaker, requests = Requests.new(settings, lifetime, kept.redact),
    transport = choose_transport(settings, lifetime), username = settings.username, timeout = settings.timeout,
    retries = settings.retries, utc_offset = settings.utc_offset,
  }
end

local function build(settings, kept)
  local lifetime, store = Lifetime.new(settings.runtime), settings.store
  local key = settings.base_url .. "|" .. settings.username
  local emit = events(settings.on_event, lifetime)
  local parts = { settings = settings, lifetime = lifetime, stats = Stats.new(settings.latency_buckets), emit = emit }
  if store.listen then store:listen(emit) end
  parts.pace = Pace.new { store = store, key = key, interval = settings.interval }
  parts.breaker = Breaker.new { store = store, key = key, lifetime = lifetime, emit = emit, enabled = settings.breaker,
    try_time = settings.timeout + Call.LONGEST_PAUSE }
  local call = build_call(settings, lifetime, kept, parts)
  parts.call = call
  parts.session = Session.new {
    store = store, key = key .. "|" .. kept.fingerprint, secret = kept, lifetime = lifetime, emit = emit,
    encoding = settings.encoding, lock_time = settings.timeout + Call.LONGEST_PAUSE,
    login = function(encoding, wish, keep) return call:login(encoding, wish, keep) end,
  }
  call.session = parts.session
  return parts
end

---The endpoints with their parameters and fields, as a new table.
---@return imr.Endpoint[]
function imr.schema() return schema.describe() end

---Makes a client. Nothing is sent until the first call. A wrong option raises at the caller's line.
---@param given imr.Options
---@return imr.Client|nil client
---@return imr.Error|nil err
function imr.new(given)
  local settings, problem = options.check(given)
  if not settings then error(problem, 2) end
  if not settings.store then settings.store, problem = default_store() end
  if problem then error(problem, 2) end
  -- Made in nginx's master, a client needs no file that the workers' user may not read; elsewhere most send no command.
  runtimes.current()
  if host.nginx() then require "imr.client.command" end
  local kept = secret.new(settings.username, settings.password, settings.proxy)
  settings.password = nil
  return Client.new(build(settings, kept))
end

return imr
