-- What this very process holds: descriptors and memory.
local lfs = require "lfs"

local own = {}

--- Open descriptors; the one that lists them is among them each time.
---@return integer
function own.descriptors()
  local count = 0
  for name in lfs.dir("/proc/self/fd") do
    if name:find("^%d+$") then count = count + 1 end
  end
  return count
end

-- The list below is of the whole machine.
local function inodes()
  local found = {}
  for name in lfs.dir("/proc/self/fd") do
    local inode = (lfs.symlinkattributes("/proc/self/fd/" .. name, "target") or ""):match("^socket:%[(%d+)%]$")
    if inode then found[inode] = true end
  end
  return found
end

--- Our sockets whose other end is at this port of 127.0.0.1.
---@param port integer
---@return integer
function own.sockets_to(port)
  local count, wanted, ours = 0, ("0100007F:%04X"):format(port), inodes()
  for line in io.lines("/proc/self/net/tcp") do
    local words = {}
    for word in line:gmatch("%S+") do words[#words + 1] = word end
    if words[3] == wanted and ours[words[10]] then count = count + 1 end
  end
  return count
end

--- Kilobytes of memory in use after two full collections; LuaJIT's compiled traces are no part of it.
---@return integer resident
---@return number heap Lua's own
function own.memory()
  local jit = rawget(_G, "jit")
  if jit then jit.flush() end
  collectgarbage()
  collectgarbage()
  local file = assert(io.open("/proc/self/status"))
  local kilobytes = tonumber(file:read("*a"):match("VmRSS:%s*(%d+)"))
  file:close()
  return kilobytes, collectgarbage("count")
end

return own
