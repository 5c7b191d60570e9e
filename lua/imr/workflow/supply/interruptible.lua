-- Work that somebody may want to end at any time: it runs in a light thread of its own, beside the question whether it
-- shall go on.
--
-- PUC Lua 5.1 can't yield across pcall: there the work runs to its end, and asks by itself where it can.

local LOOK = 0.1 -- seconds between two looks

---@param runtime table
---@param ends fun(): boolean asked again and again; true ends the work where it waits
---@param work fun(): ...
---@return boolean finished false when it was ended
---@return any ... what it returned; what it raises is raised
return function(runtime, ends, work)
  local thread = runtime:start(work)
  local fine, problem = pcall(function()
    while not thread.finished.is_set and not ends() do thread.finished:wait(LOOK) end
  end)
  if thread.finished.is_set then
    local function hand_on(ok, ...)
      if not ok then error((...), 0) end
      return true, ...
    end
    return hand_on(runtime:join(thread))
  end
  runtime:kill(thread)
  if not fine then error(problem, 0) end
  return false
end
