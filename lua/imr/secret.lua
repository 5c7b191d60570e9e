-- The credentials, in upvalues where no dump of an object shows them, and the removal of them from any text that
-- leaves us.

local core = require "imr.core"
local unescape = require "imr.unescape"

local HIDDEN = "***"
local SHORTEST = 3 -- removing a one-letter password from every text would only spell it out
local TOKENS = 4   -- so many tokens are remembered: an answer may still speak of the one before
local HEAD = 16    -- what begins as a token does is hidden as far as it goes: half of one may hold the whole password
local NESTED = 2   -- so many escapings, one around the other, are looked through

local secret = {}

local function literally(text)
  return (text:gsub("%p", "%%%0"))
end

local function pattern_of_token(token)
  return literally(token:sub(1, HEAD)) .. "[%w+/=_-]*"
end

local function hide(text, patterns)
  for _, pattern in ipairs(patterns) do text = text:gsub(pattern, HIDDEN) end
  return text
end

-- An answer may quote a secret as a URL, JSON or HTML writes it, and a token's JSON in JSON again. Where undoing that
-- brings a secret to light, the text is told undone.
local function reveal_and_hide(text, patterns, depth)
  local hidden = hide(text, patterns)
  local found = hidden ~= text
  for _, undo in ipairs(depth > 0 and unescape or {}) do
    local plain, deeper = reveal_and_hide(undo(hidden), patterns, depth - 1)
    if deeper then hidden, found = plain, true end
  end
  return hidden, found
end

-- The patterns of what never changes: the password, and the one that a proxy's URL may hold.
local function fixed_patterns(password, proxy)
  local patterns = {}
  for _, word in ipairs { password, proxy and proxy:match("//[^/@]*:([^/@]*)@") or "" } do
    if #word >= SHORTEST then table.insert(patterns, literally(word)) end
  end
  return patterns
end

---@param proxy? string a proxy's URL may hold a password too
---@return table secret { fingerprint, password(), add(token), redact(text) }
function secret.new(username, password, proxy)
  local fixed, tokens, latest = fixed_patterns(password, proxy), {}, nil
  local kept = { fingerprint = core.fingerprint(username, password) }

  function kept.password() return password end

  ---One more token to hide. What its Base64 holds is hidden with the password.
  function kept.add(token)
    if token == latest or #token < SHORTEST then return end
    latest = token
    table.insert(tokens, 1, pattern_of_token(token))
    tokens[TOKENS + 1] = nil
  end

  ---The text without any secret in it.
  function kept.redact(text)
    for _, patterns in ipairs { tokens, fixed } do text = reveal_and_hide(text, patterns, NESTED) end
    return text
  end

  return kept
end

return secret
