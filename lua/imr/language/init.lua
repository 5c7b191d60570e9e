--- The language that the program speaks. English stands where it is said; what it is in Chinese stands in the catalogue
--- (imr.language.zh), under the English text or format. What has no Chinese stays English.
---
---   language.speak "zh"
---   language.text("%d of %d meters", 3, 5)     a text, or a format and what goes into it

local unpack = require "imr.base.unpack"

---`chosen`: of headings and pages; `spoken`: of everything else.
local language = { chosen = "en", spoken = "en" }

-- What our messages count, behind a one.
local SINGULAR = { are = "is", have = "has", were = "was" }
local NOUNS = "accounts adjustments cells commands flags lines meters pages requests rows sheets tariffs texts"
for noun in NOUNS:gmatch "%l+" do
  SINGULAR[noun] = noun:sub(1, -2)
end

-- "%d rows have" of one is "1 row has".
local function singular(format, ...)
  local values, at = { ... }, 0
  return (format:gsub("(%%[^%a%%]*[%a%%])( ?%l*)( ?%l*)", function(directive, first, second)
    if directive == "%%" then return nil end
    at = at + 1
    local noun, verb = SINGULAR[first:sub(2)], SINGULAR[second:sub(2)]
    if values[at] ~= 1 or not noun then return nil end
    return directive .. " " .. noun .. (verb and " " .. verb or second)
  end))
end

---Chooses the language.
---@param which "en"|"zh"
---@param quietly? boolean only of headings and pages: what is said is for a program, and stays English
function language.speak(which, quietly)
  language.chosen, language.spoken = which, quietly and "en" or which
end

---What an English text or format is in Chinese; nil where the catalogue does not have it.
---@param text string
---@return string|nil
function language.zh(text)
  return require("imr.language.zh")[text]
end

-- What goes into a message may be a sentence of ours itself.
local function said_again(...)
  local values = { ... }
  for index = 1, select("#", ...) do
    local value = values[index]
    if type(value) == "string" and value:find(" ", 1, true) then values[index] = language.again(value) end
  end
  return unpack(values, 1, select("#", ...))
end

---A text in the language that is spoken; with more arguments, a format of string.format. Chinese takes them in the same
---order as English.
---@param format string in English
---@param ... any
---@return string
function language.text(format, ...)
  if format == "%s" then return language.again(tostring((...))) end
  if language.spoken == "en" then return select("#", ...) == 0 and format or singular(format, ...):format(...) end
  local chinese = language.zh(format)
  if select("#", ...) == 0 then return chinese or format end
  return (chinese or format):format(said_again(...))
end

---Parts of a message, one behind the other.
---@param parts string[]
---@return string
function language.list(parts)
  return table.concat(parts, language.text ", ")
end

---A word of ours that stands in a column of rows, in the language that is spoken.
---@param column string
---@param word any
---@return any
function language.word(column, word)
  if language.spoken == "en" then return word end
  local words = require("imr.language.values").of { name = column }
  return words and words[word] or word
end

---What an error of the library means, where another language than its own is spoken.
---@param err imr.Error
---@return string|nil
function language.meaning(err)
  if language.spoken == "en" then return nil end
  local words = require "imr.words"
  if err.code and words.codes[err.code] then return words.codes[err.code][2] end
  for _, entry in ipairs(words.kinds) do
    if entry[1] == err.kind and entry[1] ~= "usage" then return (entry[5]:gsub("`", "")) end
  end
end

-- A pattern for the texts that a format makes, and the longest part that all of them have: looking for it is quick.
local function pattern_of(format)
  local kinds, at = {}, 0
  local plain = format:gsub("%%[-+#0]*%d*%.?%d*(%a)", function(kind)
    kinds[#kinds + 1] = kind
    return "\1"
  end)
  local pattern = plain:gsub("%p", "%%%0"):gsub("\1", function()
    at = at + 1
    return kinds[at] == "s" and "(.-)" or "([%d.e+-]+)"
  end)
  local longest = ""
  for part in plain:gmatch "[^\1]+" do longest = #part > #longest and part or longest end
  return "^" .. pattern .. "$", longest
end

-- A longer text is of somebody else, and matching it would take long.
local LONGEST = 500

-- The formats that are known only by what they made, the longest first.
local composed
local function load_composed()
  composed = {}
  for format, chinese in pairs(require "imr.language.zh.composed") do
    local pattern, part = pattern_of(format)
    local entry = { format = format, pattern = pattern, part = part, chinese = chinese }
    if format:find("%", 1, true) then composed[#composed + 1] = entry end
  end
  table.sort(composed, function(a, b)
    return #a.format > #b.format or #a.format == #b.format and a.format < b.format
  end)
end

-- A value may have been made of a format too: "3.0 days".
local function filled(chinese, ...)
  local values = { ... }
  if values[1] == nil then return nil end
  for index, value in ipairs(values) do
    values[index] = value:find(" ", 1, true) and language.recognised(value) or value
  end
  return chinese:format(unpack(values))
end

---What a text that has been made of a format is in the language that is spoken: what other modules said.
---@param text string
---@return string
function language.again(text)
  return language.spoken == "zh" and language.recognised(text) or text
end

---The Chinese of a text that the catalogue has, as a whole or as a format that made it; else nil.
---@param text string
---@return string|nil
function language.recognised(text)
  local whole = language.zh(text) or require("imr.language.zh.composed")[text]
  if whole then return whole end
  if #text > LONGEST then return nil end
  if not composed then load_composed() end
  for _, entry in ipairs(composed) do
    local chinese = text:find(entry.part, 1, true) and filled(entry.chinese, text:match(entry.pattern))
    if chinese then return chinese end
  end
  local place, rest = text:match "^([^%s:]+): (.+)$" -- a file's or a key's name
  local chinese = rest and language.recognised(rest)
  return chinese and place .. "：" .. chinese
end

return language
