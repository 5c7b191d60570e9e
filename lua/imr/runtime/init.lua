-- Which runtime a call waits in is found at the time of the call: a test's virtual one while it runs,
-- nginx's inside a worker, else plain Lua's.

local in_nginx = require("imr.base.host").in_nginx

local runtime = {}

local host, override

-- Some fifty times a call: what Lua runs in stays what it is, so it is looked at once.
local function find_host()
  host = in_nginx() and require("imr.runtime.nginx") or require("imr.runtime.plain").new()
  return host
end

---The runtime of this very moment.
function runtime.current()
  return override or host or find_host()
end

---Makes `other` the current runtime (nil: none) and returns the one that was.
function runtime.replace(other)
  local before = override
  override = other
  return before
end

return runtime
