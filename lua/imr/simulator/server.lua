--- Serves a platform over HTTP/1.1: one `select` loop, one coroutine a connection, as many answers under way as there
--- are connections. `turn` does one round, so the server also lives inside a process that has another loop.

local socket = require "socket"
local access_log = require "imr.simulator.access_log"
local core = require "imr.core"
local http = require "imr.simulator.http"

---@class imr.simulator.Server
---@field url string
---@field port integer
local Server = {}
Server.__index = Server

---@class imr.simulator.ServerOptions
---@field platform imr.simulator.Platform
---@field host? string default 127.0.0.1
---@field port? integer default 0, any free one
---@field log? file* open for writing; gets one JSON object a line
---@field now? fun(): number the platform's clock, default socket.gettime

---@param given imr.simulator.ServerOptions
---@return imr.simulator.Server|nil, string|nil message
function Server.new(given)
  local host = given.host or "127.0.0.1"
  core.keep_standard_descriptors()
  local listener, message = socket.bind(host, given.port or 0, 511)
  if not listener then
    return nil, message
  end
  listener:settimeout(0)
  local _, port = listener:getsockname()
  port = tonumber(port)
  return setmetatable({
    platform = given.platform, log = given.log, now = given.now or socket.gettime, listener = listener,
    port = port, url = (host:find(":", 1, true) and "http://[%s]:%d" or "http://%s:%d"):format(host, port),
    connections = {}, arrived = {}, accepted = 0,
  }, Server)
end

-- A connection waits for one thing at a time: "read", "write", "answer" (its request to be handled) or "sleep".
local function drop(self, connection)
  connection.client:close()
  connection.waits = nil
  self.connections[connection.client] = nil
end

local function resume(self, connection, ...)
  local ok, waits, argument = coroutine.resume(connection.thread, ...)
  if not ok then
    io.stderr:write("simulator: ", tostring(waits), "\n")
  end
  if not ok or coroutine.status(connection.thread) == "dead" then
    return drop(self, connection)
  end
  connection.waits, connection.due = waits, argument
  if waits == "answer" then
    -- Stamped here and now: pacing is judged on arrival, not on when its turn comes.
    connection.arrival = self.now()
    self.arrived[#self.arrived + 1] = connection
  end
end

local function send(client, text)
  local sent, message, last = client:send(text)
  while not sent and message == "timeout" do
    coroutine.yield("write")
    sent, message, last = client:send(text, last + 1)
  end
  return sent
end

-- Nothing more is said; only the other side can end it.
local function wait_for_close(client)
  local _, message = client:receive(4096)
  while message ~= "closed" do
    coroutine.yield("read")
    _, message = client:receive(4096)
  end
end

-- The platform's own clock, as its answers tell it.
local function unix_time(self)
  return self.now() + self.platform.settings.epoch
end

-- Returns whether the connection may be used again.
local function deliver(self, client, request, answer)
  if answer.fault == "stall" then
    wait_for_close(client)
    return false
  elseif answer.fault == "drop_before" or answer.fault == "drop_after" then
    return false
  end
  local truncated = answer.fault == "truncate"
  local keep = request.keep_alive and not truncated
  local cut = truncated and math.floor(#answer.body / 2) or nil
  return send(client, http.answer(answer, keep, unix_time(self), cut)) and keep
end

local function converse(self, connection)
  local client = connection.client
  local function wait() coroutine.yield("read") end
  local function say(text) return send(client, text) end
  local reader = http.reader(client, wait, say)
  repeat
    local request, status = reader:next()
    if not request then
      if status then
        send(client, http.answer({ status = status, headers = {}, body = "" }, false, unix_time(self)))
      end
      return
    end
    connection.request = request
    local answer = coroutine.yield("answer")
    local due = connection.arrival + answer.delay
    if answer.fault ~= "drop_before" and due > self.now() then
      coroutine.yield("sleep", due)
    end
  until not deliver(self, client, request, answer)
end

local function accept(self)
  local client = self.listener:accept()
  while client do
    client:settimeout(0)
    client:setoption("tcp-nodelay", true)
    self.accepted = self.accepted + 1
    local connection = { client = client, number = self.accepted, requests = 0 }
    connection.thread = coroutine.create(function() converse(self, connection) end)
    self.connections[client] = connection
    resume(self, connection)
    client = self.listener:accept()
  end
end

local function failure(message)
  io.stderr:write("simulator: ", tostring(message), "\n")
  local entry = { endpoint = "unknown", status = 500, executed = false }
  return { status = 500, headers = {}, body = "", delay = 0, entry = entry }
end

-- One request at a time, with a look at the sockets in between: a large page under way must not make the arrival of the
-- next request look later than it was.
local function handle_next(self)
  local connection = table.remove(self.arrived, 1)
  if not connection or not connection.waits then
    return
  end
  connection.requests = connection.requests + 1
  local ok, answer = pcall(self.platform.handle, self.platform, connection.request, connection.arrival)
  if not ok then
    answer = failure(answer)
  end
  if self.log then
    access_log.write(self.log, connection.arrival, answer.entry, connection)
  end
  resume(self, connection, answer)
end

local function waiting(self, now)
  local readers, writers, due = { self.listener }, {}, nil
  for client, connection in pairs(self.connections) do
    if connection.waits == "read" then
      readers[#readers + 1] = client
    elseif connection.waits == "write" then
      writers[#writers + 1] = client
    elseif connection.waits == "sleep" then
      due = math.min(due or connection.due, connection.due)
    end
  end
  return readers, writers, due and math.max(0, due - now)
end

local function wake_sleepers(self)
  local now, ready = self.now(), {}
  for _, connection in pairs(self.connections) do
    if connection.waits == "sleep" and connection.due <= now then
      ready[#ready + 1] = connection
    end
  end
  table.sort(ready, function(a, b) return a.due < b.due end)
  for _, connection in ipairs(ready) do
    resume(self, connection)
  end
  return #ready > 0
end

local function resume_ready(self, clients)
  for _, client in ipairs(clients) do
    if client == self.listener then
      accept(self)
    elseif self.connections[client] then
      resume(self, self.connections[client])
    end
  end
end

--- One round: waits for activity, at most `timeout` seconds, then reads, answers and sends what is ready.
---@param timeout? number default 0
---@return boolean busy something was done
function Server:turn(timeout)
  if not self.listener then
    return false
  end
  local readers, writers, due = waiting(self, self.now())
  timeout = #self.arrived > 0 and 0 or math.min(timeout or 0, due or math.huge)
  local readable, writable = socket.select(readers, writers, timeout)
  resume_ready(self, readable)
  resume_ready(self, writable)
  local handled = #self.arrived > 0
  if handled then
    handle_next(self)
  end
  return wake_sleepers(self) or handled or #readable + #writable > 0
end

--- Ends all connections and stops listening; twice is fine.
function Server:close()
  for _, connection in pairs(self.connections) do
    connection.client:close()
  end
  self.connections, self.arrived = {}, {}
  if self.listener then
    self.listener:close()
    self.listener = nil
  end
end

return Server
