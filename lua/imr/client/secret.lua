-- The credentials, in upvalues where no dump of an object shows them, and the removal of them from any text that
-- leaves us.

local core = require "imr.core"
local Redactor = require "imr.client.redactor"
local unescape = require "imr.base.unescape"

local TOKENS = 4 -- so many tokens are remembered: an answer may still speak of the one before

local secret = {}

-- A proxy's URL may hold a password, escaped as in any URL.
local function words_of(password, proxy)
  local of_proxy = proxy and proxy:match("//[^/:@]*:([^/]*)@") or ""
  local words = { password }
  for _, word in ipairs { of_proxy, unescape[1](of_proxy) } do
    if word ~= "" then words[#words + 1] = word end
  end
  return words
end

---@param proxy? string a proxy's URL may hold a password too
---@return table secret { fingerprint, password(), add(token), redact(text) }
function secret.new(username, password, proxy)
  local redactor, tokens = Redactor.new(words_of(password, proxy)), {}
  local kept = { fingerprint = core.fingerprint(username, password) }

  function kept.password() return password end

  ---One more token to hide.
  function kept.add(token)
    if token == tokens[1] then return end
    table.insert(tokens, 1, token)
    tokens[TOKENS + 1] = nil
    redactor:set_tokens(tokens)
  end

  ---The text without any secret in it.
  function kept.redact(text)
    return redactor:redact(text)
  end

  return kept
end

return secret
