-- What this Lua runs in. Asked when it matters, not when this module is loaded: tests play nginx.
local host = {}

---@return table|nil ngx nginx's interface to Lua
function host.nginx() return rawget(_G, "ngx") end

---@return boolean in a worker, which may not be blocked
function host.in_nginx()
  local ngx = host.nginx()
  return ngx ~= nil and ngx.get_phase ~= nil
end

return host
