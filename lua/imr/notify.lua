-- Events: to the client's on_event, or, for what must not go unheard, to the host's log.

local function warn_host(message)
  local ngx, warn = rawget(_G, "ngx"), rawget(_G, "warn")
  if ngx and ngx.log then
    ngx.log(ngx.WARN, "imr: ", message)
  elseif warn then
    warn("imr: " .. message)
  else
    io.stderr:write("imr: ", message, "\n")
  end
end

---@param on_event? fun(event: table)
---@return fun(event: table) emit  an event with a `message` is a warning
return function(on_event)
  if not on_event then
    return function(event)
      if event.message then warn_host(event.message) end
    end
  end
  return function(event)
    local fine, problem = pcall(on_event, event)
    if not fine then warn_host("on_event raised: " .. tostring(problem)) end
  end
end
