--- Where the text of an output goes: standard output, or a file that is replaced only when it is whole.

local exit = require "imr.cli.exit"
local messages = require "imr.cli.output.messages"
local system = require "imr.os"
local terminal = require "imr.cli.output.terminal"
local write_all = require "imr.cli.output.write"

local target = {}

local BUFFER = 65536

---@class imr.cli.Target
---@field write fun(text: string)  raises; closed_pipe when nobody reads any more
---@field commit fun(complete: boolean): string|nil  nil, or where rows of an incomplete listing were put
---@field abort fun()

---@return imr.cli.Target
function target.stdout()
  io.stdout:setvbuf("full", BUFFER)
  local shared = terminal.is_output() -- with the progress line
  local function write(text)
    if shared then messages.clear() end
    write_all(text)
  end
  return { write = write, commit = function() end, abort = function() end }
end

local function open(path, name)
  local file, message = io.open(path, "wb")
  if not file then exit.fail("output", "%s can't be written: %s", name, message) end
  file:setvbuf("full", BUFFER)
  return file
end

-- A device, a pipe: nothing to replace.
local function stream(device, path)
  local file = open(device, path)
  return {
    write = function(text) write_all(text, file, path) end, commit = function() file:close() end,
    abort = function() file:close() end,
  }
end

local function move(from, to)
  local ok, message = system.replace_file(from, to)
  if ok then return end
  os.remove(from)
  exit.fail("output", "%s can't be written: %s", to, message)
end

---Refuses the name of a file that would not be opened as the page that it is.
---@param flag string that names it
---@param path string
function target.expect_page(flag, path)
  local ending = path:match "%.(%w+)$"
  if ending and not ending:lower():find "^html?$" then exit.usage("%s %s: it is a page, FILE.html", flag, path) end
end

---A file appears, or changes, only as a whole. An incomplete listing never takes the place of a complete one: its
---rows go to FILE.incomplete.
---@param path string
---@return imr.cli.Target
function target.file(path)
  if path == "" then exit.usage("the output's name is empty") end
  local resolved, beside = system.prepare_output(path)
  if not resolved then exit.fail("output", "%s", beside) end
  if not beside then return stream(resolved, path) end
  local file = open(beside, path)
  local function abort()
    if io.type(file) == "file" then file:close() end
    os.remove(beside)
  end
  return {
    abort = abort,
    write = function(text)
      local fine, problem = pcall(write_all, text, file, path)
      if fine then return end
      abort() -- no half file stays behind, whoever forgets to say so
      error(problem, 0)
    end,
    commit = function(complete)
      file:close()
      local final = complete and resolved or resolved .. ".incomplete"
      move(beside, final)
      return not complete and final or nil
    end,
  }
end

return target
