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

-- What is looked for first, because that is fast, and then all of what is hidden.
local function fixed_word(word)
  return { word = word, pattern = literally(word) }
end

local function token_word(token)
  local head = token:sub(1, HEAD)
  return { word = head, pattern = literally(head) .. "[%w+/=_-]*" }
end

local function hide(text, words)
  for _, entry in ipairs(words) do
    if text:find(entry.word, 1, true) then text = text:gsub(entry.pattern, HIDDEN) end
  end
  return text
end

-- An answer may quote a secret as a URL, JSON or HTML writes it, and a token's JSON in JSON again. Where undoing that
-- brings a secret to light, the text is told undone.
local function reveal_and_hide(text, words, depth)
  local hidden = hide(text, words)
  local found = hidden ~= text
  for _, undo in ipairs(depth > 0 and unescape or {}) do
    local plain, deeper = undo(hidden), false
    if plain ~= hidden then plain, deeper = reveal_and_hide(plain, words, depth - 1) end
    if deeper then hidden, found = plain, true end
  end
  return hidden, found
end

-- What never changes: the password, and the one that a proxy's URL may hold.
local function fixed_words(password, proxy)
  local words = {}
  for _, word in ipairs { password, proxy and proxy:match("//[^/@]*:([^/@]*)@") or "" } do
    if #word >= SHORTEST then table.insert(words, fixed_word(word)) end
  end
  return words
end

---@param proxy? string a proxy's URL may hold a password too
---@return table secret { fingerprint, password(), add(token), redact(text) }
function secret.new(username, password, proxy)
  local fixed, tokens, latest = fixed_words(password, proxy), {}, nil
  local kept = { fingerprint = core.fingerprint(username, password) }

  function kept.password() return password end

  ---One more token to hide. What its Base64 holds is hidden with the password.
  function kept.add(token)
    if token == latest or #token < SHORTEST then return end
    latest = token
    table.insert(tokens, 1, token_word(token))
    tokens[TOKENS + 1] = nil
  end

  ---The text without any secret in it.
  function kept.redact(text)
    for _, words in ipairs { tokens, fixed } do text = reveal_and_hide(text, words, NESTED) end
    return text
  end

  return kept
end

return secret
