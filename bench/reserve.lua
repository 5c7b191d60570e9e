-- What a reservation costs in each store, in microseconds: alone, and with several processes at the same slot.
--
--   flock         for comparison, what one would write first: lock a file, read the next time from it, write it back
--   alone         time of one reservation, by one process that does nothing else
--   N processes   wall time divided by the reservations of all of them: what one more costs
--
-- Every figure is the median of its rounds; ratios are to the file store alone. memory is one process's own, so nobody
-- else can be at it; shdict runs in nginx's workers.
package.path = package.path .. ";./spec/?.lua"

local crowd = require "support.crowd"
local nginx = require "support.nginx"
local redis = require "support.redis"
local shell = require "support.shell"
local socket = require "socket"

local ROUNDS = tonumber(arg and arg[1]) or 5
local CROWDS = { 2, 8 }
local DICT = "128m"

-- One measurement, as a process of its own or in a worker: reserve(count) is set before.
local RUN = [[
local core = require "imr.core"
local system = require "imr.os"
local function measure(reserve, count)
  local began = core.now()
  for _ = 1, count do reserve() end
  return ("%.6f %.6f"):format(began, core.now())
end
]]

local OURS = [[
local store = require("imr").store[STORE](OPTIONS)
local function reserve() return assert(store:reserve("k", 1e-6, core.now(), math.huge)) end
]]

local FLOCK = [[
local path = OPTIONS.path
local function reserve()
  local lock = system.private_lock(path .. ".lock")
  while not lock do
    core.sleep(1e-5)
    lock = system.private_lock(path .. ".lock")
  end
  local file = io.open(path)
  local now, next_slot = core.now(), file and file:read("*n") or 0
  if file then file:close() end
  local start = math.max(now, next_slot)
  file = assert(io.open(path, "w"))
  file:write(("%.6f"):format(start + 1e-6))
  file:close()
  lock:release()
  return start
end
]]

local function program(body, name, options)
  local head = ("local STORE, OPTIONS = %q, %s\n"):format(name, options)
  return RUN .. head .. body
end

-- ---------------------------------------------------------------- measuring

local function median(values)
  table.sort(values)
  return values[math.ceil(#values / 2)]
end

-- Microseconds for each of all reservations, from "began ended" of each process.
local function cost(outputs, count)
  local first, last = math.huge, 0
  for _, output in ipairs(outputs) do
    local began, ended = output:match("(%d+%.%d+) (%d+%.%d+)")
    if not began then error(output) end
    first, last = math.min(first, tonumber(began)), math.max(last, tonumber(ended))
  end
  return (last - first) / (count * #outputs) * 1e6
end

local function by_processes(text)
  return function(processes, count)
    return crowd.run(processes, text .. ("io.write(measure(reserve, %d))"):format(count))
  end
end

-- Workers take new connections while they are not busy, so as many at once as there are workers occupy all of them.
local function by_workers(server)
  return function(workers, count)
    local clients, outputs = {}, {}
    for number = 1, workers do
      clients[number] = assert(socket.connect("127.0.0.1", server.port))
      clients[number]:send(("GET /run?%d HTTP/1.0\r\n\r\n"):format(count))
    end
    for number, client in ipairs(clients) do
      outputs[number] = client:receive("*a"):match("\r\n\r\n(.*)$")
      client:close()
    end
    return outputs
  end
end

local function measured(run, processes, count)
  local costs, each = {}, math.ceil(count / processes)
  for round = 1, ROUNDS do costs[round] = cost(run(processes, each), each) end
  return median(costs)
end

-- ---------------------------------------------------------------- the table

local scratch = shell.scratch()
local server = redis.start()
local text = program(OURS, "shdict", '{ name = "imr" }')
local workers = nginx.start {
  workers = 8, http = ("lua_shared_dict imr %s;"):format(DICT),
  locations = ("location = /run { content_by_lua_block { %s ngx.print(measure(reserve, tonumber(ngx.var.args))) } }")
    :format(text),
}

local stores = {
  { "memory", by_processes(program(OURS, "memory", "nil")), 200000, alone = true },
  { "file", by_processes(program(OURS, "file", ("{ path = '%s/state' }"):format(scratch))), 200000 },
  { "shdict", by_workers(workers), 10000 },
  { "redis", by_processes(program(OURS, "redis", ("{ port = %d }"):format(server.port))), 8000 },
  { "flock", by_processes(program(FLOCK, "", ("{ path = '%s/naive' }"):format(scratch))), 4000 },
}

local function cell(value, reference)
  if not value then return ("%10s %7s"):format("-", "") end
  return ("%10.2f %6.1fx"):format(value, value / reference)
end

local rows, reference = {}, nil
for index, store in ipairs(stores) do
  local row = { measured(store[2], 1, store[3]) }
  for number, processes in ipairs(CROWDS) do
    row[number + 1] = not store.alone and measured(store[2], processes, store[3]) or nil
  end
  rows[index] = row
  if store[1] == "file" then reference = row[1] end
end
workers:stop()
server:close()
shell.must("rm -r " .. scratch)

local interpreter = rawget(_G, "jit") and "LuaJIT" or _VERSION
print(("microseconds a reservation; %s, nginx always with LuaJIT; %d rounds"):format(interpreter, ROUNDS))
io.write(("%-8s %18s"):format("", "alone"))
for _, processes in ipairs(CROWDS) do io.write((" %18s"):format(processes .. " processes")) end
print()
for index, store in ipairs(stores) do
  io.write(("%-8s"):format(store[1]))
  for number = 1, #CROWDS + 1 do io.write(" ", cell(rows[index][number], reference)) end
  print()
end
print(("target: file alone at most 1 us: %s"):format(reference <= 1 and "met" or "missed"))
