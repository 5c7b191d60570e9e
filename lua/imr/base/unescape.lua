-- Undoes what URLs, JSON, HTML, dumps and line breaks do to a text, leniently: for looking into answers of any kind,
-- not for reading them.

local decode = require("imr.base.json").decode
local percent = require "imr.base.percent"

local byte_of = percent.byte_of

local function character(escape)
  return decode('"' .. escape .. '"')
end

-- As JavaScript's old escape() writes it.
local function wide(text)
  return (text:gsub("%%(u%x%x%x%x)", function(escape) return character("\\" .. escape) end))
end

local SURROGATES = "\\u[dD][89abAB]%x%x\\u[dD][c-fC-F]%x%x"

local short_escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- And what languages like it write: \x41.
local function json(text)
  if not text:find("\\", 1, true) then return text end
  text = text:gsub('\\([bfnrt"\\/])', function(letter) return short_escapes[letter] or letter end)
  text = text:gsub(SURROGATES, character):gsub("\\u%x%x%x%x", character)
  return (text:gsub("\\[xX](%x%x)", byte_of))
end

-- A dump: two digits a byte, perhaps with a blank or a colon between them.
local function hexadecimal(text)
  text = text:gsub("%f[%w](%x%x)[ :]%f[%x]", "%1")
  return (text:gsub("%x+", function(run) return #run % 2 == 0 and run:gsub("%x%x", byte_of) or nil end))
end

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

-- Nil, which leaves the text as it is, where there is no such character. Half a surrogate pair becomes JSON's: old Java
-- writes a character beyond 16 bits as the two halves that it keeps it in.
local function referred(digits, base)
  digits = digits:gsub("^0+", "")
  local number = #digits <= 7 and tonumber(digits, base)
  if not number or number > 0x10FFFF then return nil end
  if number >= 0xD800 and number <= 0xDFFF then return ("\\u%04x"):format(number) end
  if number < 0x10000 then return character(("\\u%04x"):format(number)) end
  number = number - 0x10000
  return character(("\\u%04x\\u%04x"):format(0xD800 + math.floor(number / 0x400), 0xDC00 + number % 0x400))
end

-- The semicolon may be missing, as for browsers.
local function references(text)
  text = text:gsub("&#(%d+);?", function(digits) return referred(digits, 10) end)
  text = text:gsub("&#[xX](%x+);?", function(digits) return referred(digits, 16) end)
  return (text:gsub(SURROGATES, character))
end

local function html(text)
  if not text:find("&", 1, true) then return text end
  if text:find("&#", 1, true) then text = references(text) end
  return (text:gsub("&(%a+);", entities))
end

-- Joins what is split over lines, or by characters that nobody sees (zero width, marks of direction, soft hyphens).
local function joined(text)
  text = text:gsub("[%z\1-\31\127]+", "")
  if not text:find("[\194\216\226\239]") then return text end
  text = text:gsub("\194[\128-\159\173]", ""):gsub("\216\156", ""):gsub("\239\187\191", "")
  return (text:gsub("\226\128[\139-\143\168-\174]", ""):gsub("\226\129[\160-\175]", ""))
end

-- The same for lines with blanks at their ends.
local function unfolded(text)
  if not text:find("[%z\1-\31\127]") then return text end
  return joined((text:gsub("%f[ ] +([%z\1-\31\127])", "%1"):gsub("([%z\1-\31\127]) +", "%1")))
end

return { percent.decode, percent.decode_form, wide, json, html, hexadecimal, joined, unfolded }
