-- Child processes of a spec: servers that say when they are ready, and end by their id.
local shell = require("support.shell")

local process = {}
process.__index = process

--- Starts a command and reads its output until a line matches `ready`.
---@param command string
---@param ready string pattern
---@return table child with `match`: the first capture, or the whole match
function process.start(command, ready)
  local pipe = assert(io.popen("echo $$; exec " .. command .. " </dev/null 2>&1"))
  local child = setmetatable({ pid = pipe:read("*n"), pipe = pipe }, process)
  local output = {}
  for line in pipe:lines() do
    child.match = line:match(ready)
    if child.match then
      return child
    end
    table.insert(output, line)
  end
  pipe:close()
  error(command .. " did not start:\n" .. table.concat(output, "\n"), 2)
end

--- Ends it and waits for its end.
function process:stop()
  if not self.pipe then
    return
  end
  os.execute("kill " .. self.pid .. " 2>/dev/null")
  self.pipe:close()
  self.pipe = nil
end

-- The interpreter of this run, for children that load what the spec loads.
process.interpreter = rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match("%d%.%d")

local function environment(settings)
  local paths = { LUA_PATH = package.path, LUA_CPATH = package.cpath }
  local words = { "env", "-u LUA_PATH_5_4", "-u LUA_CPATH_5_4" }
  for _, list in ipairs({ paths, settings or {} }) do
    for name, value in pairs(list) do
      table.insert(words, name .. "=" .. shell.quote(value))
    end
  end
  return table.concat(words, " ")
end

--- Starts a program under this run's interpreter and does not wait for it; it has to end by itself.
---@param path string of the program
---@param output string file for what it prints
---@param env? table<string, string>
---@return integer pid
function process.spawn(path, output, env)
  local command = ("%s %s %s >%s 2>&1 </dev/null & echo $!"):format(environment(env), process.interpreter, path, output)
  return tonumber(shell.lines(command)[1])
end

--- Runs a program under this run's interpreter and returns what it printed; `before` stands before the interpreter.
---@param program string Lua source
---@param options? { env: table<string, string>, before: string }
---@return boolean ok
---@return string output
function process.lua(program, options)
  options = options or {}
  local path = os.tmpname()
  local file = assert(io.open(path, "w"))
  file:write(program)
  file:close()
  local command = { environment(options.env), options.before or "", process.interpreter, path }
  local ok, output = shell.run(table.concat(command, " "))
  os.remove(path)
  return ok, output
end

return process
