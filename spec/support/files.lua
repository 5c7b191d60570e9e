-- Files of a spec: read, written and damaged.
local shell = require "support.shell"

local files = {}

---@return string|nil
function files.read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("*a")
  file:close()
  return text
end

--- Replaces what the file holds, in place.
function files.write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
end

--- Writes over a part of it.
function files.patch(path, offset, bytes)
  local file = assert(io.open(path, "r+b"))
  file:seek("set", offset)
  file:write(bytes)
  file:close()
end

--- Little-endian bytes of a number.
function files.bytes(number, count)
  local bytes = {}
  for index = 1, count do
    bytes[index] = string.char(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(bytes)
end

--- Bytes that mean nothing, the same for the same seed.
function files.garbage(count, seed)
  local bytes = {}
  for index = 1, count do
    seed = (seed * 16807) % 2147483647
    bytes[index] = string.char(math.floor(seed / 256) % 256)
  end
  return table.concat(bytes)
end

---@return string mode in octal digits
function files.mode(path)
  return shell.lines("stat -c %a " .. shell.quote(path))[1]
end

---@return string[] names, sorted
function files.list(directory)
  return shell.lines("ls -A " .. shell.quote(directory))
end

files.is_root = shell.lines("id -u")[1] == "0"

return files
