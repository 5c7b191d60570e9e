-- HTTP by hand over luasocket: what a server answers byte by byte, and connections that overlap.
local cjson = require "cjson"
local socket = require "socket"

local raw = {}

--- The text of a POST.
---@param parameters table|string
---@return string
function raw.request(path, parameters, headers)
  local body = type(parameters) == "table" and cjson.encode(parameters) or parameters
  return table.concat({
    "POST " .. path .. " HTTP/1.1", "Host: localhost", "Content-Type: application/json", "Content-Length: " .. #body,
    headers or "Connection: keep-alive", "", body,
  }, "\r\n")
end

---@param url string
---@return table client
function raw.connect(url)
  local host, port = url:match("^http://([^:]+):(%d+)")
  local client = assert(socket.connect(host, tonumber(port)))
  client:settimeout(60)
  client:setoption("tcp-nodelay", true)
  return client
end

local function read_headers(client)
  local headers = {}
  local line = client:receive("*l")
  while line and line ~= "" do
    local name, value = line:match("^([^:]+):%s*(.*)$")
    headers[name:lower()] = value
    line = client:receive("*l")
  end
  return headers
end

--- Reads one answer.
---@return integer|nil status
---@return string body, or the message of a failure
---@return table headers
function raw.answer(client)
  local line, message = client:receive("*l")
  if not line then
    return nil, message
  end
  local headers = read_headers(client)
  local status = tonumber(line:match("^HTTP/1%.1 (%d+) "))
  if status == 100 then
    return raw.answer(client)
  end
  local body, failure, partial = client:receive(tonumber(headers["content-length"]))
  return status, body or failure .. " after " .. #partial, headers
end

--- One request on a connection of its own or on a given one.
function raw.post(where, path, parameters)
  local client = type(where) == "string" and raw.connect(where) or where
  client:send(raw.request(path, parameters))
  local status, body, headers = raw.answer(client)
  if client ~= where then
    client:close()
  end
  return status, body, headers
end

---@return string token
function raw.login(url, account, password)
  local parameters = { admin_user_name = account or "demo", api_password = password or "demo-secret" }
  local _, body = raw.post(url, "/user/login", parameters)
  return cjson.decode(body).data
end

return raw
