-- One spelling of the platform's address, so that all who use it share a pace, a token and what `imr login` has kept.

local lower = require "imr.base.ascii"

local url = {}

local DEFAULT_PORT = { http = "80", https = "443" }

---Scheme and host in small letters, without the scheme's own port and without a slash at the end. What is no such
---address stays as it is.
---@param text string
---@return string
function url.normalized(text)
  local scheme, authority, rest = text:match "^(%a+)://([^/?#]+)(.*)$"
  if not scheme then return text end
  scheme, authority = lower(scheme), lower(authority)
  local host, port = authority:match "^(.-):0*(%d*)$"
  if host and (port == "" or port == DEFAULT_PORT[scheme]) then
    authority = host
  elseif host then
    authority = host .. ":" .. port
  end
  return scheme .. "://" .. authority .. rest:gsub("/+$", "")
end

return url
