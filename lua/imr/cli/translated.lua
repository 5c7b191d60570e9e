--- The help of a parser, in the language that is spoken. The parser itself knows English only.

local language = require "imr.language"
local width = require "imr.cli.output.width"

local MOST, MARGIN = 100, 25 -- columns of help, and of what is left of a flag's text
local NEVER = 2 ^ 20 -- our lines are broken here

local function each(parser, fn)
  fn(parser)
  for _, list in ipairs { parser._options, parser._arguments } do
    for _, element in ipairs(list) do fn(element) end
  end
  for _, command in ipairs(parser._commands) do each(command, fn) end
end

local function wrap(text, most)
  return text and table.concat(width.lines(text, most), "\n")
end

-- The parser breaks lines at blanks only, and counts bytes.
local function break_lines(parser)
  parser._description, parser._epilog = wrap(parser._description, MOST), wrap(parser._epilog, MOST)
  for _, list in ipairs { parser._options, parser._arguments, parser._commands } do
    for _, element in ipairs(list) do element._description = wrap(element._description, MOST - MARGIN) end
  end
end

local function label(line)
  return language.zh(line) or line
end

-- What the parser writes around our texts.
local function relabel(text)
  text = ("\n" .. text):gsub("\n(%a[%a ]*:)", function(line) return "\n" .. label(line) end)
  text = text:gsub("^\nUsage: ", "\n" .. label "Usage: ")
  text = text:gsub(" ?%(default: (.-)%)", (label("(default: %s)"):gsub("%%s", "%%1")))
  return text:sub(2)
end

-- Also the help that the parser shows by itself (--help).
local function replace_help(parser)
  local plain = parser.get_help
  function parser.get_help(self)
    break_lines(self)
    return relabel(plain(self))
  end
  for _, command in ipairs(parser._commands) do replace_help(command) end
end

local function translate(element)
  for _, name in ipairs { "_description", "_summary", "_epilog" } do
    element[name] = element[name] and label(element[name])
  end
end

---Changes the parser's texts where another language than English is spoken.
---@param parser table
---@return table the parser
return function(parser)
  if language.spoken == "en" then return parser end
  parser:help_max_width(NEVER)
  each(parser, translate)
  replace_help(parser)
  return parser
end
