-- The real program, as a person or a script runs it: a home of its own, an environment of its own, its streams apart.
local cjson = require "cjson"
local copy = require "imr.base.copy"
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"

local cli = {}
cli.__index = cli

--- A user with an empty home. `url`: the platform that the environment names.
---@param url? string
---@param environment? table<string, string>
function cli.user(url, environment)
  local home = shell.scratch()
  local user = setmetatable({ home = home, environment = { HOME = home, TERM = "xterm" } }, cli)
  if url then
    user.environment.IMR_BASE_URL = url
    user.environment.IMR_USERNAME, user.environment.IMR_PASSWORD = "demo", "demo-secret"
  end
  for name, value in pairs(environment or {}) do user.environment[name] = value end
  return user
end

--- The shell command that runs the program; `more` is laid over the environment, `false` takes a name out.
---@param arguments string as the shell reads them
---@param more? table<string, string|false>
---@return string
function cli:command(arguments, more)
  local words = { "env", "-i", "PATH=" .. shell.quote(os.getenv("PATH")) }
  local all = copy(self.environment, more)
  for name, value in pairs(all) do
    if value then words[#words + 1] = name .. "=" .. shell.quote(value) end
  end
  words[#words + 1] = simulator.command(arguments)
  return table.concat(words, " ")
end

local function take(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  os.remove(path)
  return content
end

--- Runs it to its end.
---@return table result { status, out, err }
function cli:run(arguments, more)
  local out, err = os.tmpname(), os.tmpname()
  local _, text = shell.run(("%s >%s 2>%s; echo code=$?"):format(self:command(arguments, more), out, err))
  return { status = tonumber(text:match("code=(%d+)")), out = take(out), err = take(err) }
end

--- Starts it and does not wait for it: it can be killed by its `pid` (not with SIGINT, which a shell's background
--- process ignores), and `wait()` gives what `run` gives.
---@return table child
function cli:start(arguments, more)
  local out, err = os.tmpname(), os.tmpname()
  local pipe = assert(io.popen(("exec %s >%s 2>%s & echo $!; wait $!; echo code=$?"):format(
    self:command(arguments, more), out, err)))
  local child = { pid = pipe:read("*n") }
  function child.kill(signal) shell.must(("kill -%s %d"):format(signal, child.pid)) end
  function child.wait()
    local result = { status = tonumber(pipe:read("*a"):match("code=(%d+)")) }
    pipe:close()
    result.out, result.err = take(out), take(err)
    return result
  end
  return child
end

--- The rows that a command printed as JSON lines.
---@param result table of `run`
---@return table[]
function cli.rows(result)
  local list = {}
  for line in result.out:gmatch("[^\n]+") do list[#list + 1] = cjson.decode(line) end
  return list
end

--- Writes a file below the home, mode 0600 unless said otherwise.
---@return string path
function cli:write(name, content, mode)
  local path = self.home .. "/" .. name
  shell.must("mkdir -p -m 700 " .. shell.quote(path:match("^(.*)/")))
  local file = assert(io.open(path, "wb"))
  file:write(content)
  file:close()
  shell.must(("chmod %s %s"):format(mode or "600", shell.quote(path)))
  return path
end

--- The text of a file below the home, or nil.
function cli:read(name)
  local file = io.open(self.home .. "/" .. name, "rb")
  if not file then return nil end
  local content = file:read("*a")
  file:close()
  return content
end

--- The names in a directory below the home.
function cli:list(name)
  return shell.lines("ls -A " .. shell.quote(self.home .. "/" .. (name or "")))
end

function cli:remove()
  shell.must("rm -rf " .. shell.quote(self.home))
end

cli.interpreter = process.interpreter

return cli
