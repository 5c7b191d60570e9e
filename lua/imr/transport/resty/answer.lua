-- An answer as it comes over a socket of nginx's, with the limits that libcurl's transport has. lua-resty-http has
-- none: it takes a length below zero, and lines without an end.

local Reader = require "imr.transport.resty.reader"
local lower = require "imr.base.ascii"

local answer = {}

local HEADER_LIMIT = 65536  -- bytes of all headers and trailers, and of the lines that give the length of a chunk
local CHUNK_LINE = 1024
local INTERIM_MOST = 8      -- answers like "100 Continue" before the answer
local LENGTH_DIGITS = 15

local TOO_LONG, NOT_HTTP = "has more than 64 KiB of headers", "is not valid HTTP"

-- The reader's problem, as problem of the connection or as reason to refuse the answer.
local function broken(problem)
  if problem == "long" then return nil, nil, TOO_LONG end
  return nil, problem
end

local function read_status(state)
  local line, problem, size = state.reader:line(state.left)
  if not line then return broken(problem) end
  state.left = state.left - size
  local version, status = line:match("^HTTP/1%.([01]) (%d%d%d)%f[%D]")
  if not version then return nil, nil, NOT_HTTP end
  return { status = tonumber(status), version = version, headers = {}, lengths = {} }
end

-- Of headers with one name the last counts, but not of lengths.
local function add_header(head, line)
  local name, value = line:match("^([^:%s][^:]*):%s*(.-)%s*$")
  if not name then return end
  name = lower(name)
  head.headers[name] = value
  if name == "content-length" then head.lengths[#head.lengths + 1] = value end
end

local function read_headers(state, head)
  while true do
    local line, problem, size = state.reader:line(state.left)
    if not line then return broken(problem) end
    state.left = state.left - size
    if line == "" then return true end
    if line:find("%z") then return nil, nil, NOT_HTTP end
    if head then add_header(head, line) end
  end
end

local function read_head(state)
  for _ = 0, INTERIM_MOST do
    local head, problem, refused = read_status(state)
    if not head then return nil, problem, refused end
    local fine
    fine, problem, refused = read_headers(state, head)
    if not fine then return nil, problem, refused end
    if head.status >= 200 then return head end
  end
  return nil, nil, "has too many interim answers before it"
end

-- Decimal digits, all alike where there are several.
local function length_of(head)
  local first = head.lengths[1]
  if not first then return nil end
  for _, value in ipairs(head.lengths) do
    if value ~= first or not value:find("^%d+$") or #value:gsub("^0+", "") > LENGTH_DIGITS then
      return nil, "has a length that is no number"
    end
  end
  return tonumber(first)
end

-- How the body's end is known: by its length, "chunked", or "close".
local function framing(head)
  if head.status == 204 or head.status == 304 then return 0 end
  local encoding = head.headers["transfer-encoding"]
  local length, refused = length_of(head)
  if refused then return nil, refused end
  if not encoding then return length or "close" end
  if lower(encoding) ~= "chunked" then return nil, "is encoded in a way that nobody asked for" end
  return "chunked"
end

local function unusable(head, frame, max_body)
  if type(frame) == "number" and frame > max_body then return "is larger than max_body" end
  local encoding = head.headers["content-encoding"]
  if encoding and lower(encoding) ~= "identity" then return "is packed, which nobody asked for" end
end

-- `length` bytes, or all until the other side closes.
local function read_bytes(state, length)
  local left = length or math.huge
  while left > 0 do
    local piece, problem = state.reader:some(math.min(left, state.max_body - state.size + 1))
    if not piece then
      if not length and problem == "closed" then break end
      return nil, problem
    end
    left, state.size = left - #piece, state.size + #piece
    if state.size > state.max_body then return nil, nil, "is larger than max_body" end
    state.pieces[#state.pieces + 1] = piece
  end
  return true
end

local function read_line(state)
  local line, problem = state.reader:line(CHUNK_LINE)
  if line then return line end
  if problem == "long" then return nil, nil, NOT_HTTP end
  return nil, problem
end

local function read_chunk_size(state)
  local line, problem, refused = read_line(state)
  if not line then return nil, problem, refused end
  local digits = line:match("^(%x+)%s*$") or line:match("^(%x+)%s*;")
  if not digits or #digits:gsub("^0+", "") > LENGTH_DIGITS - 3 then return nil, nil, NOT_HTTP end
  return tonumber(digits, 16)
end

local function read_chunks(state)
  while true do
    local size, problem, refused = read_chunk_size(state)
    if not size then return nil, problem, refused end
    if size == 0 then return read_headers(state) end
    local fine
    fine, problem, refused = read_bytes(state, size)
    if not fine then return nil, problem, refused end
    local rest
    rest, problem, refused = read_line(state)
    if not rest then return nil, problem, refused end
    if rest ~= "" then return nil, nil, NOT_HTTP end
  end
end

local function read_body(state, frame)
  if frame == "chunked" then return read_chunks(state) end
  return read_bytes(state, frame ~= "close" and frame or nil)
end

-- Whether another request may go over the connection.
local function may_be_kept(state, head, frame, secure, before)
  if not state.reader:is_empty() or secure and state.reader:may_hide(before) then return false end
  local connection = lower(head.headers.connection or "")
  local wanted = head.version == "1" and not connection:find("close", 1, true)
    or connection:find("keep-alive", 1, true) ~= nil
  local certain = not (frame == "chunked" and head.lengths[1])
  return wanted and certain and frame ~= "close"
end

---Reads one answer.
---@param socket table
---@param options { max_body: integer, pause: fun(), on_head: fun(status: integer): string|nil, secure: boolean?,
---  before: integer? } on_head may refuse the answer; before: bytes that had been read from the socket
---@return table|nil answer status, headers, body, kept
---@return string|nil problem of the connection
---@return string|nil refused why the answer is no good
function answer.read(socket, options)
  local state = { reader = Reader.new(socket, options.pause), left = HEADER_LIMIT, max_body = options.max_body,
    pieces = {}, size = 0 }
  local head, problem, refused = read_head(state)
  if not head then return nil, problem, refused end
  refused = options.on_head(head.status)
  if refused then return nil, nil, refused end
  local frame
  frame, refused = framing(head)
  refused = refused or unusable(head, frame, options.max_body)
  if refused then return nil, nil, refused end
  local fine
  fine, problem, refused = read_body(state, frame)
  if not fine then return nil, problem, refused end
  return { status = head.status, headers = head.headers, body = table.concat(state.pieces),
    kept = may_be_kept(state, head, frame, options.secure, options.before or 0) }
end

return answer
