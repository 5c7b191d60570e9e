-- A socket of nginx's for lua-resty-http to connect with: what a proxy says to a tunnel is read in lines that end.

local LINES_LIMIT = 65536

local function read_line(socket, budget)
  if budget.left <= 0 then return nil, "the proxy's answer is too long" end
  local line, problem = socket:receiveuntil("\n")(budget.left)
  if not line then return nil, problem end
  budget.left = budget.left - #line - 1
  if budget.left <= 0 then return nil, "the proxy's answer is too long" end
  return (line:gsub("\r$", ""))
end

---@param socket table
---@return table socket with all its methods
---@return fun(): integer read how many bytes of lines have been read
return function(socket)
  local budget = { left = LINES_LIMIT }
  local guard = {}
  function guard.receive(_, what) -- lua-resty-http asks for "*l" here, and for nothing else
    if what ~= "*l" then return socket:receive(what) end
    return read_line(socket, budget)
  end
  local function forward(_, name)
    local method = socket[name]
    return type(method) == "function" and function(_, ...) return method(socket, ...) end or method
  end
  return setmetatable(guard, { __index = forward }), function() return LINES_LIMIT - budget.left end
end
