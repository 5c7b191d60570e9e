-- A port of 127.0.0.1 that nobody has, for servers that cannot choose one themselves.
local socket = require "socket"

local port = {}

-- Below the ports that the kernel hands out, so that nobody is given one between the look and the server's start. The
-- processes of a run look from different places on.
local FIRST, COUNT, STRIDE = 10000, 20000, 37

local function process_id()
  local file = assert(io.open "/proc/self/stat")
  local id = file:read "*n"
  file:close()
  return id
end

local last = process_id() * STRIDE % COUNT

---@return integer
function port.free()
  for _ = 1, COUNT do
    last = (last + 1) % COUNT
    local server = socket.bind("127.0.0.1", FIRST + last)
    if server then
      server:close()
      return FIRST + last
    end
  end
  error("no port of 127.0.0.1 is free")
end

--- Waits until somebody listens there.
---@return boolean
function port.wait(number)
  local limit = socket.gettime() + 60
  repeat
    local client = socket.connect("127.0.0.1", number)
    if client then
      client:close()
      return true
    end
    socket.sleep(0.02)
  until socket.gettime() > limit
  return false
end

return port
