-- A simulated platform as a child process of a spec, over real HTTP.
local cjson = require "cjson"
local copy = require "imr.base.copy"
local process = require "support.process"
local shell = require "support.shell"

local simulator = {}
simulator.__index = simulator

local ROOT = debug.getinfo(1, "S").source:match("^@(.*)spec/support/simulator%.lua$") or "./"

local function fault_flags(faults)
  local flags = {}
  for name, fault in pairs(faults) do
    local rate = type(fault) == "table" and fault.rate or fault
    local endpoints = type(fault) == "table" and fault.endpoints and ":" .. table.concat(fault.endpoints, ",") or ""
    flags[#flags + 1] = ("--fault %s=%.14g%s"):format(name, rate, endpoints)
  end
  return table.concat(flags, " ")
end

local function flag(name, value)
  if name == "faults" then
    return fault_flags(value)
  elseif name == "forbidden" then
    return "--forbidden " .. table.concat(value, " --forbidden ")
  end
  name = "--" .. name:gsub("_", "-")
  if name == "--duplicate-orders" then
    value = value and "yes" or "no"
  elseif type(value) == "boolean" then
    return value and name or ""
  end
  return name .. " " .. shell.quote(tostring(value))
end

local function flags_of(options)
  local flags = {}
  for name, value in pairs(options) do
    flags[#flags + 1] = flag(name, value)
  end
  return table.concat(flags, " ")
end

--- The command that runs `bin/imr` under the interpreter that runs the spec.
---@param arguments string
---@return string
function simulator.command(arguments)
  return process.interpreter .. " " .. shell.quote(ROOT .. "bin/imr") .. " " .. arguments
end

--- Starts one and waits until it listens. Names and values of options are those of imr.simulator.platform.
---@param options? table
---@return table running with url, pid, log (path), entries() and stop()
function simulator.start(options)
  local log = os.tmpname()
  -- A spec that dies cannot stop its children: they end by themselves.
  local given = copy({ port = 0 }, options)
  local fixed = " --exit-after 600 --log " .. shell.quote(log)
  local command = simulator.command("simulate " .. flags_of(given) .. fixed)
  local child = process.start(command, "^listening on (%S+)$")
  return setmetatable({ url = child.match, pid = child.pid, log = log, child = child }, simulator)
end

--- What has arrived so far, oldest first.
---@param endpoint? string only requests to this one
---@return table[]
function simulator:entries(endpoint)
  local entries = {}
  for line in io.lines(self.log) do
    local entry = cjson.decode(line)
    if not endpoint or entry.endpoint == endpoint then
      entries[#entries + 1] = entry
    end
  end
  return entries
end

--- Ends the process and removes its log; twice is fine.
function simulator:stop()
  self.child:stop()
  os.remove(self.log)
end

return simulator
