-- The child process of support/wire.lua: wire_server.lua SCRIPT LOG [CERTIFICATE]
local socket = require("socket")

local script_path, log_path, certificate = ...
local log_file = assert(io.open(log_path, "w"))

local function log(...)
  log_file:write(table.concat({ ... }, " "), "\n")
  log_file:flush()
end

local function answer(body, headers, status)
  return ("HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s"):format(status or "200 OK", #body, headers or "", body)
end

local script = assert(io.open(script_path)):read("*a")
local handle = assert(load("local c, answer, log = ...\n" .. script, "=script"))

local Connection = {}
Connection.__index = Connection

-- What a coroutine waits for: "read", "write", or a time.
local wait = coroutine.yield

function Connection:receive()
  if self.closed then
    return false
  end
  wait("read")
  local data, why, part = self.socket:receive(65536)
  self.buffer = self.buffer .. (data or part or "")
  self.closed = why and why ~= "timeout" and why ~= "wantread" and why ~= "wantwrite" -- TLS says "closed" in many ways
  return not self.closed or #(part or "") > 0
end

--- The next n bytes, or fewer when the other side closed.
function Connection:read(n)
  while #self.buffer < n and self:receive() do end
  local data = self.buffer:sub(1, n)
  self.buffer = self.buffer:sub(n + 1)
  return data
end

local function head_end(self)
  while true do
    local _, stop = self.buffer:find("\r\n\r\n", 1, true)
    if stop or not self:receive() then
      return stop
    end
  end
end

function Connection:request()
  local stop = head_end(self)
  if not stop then
    if #self.buffer > 0 then
      log("partial", self.number, #self.buffer)
    end
    return nil
  end
  local request = { head = self:read(stop) }
  request.method, request.path = request.head:match("^(%S+) (%S+)")
  local length = tonumber(request.head:lower():match("\ncontent%-length: *(%d+)")) or 0
  request.body = self:read(length)
  if #request.body == length then
    log("request", self.number, request.method, request.path, request.body)
  else
    log("partial", self.number, request.method, request.path, #request.body)
  end
  return request
end

function Connection:send(text)
  local sent = 0
  while sent < #text do
    wait("write")
    local last, why, partly = self.socket:send(text, sent + 1)
    if why == "closed" then
      self.closed = true
      return false
    end
    sent = last or partly
  end
  return true
end

function Connection:sleep(seconds)
  wait(socket.gettime() + seconds)
end

function Connection:stall()
  while self:receive() do end
end

function Connection:close()
  self.socket:close()
  self.gone = true
end

--- Closes with a reset instead of an orderly end.
function Connection:reset()
  self.socket:setoption("linger", { on = true, timeout = 0 })
  self:close()
end

local threads, count = {}, 0

-- Speaks TLS over it, or lets it go.
local function secure(client)
  local own = { mode = "server", protocol = "any", certificate = certificate .. ".pem", key = certificate .. ".key" }
  local secured = assert(require("ssl").wrap(client, own))
  client:settimeout(5)
  secured:settimeout(5)
  return secured:dohandshake() and secured
end

local function accept(listener)
  local client = listener:accept()
  if not client then
    return
  end
  if certificate then
    client:setoption("tcp-nodelay", true)
    client = secure(client)
    if not client then
      return
    end
  end
  client:settimeout(0)
  if not certificate then
    client:setoption("tcp-nodelay", true)
  end
  count = count + 1
  local connection = setmetatable({ socket = client, number = count, buffer = "" }, Connection)
  log("connect", count)
  threads[coroutine.create(handle)] = { connection = connection, wants = 0 }
end

local function resume(thread, state)
  local connection = state.connection
  local ok, wants = coroutine.resume(thread, connection, answer, log)
  if coroutine.status(thread) ~= "dead" then
    state.wants = wants
    return
  end
  threads[thread] = nil
  if not ok then
    log("error", wants)
  end
  if not connection.gone then
    connection:close()
  end
  log("end", connection.number)
end

local function gather(listener)
  local reading, writing, first = { listener }, {}, math.huge
  for _, state in pairs(threads) do
    if state.wants == "read" then
      table.insert(reading, state.connection.socket)
    elseif state.wants == "write" then
      table.insert(writing, state.connection.socket)
    else
      first = math.min(first, state.wants)
    end
  end
  return reading, writing, first
end

local function is_due(state, readable, writable)
  if state.wants == "read" then
    return readable[state.connection.socket]
  elseif state.wants == "write" then
    return writable[state.connection.socket]
  end
  return state.wants <= socket.gettime()
end

local function turn(listener)
  local reading, writing, first = gather(listener)
  local timeout = math.max(0, math.min(60, first - socket.gettime()))
  local readable, writable = socket.select(reading, writing, timeout)
  local due = {}
  for thread, state in pairs(threads) do
    if is_due(state, readable, writable) then
      due[thread] = state
    end
  end
  for thread, state in pairs(due) do
    resume(thread, state)
  end
  if readable[listener] then
    accept(listener)
  end
end

local listener = assert(socket.bind("127.0.0.1", 0, 100))
listener:settimeout(0)
print("listening on " .. select(2, listener:getsockname()))
io.stdout:flush()
while true do
  turn(listener)
end
