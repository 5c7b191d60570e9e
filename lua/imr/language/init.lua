--- The language that the program speaks. English stands where it is said; what it is in Chinese stands in the catalogue
--- (imr.language.zh), under the English text or format. What has no Chinese stays English.
---
---   language.speak "zh"
---   language.text("%d of %d meters", 3, 5)     a text, or a format and what goes into it

---`chosen`: of headings and pages; `spoken`: of everything else.
local language = { chosen = "en", spoken = "en" }

-- What our messages count, behind a one.
local SINGULAR = { are = "is", have = "has", were = "was" }
for noun in ("accounts adjustments cells flags lines meters pages requests rows tariffs texts"):gmatch "%l+" do
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

---A text in the language that is spoken; with more arguments, a format of string.format. Chinese takes them in the same
---order as English.
---@param format string in English
---@param ... any
---@return string
function language.text(format, ...)
  local chinese = language.spoken == "zh" and language.zh(format) or nil
  if select("#", ...) == 0 then return chinese or format end
  return (chinese or singular(format, ...)):format(...)
end

return language
