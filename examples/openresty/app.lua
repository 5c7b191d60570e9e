-- What all handlers share: the client, and how answers and errors are written.

local cjson = require "cjson.safe"
local config = require "config"
local counters = require "counters"
local imr = require "imr"

local app = {}

-- One client for all workers: it is made before they fork and opens nothing until it is used. Its store is the shared
-- dict "imr", which it finds by that name.
app.client = assert(imr.new {
  base_url = config.base_url, username = config.username, password = config.password, interval = config.interval,
  decimals = "string", -- the platform's own digits: this is about money
  on_event = function(event)
    counters.collect(app.client)
    if event.message then ngx.log(ngx.WARN, event.message) end
  end,
})

---Loads every handler, so that a mistake shows when nginx starts.
function app.load()
  for _, name in ipairs { "latest", "meters", "metrics", "page", "readings", "supply" } do
    require("handlers." .. name)
  end
  require "access"
end

local statuses = { closed = 503, store = 503, timeout = 504, not_found = 404, duplicate = 409 }

---The HTTP status that tells what an error of imr means to our own client: 503 for all that waiting cures.
---@param err table
function app.status_of(err)
  return err.retry_after and 503 or statuses[err.kind] or 502
end

---Writes a JSON answer.
---@param status integer
---@param value table|string a string is JSON already
function app.answer(status, value)
  ngx.status = status
  ngx.header["Content-Type"] = "application/json"
  ngx.header["Cache-Control"] = "no-store"
  ngx.print(type(value) == "string" and value or assert(cjson.encode(value)), "\n")
end

---An error as our clients see it.
---@param err table an error of imr, or { kind =, message = }
function app.error_body(err)
  return { error = {
    kind = err.kind, message = tostring(err.message), code = err.code, executed = err.executed,
    retryable = err.retryable or false,
  } }
end

---Answers with an error.
---@param status integer
---@param err table
function app.fail(status, err)
  if status == 503 then ngx.header["Retry-After"] = math.max(1, math.ceil(err.retry_after or 1)) end
  app.answer(status, app.error_body(err))
end

---Answers that the request was wrong.
---@param message string
function app.bad_request(message)
  app.fail(400, { kind = "request", message = message })
end

---Lets only these methods through.
---@return boolean allowed
function app.allow(method)
  if ngx.req.get_method() == method then return true end
  ngx.header["Allow"] = method
  app.fail(405, { kind = "request", message = "this location takes only " .. method })
  return false
end

return app
