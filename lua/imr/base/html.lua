-- HTML that is safe by the way it is made: a text is escaped unless it is markup that this module made.

local sorted_names = require "imr.base.names"

local html = {}

---@class imr.Markup
---@field text string
local Markup = {}
Markup.__index = Markup
Markup.__tostring = function(self) return self.text end

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

---@param text string
---@return string
function html.escape(text)
  return (tostring(text):gsub("[&<>\"']", ENTITIES):gsub("[%z\1-\8\11-\31\127]", "\239\191\189"))
end

-- Our own words only: never what came out of a database.
local function trusted(text) return setmetatable({ text = text }, Markup) end

local function add(parts, child)
  if child == nil or child == false then return end
  if getmetatable(child) == Markup then
    parts[#parts + 1] = child.text
  elseif type(child) == "table" then
    for _, one in ipairs(child) do add(parts, one) end
  else
    parts[#parts + 1] = html.escape(child)
  end
end

local EMPTY = { br = true, input = true, meta = true }

local function attributes(given)
  local parts = {}
  for _, name in ipairs(sorted_names(given or {})) do
    local value = given[name]
    if value == true then
      parts[#parts + 1] = " " .. name
    elseif value then
      parts[#parts + 1] = (' %s="%s"'):format(name, html.escape(value))
    end
  end
  return table.concat(parts)
end

---An element. Children are texts, markup, or lists of them; nil and false are left out.
---@param name string
---@param given table<string, string|number|boolean>|nil attributes
---@return imr.Markup
function html.tag(name, given, ...)
  if EMPTY[name] then return trusted(("<%s%s>"):format(name, attributes(given))) end
  local parts = {}
  for index = 1, select("#", ...) do add(parts, (select(index, ...))) end
  return trusted(("<%s%s>%s</%s>"):format(name, attributes(given), table.concat(parts), name))
end

---The style sheet, which holds nothing of anybody else.
---@param text string
---@return imr.Markup
function html.style(text)
  return trusted("<style>" .. text .. "</style>")
end

---The same in both languages; the page shows one of them.
---@param en any
---@param zh any
---@return imr.Markup
function html.both(en, zh)
  return trusted(html.tag("span", { class = "en", lang = "en" }, en).text
    .. html.tag("span", { class = "zh", lang = "zh-CN" }, zh).text)
end

---@param list imr.Markup
---@return string
function html.document(list)
  return "<!doctype html>\n" .. list.text .. "\n"
end

return html
