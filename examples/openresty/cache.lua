-- Answers in a shared dict, refreshed by one worker at a time. While an answer is stale, everybody still gets it at
-- once.
--
-- The refresh is a timer's work: a client that goes away takes nothing with it that others wait for.

local app = require "app"
local cjson = require "cjson.safe"
local config = require "config"

local cache = {}

local dict = ngx.shared.imr_cache

local REFRESH_MOST = 60  -- seconds until a refresh is taken for lost, with its worker
local FAILURE_LIFE = 1   -- seconds for which a failure is everybody's
local POLL = 0.02

local function keep_failure(key, err)
  dict:set("failed|" .. key, cjson.encode {
    kind = err.kind, message = err.message, code = err.code, retry_after = err.retry_after, retryable = err.retryable,
  }, FAILURE_LIFE)
end

local function keep(key, value)
  dict:set("value|" .. key, type(value) == "string" and value or cjson.encode(value), config.stale)
  dict:set("fresh|" .. key, ngx.now(), config.fresh)
end

local function refresh(key, load)
  local fine, value, err = pcall(load)
  if fine and value then
    keep(key, value)
  else
    keep_failure(key, fine and err or { kind = "internal", message = "the refresh failed" })
    ngx.log(ngx.WARN, "refresh of ", key, ": ", tostring(fine and err or value))
  end
  dict:delete("busy|" .. key)
end

-- Whoever adds the key refreshes. A worker that is exiting shall start no timers: there the request does it.
local function start_refresh(key, load)
  if dict:get("failed|" .. key) or not dict:add("busy|" .. key, true, REFRESH_MOST) then return end
  local started = not ngx.worker.exiting() and ngx.timer.at(0, function() refresh(key, load) end)
  if not started then refresh(key, load) end
end

local function wait(key, limit)
  local deadline = ngx.now() + limit
  repeat
    local text, failed = dict:get("value|" .. key), dict:get("failed|" .. key)
    if text then return text end
    if failed then return nil, cjson.decode(failed) end
    ngx.sleep(POLL)
  until ngx.now() >= deadline
  return nil, { kind = "throttled", message = "the platform's answer takes too long", retry_after = 1 }
end

---The JSON text of an answer.
---@param key string
---@param load fun(): table|string|nil, table|nil  asks the platform; a string is JSON already
---@return string|nil text
---@return table|string err_or_state "hit", "stale" or "miss"
function cache.get(key, load)
  local text = dict:get("value|" .. key)
  if text and dict:get("fresh|" .. key) then return text, "hit" end
  start_refresh(key, load)
  if text then return text, "stale" end
  local err
  text, err = wait(key, config.max_wait + 30)
  return text, text and "miss" or err
end

---Answers a request out of the cache.
function cache.serve(key, load)
  local text, state = cache.get(key, load)
  if not text then return app.fail(app.status_of(state), state) end
  ngx.header["X-Cache"] = state
  app.answer(200, text)
end

return cache
