--- A connection of LuaDBI on which no call waits without end. The driver waits for its server as long as that says
--- nothing, and takes no notice of signals: a server that was stopped, or a network that swallows everything, would
--- hold up the program for good. So each call has a limit, after which its socket is shut down (csrc/os/call_limit.c).

local system = require "imr.os"

local limited = {}

local function explain(limits, reason)
  if reason == "signal" then
    error({ kind = "interrupted", message = "interrupted", signal = system.caught_signal() }, 0)
  end
  return ("the server has not answered for %g seconds, so the connection was given up; ?statement_timeout=SECONDS in "
    .. "the address gives a statement more time"):format(limits.seconds)
end

-- The driver raises where the connection is gone already.
local function results(limits, fine, first, message, ...)
  local reason = limits.limit:done()
  if not fine then first, message = nil, first end
  if reason and not first then return nil, explain(limits, reason) end
  return first, message, ...
end

-- Calls a method of the driver's object within the limit.
local function call(limits, object, name, ...)
  limits.limit:begin(limits.seconds)
  return results(limits, pcall(object[name], object, ...))
end

-- The same for what is only put away: where the connection is gone, so is that.
local function put_away(limits, object)
  limits.limit:begin(limits.seconds)
  pcall(object.close, object)
  limits.limit:done()
end

local Statement = {}
Statement.__index = Statement

function Statement:execute(...) return call(self.limits, self.statement, "execute", ...) end

-- The server is told that a statement is not needed any more.
function Statement:close() put_away(self.limits, self.statement) end

-- All rows have come by then.
function Statement:rows(...) return self.statement:rows(...) end

function Statement:affected() return self.statement:affected() end

local Connection = {}
Connection.__index = Connection

function Connection:prepare(sql)
  local statement, message = call(self.limits, self.connection, "prepare", sql)
  return statement and setmetatable({ limits = self.limits, statement = statement }, Statement), message
end

function Connection:autocommit(on) return call(self.limits, self.connection, "autocommit", on) end

function Connection:close()
  put_away(self.limits, self.connection)
  self.limits.limit:close()
end

local function attach(limits, connection)
  local fine, message = limits.limit:attach()
  if fine then return setmetatable({ connection = connection, limits = limits }, Connection) end
  connection:close()
  return nil, message
end

---Connects.
---@param seconds number that a call may last
---@param dial fun(...): table|nil, string|nil gives a connection of LuaDBI
---@param ... any its arguments
---@return table|nil connection
---@return string|nil message
function limited.connect(seconds, dial, ...)
  local limit, message = system.call_limit()
  if not limit then return nil, message end
  local limits, connection = { limit = limit, seconds = seconds }
  limit:begin(seconds)
  connection, message = results(limits, pcall(dial, ...))
  if connection then connection, message = attach(limits, connection) end
  if not connection then limit:close() end
  return connection, message
end

return limited

