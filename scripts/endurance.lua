-- What `make endurance` runs: 8 processes and 2 nginx workers on one account for a minute, at the platform's own
-- interval: on the file store, in peace and with a process killed each five seconds; then that on Redis, where the
-- processes have two home directories, as on two hosts.
package.path = package.path .. ";./spec/?.lua"

local endurance = require "support.endurance"
local redis = require "support.redis"

local SECONDS, INTERVAL, KILL_EVERY = 60, 2, 5
local failed = false

local function run(name, options)
  options.seconds, options.interval = SECONDS, INTERVAL
  io.write(("%s: %d processes and %d nginx workers, %d s\n"):format(name, options.processes, options.workers, SECONDS))
  io.flush()
  local figures = endurance.run(options)
  io.write("  ", endurance.show(figures), "\n")
  local fine, problem = pcall(endurance.check, figures)
  io.write("  ", fine and "passed" or "FAILED: " .. tostring(problem), "\n")
  failed = failed or not fine
end

run("file store, nobody killed", { kind = "file", processes = 8, workers = 2 })
run("file store", { kind = "file", processes = 8, workers = 2, kill_every = KILL_EVERY })
local path = redis.resty_path()
if not path then io.write("without nginx, for want of lua-resty-redis (RESTY_PATH names its place):\n") end
run("redis store, two hosts", { kind = "redis", processes = path and 8 or 10, workers = path and 2 or 0, path = path,
  kill_every = KILL_EVERY })
os.exit(failed and 1 or 0)
