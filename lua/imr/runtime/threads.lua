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

-- What a function returns behind nil is its error, as everywhere here.
local function error_of(result, err)
  return result == nil and err or nil
end

-- Starts all functions. `outcome.done` is set when all have ended, or one has raised.
local function start(functions, current, outcome)
  local started, left = {}, #functions
  for index, fn in ipairs(functions) do
    started[index] = current:spawn(function()
      local fine, result, err = pcall(fn)
      if fine then
        outcome.results[index], outcome.errors[index] = result, error_of(result, err)
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
  local results, failures = {}, {}
  for index, fn in ipairs(functions) do
    local result, err = fn()
    results[index], failures[index] = result, error_of(result, err)
  end
  return results, failures
end

---Runs functions side by side (on PUC Lua 5.1 one after the other). When one raises, the others are cancelled and the
---error is raised again. What a function returns behind nil is no reason to cancel the others: it is in `errors`.
---@param functions function[]
---@return table results the first result of each, in order
---@return table<integer, any> errors the second result of those whose first is nil, by their index; empty without any
function threads.all(functions)
  if not are_callable(functions) then error("imr.all takes a list of functions", 2) end
  if #functions == 0 then return {}, {} end
  local current = runtime.current()
  if current.sequential then return one_by_one(functions) end
  local outcome = { results = {}, errors = {}, done = current:event(), failed = false }
  local started = start(functions, current, outcome)
  local fine, problem = pcall(outcome.done.wait, outcome.done)
  if fine and not outcome.failed then return outcome.results, outcome.errors end
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
