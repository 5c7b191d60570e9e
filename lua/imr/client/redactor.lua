-- Takes secrets out of a text, however the text spells them: as they are, as a URL, JSON or HTML writes them, in Base64
-- at any place in its rhythm, split over lines, or a part of a token.
--
-- What is hidden leaves a mark behind, so that what stood left and right of it is not joined.

local base64 = require "imr.base.base64"
local unescape = require "imr.base.unescape"

local HIDDEN = "***"
local SHORTEST = 3 -- a shorter word is hidden only where it stands alone: texts are full of its letters
local PART = 8     -- the shortest part of a token that is hidden by itself
local GRAM = 12    -- so many characters of a token in a row are a part of it: half of one may hold the password
local NESTED = 2   -- so many spellings, one around the other, are looked through

---@class imr.Redactor
local Redactor = {}
Redactor.__index = Redactor

local function literally(text)
  return (text:gsub("%p", "%%%0"))
end

-- A word of one letter stays: hiding it everywhere would only spell it out.
local function add_word(words, word)
  if #word >= SHORTEST then
    words[#words + 1] = { word = word, pattern = literally(word) }
  elseif word:find("^[A-Za-z0-9][A-Za-z0-9]$") then
    words[#words + 1] = { word = word, pattern = "%f[A-Za-z0-9]" .. word .. "%f[^A-Za-z0-9]", alone = true }
  end
end

-- Longer ones first: one may be a part of another.
local function add_words(words, list)
  table.sort(list, function(a, b) return #a > #b end)
  for _, word in ipairs(list) do add_word(words, word) end
end

-- The literal token, the same where its line breaks have become blanks or have gone, and its parts.
local function add_token(self, token)
  local list = { token, (token:gsub("%s+", " ")), (token:gsub("%s+", "")) }
  for part in token:gmatch(base64.RUN) do
    if #part >= PART then list[#list + 1] = part end
    for first = 1, #part - GRAM + 1 do self.grams[part:sub(first, first + GRAM - 1)] = true end
  end
  add_words(self.token_words, list)
end

---@param words string[] secrets that never change
---@return imr.Redactor
function Redactor.new(words)
  local self = setmetatable({ words = {}, token_words = {}, grams = {}, shortest = math.huge }, Redactor)
  add_words(self.words, words)
  for _, entry in ipairs(self.words) do
    if not entry.alone then self.shortest = math.min(self.shortest, #entry.word) end
  end
  return self
end

---From now on these are the tokens.
---@param tokens string[]
function Redactor:set_tokens(tokens)
  self.token_words, self.grams = {}, {}
  for _, token in ipairs(tokens) do add_token(self, token) end
end

local reveal

local function hide_words(text, words, depth)
  for _, entry in ipairs(words) do
    if text:find(entry.word, 1, true) and (depth == NESTED or not entry.alone) then
      text = text:gsub(entry.pattern, HIDDEN)
    end
  end
  return text
end

local function is_part(self, run)
  for first = 1, #run - GRAM + 1 do
    if self.grams[run:sub(first, first + GRAM - 1)] then return true end
  end
  return false
end

-- Six bits a character: most runs are words, too short to hold a whole secret.
local function holds_secret(self, run, depth)
  for first = 1, depth > 0 and #run * 6 >= self.shortest * 8 and 4 or 0 do
    local _, found = reveal(self, base64.decode(run, first), depth - 1)
    if found then return true end
  end
  return false
end

local function hide(self, text, depth)
  text = hide_words(hide_words(text, self.token_words, depth), self.words, depth)
  return (text:gsub(base64.RUN, function(run)
    if is_part(self, run) or holds_secret(self, run, depth) then return HIDDEN end
  end))
end

-- An answer may quote a secret as a URL, JSON or HTML writes it, and a token's JSON in JSON again. Where undoing that
-- brings a secret to light, the text is told undone.
---@return string text
---@return boolean found
function reveal(self, text, depth)
  local hidden = hide(self, text, depth)
  local found = hidden ~= text
  for _, undo in ipairs(depth > 0 and unescape or {}) do
    local plain, deeper = undo(hidden), false
    if plain ~= hidden then plain, deeper = reveal(self, plain, depth - 1) end
    if deeper then hidden, found = plain, true end
  end
  return hidden, found
end

---The text without any secret in it.
---@param text string
---@return string
function Redactor:redact(text)
  return (reveal(self, text, NESTED))
end

return Redactor
