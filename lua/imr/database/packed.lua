-- Several columns in one: a list as JSON. A driver takes as long for a column as for a short text, and columns that
-- seldom change from one row to the next need to be looked at only where their text does.
--
-- Bytes stay what they are, also where they are no UTF-8: a JSON parser would refuse those.

local packed = {}

local FUNCTIONS = { sqlite = "json_array(%s)", postgres = "CAST(json_build_array(%s) AS TEXT)" }

---An expression for columns of any type but decimals, which JSON would round.
---@param db imr.Database
---@param columns string[]
---@return string SQL
function packed.sql(db, columns)
  return FUNCTIONS[db.dialect]:format(table.concat(columns, ", "))
end

local ESCAPED = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t" }

-- Only control characters are written by their number.
local function meant(letter, digits)
  if letter == "u" and #digits == 4 then return string.char(tonumber(digits, 16)) end
  return (ESCAPED[letter] or letter) .. digits
end

local function unescaped(text)
  if not text:find("\\", 1, true) then return text end
  return (text:gsub("\\(.)(%x?%x?%x?%x?)", meant))
end

-- Where the text that begins at a place ends: at a quote that no backslash stands before, but a pair of them.
local function end_of_text(text, at)
  local quote = text:find('"', at, true)
  while #text:sub(at, quote - 1):match "\\*$" % 2 == 1 do quote = text:find('"', quote + 1, true) end
  return quote
end

local WORDS = { ["true"] = true, ["false"] = false }

---The values of such a list; nil for what is NULL.
---@param text string
---@return any[]
function packed.values(text)
  local list, count, at = {}, 0, text:find("[^%s%[]")
  while text:byte(at) ~= 93 do -- ]
    count = count + 1
    if text:byte(at) == 34 then -- "
      local quote = end_of_text(text, at + 1)
      list[count], at = unescaped(text:sub(at + 1, quote - 1)), quote + 1
    else
      local word = text:match("^[^,%]%s]+", at)
      list[count], at = tonumber(word), at + #word
      if WORDS[word] ~= nil then list[count] = WORDS[word] end
    end
    at = text:find("[^,%s]", at)
  end
  return list
end

return packed
