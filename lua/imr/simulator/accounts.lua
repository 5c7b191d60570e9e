--- Accounts and tokens. A token is what the vendor's sample shows: Base64 of the account, its password and the time.

local quote = require("imr.base.json").quote

---@class imr.simulator.Accounts
local Accounts = {}
Accounts.__index = Accounts

local ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

-- Four lines of Base64 keep this module usable where luasocket is not installed.
local function base64(text)
  local function encode(a, b, c)
    local bits = a:byte() * 65536 + (b:byte() or 0) * 256 + (c:byte() or 0)
    local letters = {}
    for place = 1, 4 do
      local index = math.floor(bits / 64 ^ (4 - place)) % 64 + 1
      letters[place] = ALPHABET:sub(index, index)
    end
    return letters[1] .. letters[2] .. (b == "" and "=" or letters[3]) .. (c == "" and "=" or letters[4])
  end
  return (text:gsub("(.)(.?)(.?)", encode))
end

---@param settings table checked options
---@return imr.simulator.Accounts
function Accounts.new(settings)
  local self = setmetatable({ passwords = {}, tokens = {}, latest = 0, settings = settings }, Accounts)
  for name, password in pairs(settings.accounts or {}) do
    self.passwords[name] = password
  end
  self.passwords[settings.account] = settings.password
  return self
end

-- Two logins within a second would otherwise yield the same token, and revoking one would revoke both.
local function unique_second(self, unix)
  self.latest = math.max(math.floor(unix), self.latest + 1)
  return self.latest
end

local function forget(self, account)
  for token, known in pairs(self.tokens) do
    if known.account == account then
      self.tokens[token] = nil
    end
  end
end

---@param now number
---@param unix number the same moment in Unix time
---@return integer code
---@return string|nil token
function Accounts:login(account, password, now, unix)
  local expected = self.passwords[account]
  if not expected then
    return 1002
  elseif password ~= expected then
    return 1005
  end
  if self.settings.single_session then
    forget(self, account)
  end
  local token = base64(('{"admin_user_name":%s,"api_password":%s,"time":%d}'):format(quote(account),
    quote(password), unique_second(self, unix)))
  self.tokens[token] = { account = account, expires = now + self.settings.token_life }
  return 200, token
end

---@return integer code 200 when the token is the account's and alive
function Accounts:check(account, token, now)
  local known = self.tokens[token]
  if not known then
    return 1006
  elseif known.account ~= account then
    return 1009
  end
  return now >= known.expires and 1007 or 200
end

--- Every token is from now on answered with 1007.
function Accounts:expire()
  for _, known in pairs(self.tokens) do
    known.expires = -math.huge
  end
end

--- Every token is from now on answered with 1006.
function Accounts:revoke()
  self.tokens = {}
end

---@param password string of the main account; tokens stay what they are
function Accounts:set_password(password)
  self.passwords[self.settings.account] = password
end

return Accounts
