-- The string literals of a Lua file, those that are joined with .. as one.

local literals = {}

local ESCAPES = { n = "\n", t = "\t", r = "\r", ["\n"] = "\n" }

local function unescaped(text)
  return (text:gsub("\\(%d%d?%d?)", function(digits) return string.char(tonumber(digits)) end)
    :gsub("\\(.)", function(letter) return ESCAPES[letter] or letter end))
end

-- Behind the comment, long or short, that begins at a place.
local function behind_comment(source, at)
  local level = source:match("^%-%-%[(=*)%[", at)
  local _, last = source:find(level and "]" .. level .. "]" or "\n", at, true)
  return (last or #source) + 1
end

-- Where the literal that begins at a place ends, and its text.
local function literal_at(source, at)
  local level = source:match("^%[(=*)%[", at)
  if level then
    local first, last = source:find("]" .. level .. "]", at, true)
    return last, (source:sub(at + #level + 2, first - 1):gsub("^\n", ""))
  end
  local quote, last = source:sub(at, at), at
  repeat
    last = source:find('[\\' .. quote .. ']', last + 1)
    local escaped = source:sub(last, last) == "\\"
    if escaped then last = last + 1 end
  until not escaped
  return last, unescaped(source:sub(at + 1, last - 1))
end

--- @param source string
--- @return string[]
function literals.of(source)
  local found, at, joined = {}, 1, false
  while true do
    at = source:find('["\'%[%-]', at)
    if not at then return found end
    if source:find("^%-%-", at) then
      at = behind_comment(source, at)
    elseif source:find("^[\"']", at) or source:find("^%[=*%[", at) then
      local last, text = literal_at(source, at)
      if joined then found[#found] = found[#found] .. text else found[#found + 1] = text end
      local _, dots = source:find("^%s*%.%.%s*", last + 1)
      joined = dots ~= nil and source:find("^[\"']", dots + 1) ~= nil
      at = last + 1
    else
      at = at + 1
    end
  end
end

return literals
