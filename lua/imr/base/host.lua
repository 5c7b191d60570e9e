-- What this Lua runs in. Asked when it matters, not when this module is loaded: tests play nginx.
local host = {}

---@return table|nil ngx nginx's interface to Lua
function host.nginx() return rawget(_G, "ngx") end

---@return boolean in a worker, which may not be blocked
function host.in_nginx()
  local ngx = host.nginx()
  return ngx ~= nil and ngx.get_phase ~= nil
end

---@return string of this Lua: "Lua 5.4", or LuaJIT's own
function host.lua() return rawget(_G, "jit") and rawget(_G, "jit").version or _VERSION end

-- PUC 5.1 can't yield across pcall, a metamethod or an iterator, and can't tell.
host.is_puc_5_1 = host.lua() == "Lua 5.1"

return host
