-- Light threads for callers: `imr.run`, `imr.all` and `imr.sleep`. In nginx they are nginx's own.

local is_callable = require "imr.base.callable"
local runtime = require "imr.runtime"

local threads = {}

local function results_of(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

---Runs a function in which the functions of all() and prefetching go on side by side; returns what it returns.
---In nginx the request itself is such a function: there this just calls it.
---@param fn function
---@param ... any its arguments
---@return any ... its results; what it raises is raised again
function threads.run(fn, ...)
  if not is_callable(fn) then error("imr.run takes a function, not a " .. type(fn), 2) end
  return results_of(runtime.current():run(fn, ...))
end

-- Starts all functions. `outcome.done` is set when all have ended, or one has raised.
local function start(functions, current, outcome)
  local started, left = {}, #functions
  for index, fn in ipairs(functions) do
    started[index] = current:spawn(function()
      local fine, result = pcall(fn)
      if fine then
        outcome.results[index] = result
        left = left - 1
      elseif not outcome.failed then
        outcome.failed, outcome.problem = true, result
      end
      if outcome.failed or left == 0 then outcome.done:set() end
    end)
  end
  return started
end

local function are_callable(functions)
  if type(functions) ~= "table" then return false end
  for index = 1, #functions do
    if not is_callable(functions[index]) then return false end
  end
  return true
end

local function one_by_one(functions)
  local results = {}
  for index, fn in ipairs(functions) do results[index] = (fn()) end
  return results
end

---Runs functions side by side (on PUC Lua 5.1 one after the other). When one raises, the others are cancelled and the
---error is raised again. A function's second result is lost: `return assert(…)` raises an error that is one.
---@param functions function[]
---@return table results the first result of each, in order
function threads.all(functions)
  if not are_callable(functions) then error("imr.all takes a list of functions", 2) end
  if #functions == 0 then return {} end
  local current = runtime.current()
  if current.sequential then return one_by_one(functions) end
  local outcome = { results = {}, done = current:event(), failed = false }
  local started = start(functions, current, outcome)
  local fine, problem = pcall(outcome.done.wait, outcome.done)
  if fine and not outcome.failed then return outcome.results end
  for _, thread in ipairs(started) do current:kill(thread) end
  if fine then problem = outcome.problem end
  error(problem, 0)
end

---Waits; light threads go on meanwhile. In nginx it never blocks the worker.
---@param seconds number
function threads.sleep(seconds)
  if type(seconds) ~= "number" then error("imr.sleep takes seconds, not a " .. type(seconds), 2) end
  runtime.current():sleep(seconds)
end

return threads
