--- Lua text that returns a table: it can call nothing, and comes to an end.

local sandbox = {}

local MOST_STEPS = 1e5  -- of the file's program; a table takes a few dozen
local MOST_MEMORY = 1024 -- KiB that it may take

-- Editors on Windows write a byte order mark, and call UTF-16 Unicode.
local function plain(text, path)
  if text:find "^\255\254" or text:find "^\254\255" then return nil, path .. " is in UTF-16: save it as UTF-8" end
  return (text:gsub("^\239\187\191", ""))
end

local function compile(text, path)
  if setfenv then -- 5.1 has no other way, and no text-only mode
    if text:sub(1, 1) == "\27" then return nil, path .. " is bytecode, not Lua text" end
    local chunk, message = loadstring(text, "@" .. path)
    return chunk and setfenv(chunk, {}), message
  end
  return load(text, "@" .. path, "t", {})
end

-- Asked at each step: one may double a text, and a few dozen of those would take all memory there is.
local function limits()
  collectgarbage() -- what goes away meanwhile would be room for it
  local steps, memory = 0, collectgarbage("count") + MOST_MEMORY
  return function()
    steps = steps + 1
    local problem = steps > MOST_STEPS and "it does not come to an end"
      or collectgarbage("count") > memory and "it takes too much memory"
    if not problem then return end
    debug.sethook() -- whoever catches the error has steps of its own
    error(problem, 0)
  end
end

-- Without its methods on strings, which would come in by the back door, and not for ever.
local function confined(chunk)
  local strings = getmetatable("")
  local methods = strings.__index
  local jit = rawget(_G, "jit")
  if jit then jit.off(chunk, true) end
  strings.__index = nil
  debug.sethook(limits(), "", 1)
  local ok, result = pcall(chunk)
  debug.sethook()
  strings.__index = methods
  return ok, result
end

-- What a message of Lua's quotes may be a password; 5.4 puts a traceback behind one, and may leave out the place.
local function problem_of(message, path)
  local problem = message:match("^[^\n]*"):gsub(" near .*$", "")
  return problem:find(path, 1, true) and problem or path .. ": " .. problem
end

---@param text string
---@param path string for messages
---@return table|nil
---@return string|nil problem
function sandbox.evaluate(text, path)
  local bare, wrong = plain(text, path)
  if not bare then return nil, wrong end
  local chunk, message = compile(bare, path)
  if not chunk then return nil, problem_of(message, path) end
  local ok, result = confined(chunk)
  if not ok then
    local line, problem = tostring(result):match "^.-(:%d+): (.*)$"
    return nil, path .. (line or "") .. ": " .. (problem or tostring(result))
  end
  if type(result) ~= "table" then
    return nil, ("%s returns a %s; it has to return a table"):format(path, type(result))
  end
  return result
end

return sandbox
