-- Addresses of requests and proxies, taken apart. `place` is what may stand in a message: host and port, no password.

local lower = require "imr.base.ascii"
local unescape = require("imr.base.percent").decode

local ngx = require("imr.base.host").nginx()

local PORTS = { http = 80, https = 443 }

local address = { PORTS = PORTS }

local function split_authority(authority, default_port)
  local host, port = authority:match("^(%[[%x:.]+%]):?(%d*)$")
  if not host then host, port = authority:match("^([^:%s]+):?(%d*)$") end
  port = tonumber(port ~= "" and port or default_port)
  if not host or not port or port < 1 or port > 65535 then return nil end
  return host, port
end

---@param url string
---@return table|nil parts scheme, host, port, path, place
function address.of_url(url)
  local scheme, authority, path = url:match("^(%a+)://([^/?#%c%s]+)([^#%c%s]*)$")
  scheme = scheme and lower(scheme)
  if not PORTS[scheme] then return nil end
  local host, port = split_authority(authority, PORTS[scheme])
  if not host then return nil end
  if path:sub(1, 1) ~= "/" then path = "/" .. path end
  return { scheme = scheme, host = host, port = port, path = path, place = ("%s:%d"):format(host, port) }
end

---@param url string "http://[user:password@]host[:port]"
---@return table|nil parts url without a password, authorization, place
function address.of_proxy(url)
  local rest = url:gsub("^[Hh][Tt][Tt][Pp]://", "")
  local user, authority = rest:match("^(.*)@([^/@]+)/?$")
  local host, port = split_authority(authority or rest:match("^[^/]+") or "", 1080)
  if not host or rest:find("://", 1, true) then return nil end
  local place = ("%s:%d"):format(host, port)
  return {
    url = "http://" .. place, place = place,
    authorization = user and "Basic " .. ngx.encode_base64(unescape(user)),
  }
end

return address
