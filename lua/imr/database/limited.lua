--- A connection of LuaDBI on which no call waits without end. The driver waits for its server as long as that says
--- nothing, and takes no notice of signals: a server that was stopped, or a network that swallows everything, would
--- hold up the program for good. So each call has a limit, after which its socket is shut down (csrc/os/call_limit.c).
---
--- The driver crashes where a statement is put away after its connection, which the collector may do: so it gets
--- neither before we have closed both, be it when nobody knows the connection any more.

local finalizer = require "imr.base.finalizer"
local system = require "imr.os"

local limited = {}

-- The driver's objects that are open, by the limits of their connection.
local open = {}

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

-- The statements first.
local function put_away_all(limits)
  local kept = open[limits]
  if not kept then return end
  open[limits] = nil
  for statement in pairs(kept.statements) do put_away(limits, statement) end
  put_away(limits, kept.connection)
  limits.limit:close()
end

local Statement = {}
Statement.__index = Statement

function Statement:execute(...) return call(self.limits, self.statement, "execute", ...) end

-- The server is told that a statement is not needed any more.
function Statement:close()
  local kept = open[self.limits]
  if kept then kept.statements[self.statement] = nil end
  put_away(self.limits, self.statement)
end

-- All rows have come by then.
function Statement:rows(...) return self.statement:rows(...) end

function Statement:affected() return self.statement:affected() end

local Connection = {}
Connection.__index = Connection

function Connection:prepare(sql)
  local statement, message = call(self.limits, self.connection, "prepare", sql)
  if not statement then return nil, message end
  open[self.limits].statements[statement] = true
  return setmetatable({ limits = self.limits, statement = statement, connection = self }, Statement)
end

function Connection:autocommit(on) return call(self.limits, self.connection, "autocommit", on) end

function Connection:close() put_away_all(self.limits) end

local function attach(limits, connection)
  local fine, message = limits.limit:attach()
  if not fine then
    connection:close()
    return nil, message
  end
  open[limits] = { connection = connection, statements = {} }
  local self = setmetatable({ connection = connection, limits = limits }, Connection)
  finalizer(self, function() put_away_all(limits) end)
  return self
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

