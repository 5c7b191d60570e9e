-- A port of 127.0.0.1 that nobody has, for servers that cannot choose one themselves.
local socket = require "socket"

local port = {}

---@return integer
function port.free()
  local server = assert(socket.bind("127.0.0.1", 0))
  local _, number = server:getsockname()
  server:close()
  return math.floor(tonumber(number))
end

--- Waits until somebody listens there.
---@return boolean
function port.wait(number)
  for _ = 1, 250 do
    local client = socket.connect("127.0.0.1", number)
    if client then
      client:close()
      return true
    end
    socket.sleep(0.02)
  end
  return false
end

return port
