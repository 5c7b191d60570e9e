-- Who may ask: whoever sends the token of the configuration, as `Authorization: Bearer TOKEN`.

local app = require "app"
local config = require "config"

local access = {}

local function random_key()
  local file = assert(io.open("/dev/urandom", "rb"))
  local key = file:read(32)
  file:close()
  return key
end

-- Digests under a key that nobody knows are compared, so the time that it takes tells nothing about the token.
local KEY = random_key()

local function same(given, expected)
  return ngx.hmac_sha1(KEY, given) == ngx.hmac_sha1(KEY, expected)
end

---Ends the request with 401 unless it has the token.
---@param purpose? "read"|"supply"
function access.check(purpose)
  local header = ngx.var.http_authorization or ""
  local given = header:match("^[Bb]earer +(%S+)$")
  if given and same(given, config.tokens[purpose or "read"]) then return end
  ngx.header["WWW-Authenticate"] = "Bearer"
  app.fail(401, { kind = "access", message = "send the access token: Authorization: Bearer TOKEN" })
  return ngx.exit(ngx.HTTP_OK) -- the answer is written: nothing else may follow
end

return access
