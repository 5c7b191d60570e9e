-- Reads from a socket of nginx's into a buffer of its own: lines and pieces, never more than a limit. What is left in
-- the buffer behind an answer belongs to nothing that was asked.

local BUFFER = 512          -- nginx's buffer for a socket (lua_socket_buffer_size) is a multiple of it

local Reader = {}
Reader.__index = Reader

local PIECE = 64 * 1024     -- bytes read at once
local STRETCH = 16          -- pieces read without a pause, where the other side is as quick as we are

---@param socket table
---@param pause fun() lets others have their turn; raises nothing
---@return table reader
function Reader.new(socket, pause)
  return setmetatable({ socket = socket, pause = pause, buffer = "", at = 1, pieces = 0, count = 0 }, Reader)
end

-- What has been read already goes here, and not with every line.
function Reader:fill()
  self.pieces = self.pieces + 1
  if self.pieces % STRETCH == 0 then self.pause() end
  local piece, problem = self.socket:receiveany(PIECE)
  if not piece then return nil, problem or "closed" end
  self.buffer, self.at, self.count = self.buffer:sub(self.at) .. piece, 1, self.count + #piece
  return true
end

---The next line without its end, and its length; or nil and what failed: "long" when it has more than `limit` bytes.
---@param limit integer
function Reader:line(limit)
  local seen = 0
  while true do
    local stop = self.buffer:find("\n", self.at + seen, true)
    seen = (stop or #self.buffer) - self.at + 1
    if seen > limit then return nil, "long" end
    if stop then
      local line = self.buffer:sub(self.at, stop - 1):gsub("\r$", "")
      self.at = stop + 1
      return line, nil, seen
    end
    local filled, problem = self:fill()
    if not filled then return nil, problem end
  end
end

---Some of the next `most` bytes, as many as there are.
---@param most integer
function Reader:some(most)
  if self:is_empty() then
    local filled, problem = self:fill()
    if not filled then return nil, problem end
  end
  local piece = self.buffer:sub(self.at, self.at + most - 1)
  self.at = self.at + #piece
  return piece
end

---Whether nothing lies behind what has been read.
function Reader:is_empty() return self.at > #self.buffer end

---Whether TLS may still hold what came with the rest: then nginx has filled its buffer, and taken no more.
---@param before integer bytes that had been read from the socket by others
function Reader:may_hide(before) return (self.count + before) % BUFFER == 0 end

return Reader
