-- Undoes what URLs, JSON and HTML do to a text, leniently: for looking into answers of any kind, not for reading them.

local core = require "imr.core"

local function url(text)
  if not text:find("%", 1, true) then return text end
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function form(text)
  if not text:find("+", 1, true) then return text end
  return url((text:gsub("+", " ")))
end

local short_escapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

local function character(escape)
  return core.json('"' .. escape .. '"')
end

local function json(text)
  if not text:find("\\", 1, true) then return text end
  text = text:gsub('\\([bfnrt"\\/])', function(letter) return short_escapes[letter] or letter end)
  text = text:gsub("\\u[dD][89abAB]%x%x\\u%x%x%x%x", character)
  return (text:gsub("\\u%x%x%x%x", character))
end

local entities = { amp = "&", lt = "<", gt = ">", quot = '"', apos = "'" }

local function html(text)
  if not text:find("&", 1, true) then return text end
  text = text:gsub("&#([xX]?)(%x%x%x?);", function(hex, digits)
    local number = tonumber(digits, hex == "" and 10 or 16)
    return number and number < 128 and string.char(number) or nil
  end)
  return (text:gsub("&(%a+);", entities))
end

return { url, form, json, html }
