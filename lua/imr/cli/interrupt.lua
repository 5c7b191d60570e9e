--- Runs a command's work and watches over it: Ctrl-C and a reader who has gone end it at once, not after the next page.
---
---   interrupt.run(function() ... end, { on_tick = fn, output = true })

local imr = require "imr"
local system = require "imr.os"
local terminal = require "imr.cli.output.terminal"

local interrupt = {}

local TICK = 0.1 -- seconds
local DONE = {}  -- raised by the work when it has ended, so that the watcher is not waited for

-- Where nothing can yield across pcall, nothing can watch: there a signal is noticed between two pages.
local can_watch = not require("imr.base.host").is_puc_5_1

---Raises when a signal has been caught, or with `output`, when nobody reads our output any more.
---@param output? boolean
function interrupt.check(output)
  local signal = system.caught_signal()
  if signal then error({ kind = "interrupted", message = "interrupted", signal = signal }, 0) end
  if output and terminal.output_closed() then error({ kind = "closed_pipe", message = "closed pipe" }, 0) end
end

local function watcher(options)
  while true do
    imr.sleep(TICK)
    interrupt.check(options.output)
    if options.on_tick then options.on_tick() end
  end
end

---@param work fun()
---@param options? { on_tick: fun()?, output: boolean? }
function interrupt.run(work, options)
  options = options or {}
  system.catch_signals()
  if not can_watch then return work() end
  local ok, problem = pcall(imr.run, imr.all, {
    function()
      work()
      error(DONE, 0)
    end,
    function() watcher(options) end,
  })
  if not ok and problem ~= DONE then error(problem, 0) end
end

return interrupt
