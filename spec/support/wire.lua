-- A server that does exactly what a script says, byte by byte, in a process of its own.
--
-- The script is the body of a function that is called for every connection, in a coroutine, with
--   c            the connection: c.number (from 1), c:request() -> { method, path, head, body } or nil, c:read(n),
--                c:send(text), c:sleep(seconds), c:reset(), c:close(), c:stall() (until the other side closes)
--   answer(body, headers, status)   the bytes of a response; headers is text
-- What it sees goes to a log: "connect N", "request N METHOD PATH BODY", "partial N ..." for a request that ends
-- too early, "end N".
local process = require("support.process")
local shell = require("support.shell")

local wire = {}
wire.__index = wire

local function directory()
  return debug.getinfo(1, "S").source:match("^@(.*)[^/]*$"):match("^(.*/)") or "./"
end

--- Starts a server on a free port of 127.0.0.1.
---@param script string
---@param certificate? string it speaks TLS, with certificate.pem and certificate.key
---@return table server with url, port
function wire.start(script, certificate)
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(script)
  file:close()
  local log = os.tmpname()
  local command = ("lua5.4 %s %s %s %s"):format(shell.quote(directory() .. "wire_server.lua"), path, log,
    certificate or "")
  local child = process.start(command, "^listening on (%d+)$")
  os.remove(path)
  local self = setmetatable({ child = child, log_path = log }, wire)
  self.port = tonumber(child.match)
  self.url = (certificate and "https" or "http") .. "://127.0.0.1:" .. self.port .. "/path"
  return self
end

--- What the server has seen so far.
---@return string[]
function wire:log()
  local lines = {}
  for line in io.lines(self.log_path) do
    table.insert(lines, line)
  end
  return lines
end

--- How many lines of the log begin with `word`.
function wire:count(word)
  local count = 0
  for _, line in ipairs(self:log()) do
    if line:sub(1, #word) == word then
      count = count + 1
    end
  end
  return count
end

--- Waits until the log has `count` such lines.
function wire:wait(word, count)
  local limit = os.time() + 60
  while self:count(word) < count do
    assert(os.time() < limit, "the server did not see it: " .. word)
    os.execute("sleep 0.01")
  end
end

function wire:stop()
  self.child:stop()
  os.remove(self.log_path)
end

return wire
