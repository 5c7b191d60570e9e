-- The limits of what redis-lua reads: it takes a line without an end, and a text of any length, from whatever answers
-- at Redis's port.

local core = require "imr.core"

local LARGEST = 2 ^ 20 -- bytes of one answer; ours have a few hundred

---@param connection table of redis-lua
---@param seconds number that an answer may take
return function(connection, seconds)
  local network = connection.network
  local write, left, ends = network.write, 0, 0

  local function receive(client, count)
    if count < 0 or count > left then client.error "connection error: the answer is too long" end
    if core.now() > ends then client.error "connection error: timeout" end
    left = left - count
    local bytes, problem = network.socket:receive(count)
    return bytes or client.error("connection error: " .. problem)
  end

  local function receive_line(client)
    local bytes = {}
    repeat
      bytes[#bytes + 1] = receive(client, 1)
    until bytes[#bytes] == "\n"
    return (table.concat(bytes):gsub("\r?\n$", ""))
  end

  function network.write(client, text)
    left, ends = LARGEST, core.now() + seconds
    write(client, text)
  end

  function network.read(client, count)
    if count then return receive(client, count) end
    return receive_line(client)
  end
end
