--- As much HTTP/1.1 as a client of the platform speaks: requests with Content-Length, keep-alive, 100-continue.

local http = {}

local MAX_HEAD, MAX_BODY = 65536, 8 * 1024 * 1024
local REASONS = {
  [200] = "OK", [400] = "Bad Request", [404] = "Not Found", [405] = "Method Not Allowed", [411] = "Length Required",
  [413] = "Content Too Large", [500] = "Internal Server Error", [502] = "Bad Gateway", [503] = "Service Unavailable",
}

local function parse_head(head)
  local method, path, version = head:match("^(%u+) (%S+) HTTP/(1%.[01])\r\n")
  if not method then
    return nil, 400
  end
  local headers = {}
  for name, value in head:gmatch("\r\n([^:\r\n]+):[ \t]*([^\r\n]*)") do
    headers[name:lower()] = value:gsub("[ \t]+$", "")
  end
  local wish = (headers.connection or ""):lower()
  local keep_alive = version == "1.1" and wish ~= "close" or wish == "keep-alive"
  return { method = method, path = path, headers = headers, keep_alive = keep_alive }
end

local function body_length(request)
  if request.headers["transfer-encoding"] then
    return nil, 411
  end
  local length = request.headers["content-length"] or "0"
  if not length:match("^%d+$") then
    return nil, 400
  end
  return tonumber(length) <= MAX_BODY and tonumber(length) or nil, 413
end

---@class imr.simulator.Reader requests from one connection
local Reader = {}
Reader.__index = Reader

---@param client table a luasocket client that does not block
---@param wait fun() called until there may be more to read
---@param send fun(text: string)
---@return imr.simulator.Reader
function http.reader(client, wait, send)
  return setmetatable({ client = client, wait = wait, send = send, buffer = "" }, Reader)
end

-- Returns false when the other side is gone.
local function fill(self)
  while true do
    local text, message, partial = self.client:receive(65536)
    text = text or partial
    if text ~= "" then
      self.buffer = self.buffer .. text
      return true
    elseif message == "closed" then
      return false
    end
    self.wait()
  end
end

-- Where the head ends in the buffer.
local function find_head(self)
  local start = 1
  while true do
    local _, stop = self.buffer:find("\r\n\r\n", start, true)
    if stop then
      return stop
    elseif #self.buffer > MAX_HEAD then
      return nil, 400
    end
    start = math.max(1, #self.buffer - 3)
    if not fill(self) then
      return nil
    end
  end
end

local function read_body(self, request, start)
  local length, status = body_length(request)
  if not length then
    return nil, status
  end
  local stop = start + length
  if (request.headers.expect or ""):lower() == "100-continue" and #self.buffer < stop then
    self.send("HTTP/1.1 100 Continue\r\n\r\n")
  end
  while #self.buffer < stop do
    if not fill(self) then
      return nil
    end
  end
  request.body = self.buffer:sub(start + 1, stop)
  self.buffer = self.buffer:sub(stop + 1)
  return request
end

--- The next request.
---@return imr.simulator.Request|nil
---@return integer|nil status where the other side has to be told why there is none
function Reader:next()
  local stop, status = find_head(self)
  if not stop then
    return nil, status
  end
  local request
  request, status = parse_head(self.buffer:sub(1, stop))
  if not request then
    return nil, status
  end
  return read_body(self, request, stop)
end

local WEEKDAYS = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" }
local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

-- "Sun, 06 Nov 1994 08:49:37 GMT", in any locale.
local function date(now)
  local at = os.date("!*t", math.floor(now))
  return ("%s, %02d %s %04d %02d:%02d:%02d GMT"):format(WEEKDAYS[at.wday], at.day, MONTHS[at.month], at.year, at.hour,
    at.min, at.sec)
end

--- An answer as it goes over the wire.
---@param answer imr.simulator.Answer
---@param keep boolean whether the connection stays open
---@param now number Unix seconds of the platform's clock
---@param cut? integer send only so many bytes of the body, though the head promises all
---@return string
function http.answer(answer, keep, now, cut)
  local lines = {
    ("HTTP/1.1 %d %s"):format(answer.status, REASONS[answer.status] or "Unknown"),
    "Date: " .. date(now),
    "Content-Length: " .. #answer.body,
    "Connection: " .. (keep and "keep-alive" or "close"),
  }
  for name, value in pairs(answer.headers) do
    lines[#lines + 1] = name .. ": " .. value
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n" .. (cut and answer.body:sub(1, cut) or answer.body)
end

return http
