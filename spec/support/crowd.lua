-- Many processes that run the same program at the same time.
local copy = require "imr.base.copy"
local files = require "support.files"
local process = require "support.process"
local shell = require "support.shell"

local crowd = {}

-- Each waits until all are there, so that none has finished before the last begins.
local HEAD = [[
local core = require "imr.core"
local NUMBER = tonumber(os.getenv "NUMBER")
do
  local here = assert(io.open(os.getenv "CROWD", "a"))
  here:write "."
  here:close()
  repeat
    core.sleep(0.01)
    local all = assert(io.open(os.getenv "CROWD"))
    local count = all:seek "end"
    all:close()
  until count >= tonumber(os.getenv "COUNT")
end
]]

--- Runs `count` processes, waits for all of them and returns what each printed.
---@param count integer
---@param program string Lua; NUMBER is the process's own, from 1
---@param env? table<string, string>
---@return string[] outputs
function crowd.run(count, program, env)
  local directory = shell.scratch()
  local given = copy({ CROWD = directory .. "/crowd", COUNT = tostring(count) }, env)
  local all = ("sh -c 'for i in $(seq %d); do NUMBER=$i \"$@\" >%s/$i 2>&1 & done; wait' sh"):format(count, directory)
  local ok, problem = process.lua(HEAD .. program, { env = given, before = all })
  assert(ok, problem)
  local outputs = {}
  for number = 1, count do outputs[number] = files.read(directory .. "/" .. number) end
  shell.must("rm -r " .. directory)
  return outputs
end

return crowd
