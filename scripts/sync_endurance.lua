-- What `make sync-endurance` runs: a sync of 500 meters over 90 days that 50 real SIGKILLs end at random moments, on
-- SQLite and on PostgreSQL, while the platform gets late rows and corrects values. At the end the database has to hold
-- exactly what the platform has. METERS, DAYS, KILLS and SEED may be given as arguments. Then syncs that see rows come
-- late, change and go in other orders (spec/support/sync_order.lua), 500 times and 100 times.
package.path = package.path .. ";./spec/?.lua"

local core = require "imr.core"
local database = require "imr.database"
local kill = require "support.sync_kill"
local order = require "support.sync_order"
local postgres = require "support.postgres"
local shell = require "support.shell"

io.stdout:setvbuf "line"

local meters, days = tonumber(arg[1]) or 500, tonumber(arg[2]) or 90
local kills, seed = tonumber(arg[3]) or 50, tonumber(arg[4]) or 1

local failed = false

local function show(name, where, spare)
  local began = core.now()
  local fine, result = pcall(kill.run, { where = where, spare = spare, seed = seed, meters = meters, days = days,
    kills = kills })
  if not fine then
    failed = true
    return print(("%s: %s"):format(name, tostring(result)))
  end
  print(("%s: %d kills, %d in time, %d rows, %d restatements, %.0f s: %d differences"):format(name, kills,
    result.deaths, result.rows, result.restatements, core.now() - began, #result.problems))
  for index = 1, math.min(10, #result.problems) do print("  " .. result.problems[index]) end
  failed = failed or #result.problems > 0
end

local function show_orders(name, where, seeds)
  local db, problems = assert(database.open(where)), 0
  for number = seed, seed + seeds - 1 do
    local problem = order.try(db, number)
    if problem then
      problems, failed = problems + 1, true
      print(problem)
    end
  end
  db:close()
  print(("%s: %d orders, %d differences"):format(name, seeds, problems))
end

local directory = shell.scratch()
show("SQLite", directory .. "/imr.db", directory .. "/spare.db")
show_orders("SQLite", directory .. "/orders.db", 500)
local server = postgres.start()
local fine, problem = pcall(function()
  show("PostgreSQL", server:url(), server:url())
  show_orders("PostgreSQL", server:url(), 100)
end)
server:stop()
shell.must("rm -rf " .. shell.quote(directory))
if not fine then error(problem, 0) end
print(failed and "FAILED" or "passed")
os.exit(failed and 1 or 0, true)
