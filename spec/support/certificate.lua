-- Certificates that vouch for themselves.
local shell = require "support.shell"

--- Makes NAME.pem and NAME.key in a directory.
---@param subject string as subjectAltName takes it
---@return string base the path of both, without its end
return function(directory, name, subject)
  local base = directory .. "/" .. name
  shell.must(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=%s"):format(name)
    .. (" -addext subjectAltName=%s -keyout %s.key -out %s.pem"):format(subject, base, base))
  return base
end
