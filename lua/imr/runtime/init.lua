-- Which runtime a call waits in is found at the time of the call: a test's virtual one while it runs,
-- nginx's inside a worker, else plain Lua's.

local runtime = {}

local plain, override

local function inside_nginx()
  local ngx = rawget(_G, "ngx")
  return ngx and ngx.get_phase and true or false
end

---The runtime of this very moment.
function runtime.current()
  if override then return override end
  if inside_nginx() then return require("imr.runtime.nginx") end
  plain = plain or require("imr.runtime.plain").new()
  return plain
end

---Makes `other` the current runtime (nil: none) and returns the one that was.
function runtime.replace(other)
  local before = override
  override = other
  return before
end

return runtime
