--- The meter numbers that a database knows, and which of them look like the same one.

local schema = require "imr.schema"

local numbers = {}

local DISTINCT = [[WITH RECURSIVE known(number) AS (SELECT min(meter_no) FROM %s UNION ALL
  SELECT (SELECT min(meter_no) FROM %s WHERE meter_no > known.number) FROM known WHERE known.number IS NOT NULL)
  SELECT number FROM known WHERE number IS NOT NULL]]

---A query for the meter numbers of a table, each once, as `number`: by the key, so that not a row more is read.
---@param name string of the table
---@return string SQL
function numbers.distinct(name)
  return DISTINCT:format(name, name)
end

---All meter numbers that the database knows anything of, in order.
---@param db imr.Database
---@return string[]
function numbers.all(db)
  local list, seen, names = {}, {}, { "meters" }
  for _, endpoint in ipairs(schema.listings) do
    if endpoint.moment then names[#names + 1] = endpoint.name end
  end
  for _, name in ipairs(names) do
    for row in db:lists(numbers.distinct(name)) do
      local number = row[1]
      if not seen[number] then list[#list + 1], seen[number] = number, true end
    end
  end
  table.sort(list)
  return list
end

-- Full-width digits and letters are the plain ones, 0xFEE0 further on.
local function narrow(bytes)
  local middle, last = bytes:byte(2, 3)
  local plain = (middle - 0xBC) * 64 + last - 0x80 + 0x20
  return plain > 0x20 and plain < 0x7F and string.char(plain) or bytes
end

---A number without what people and spreadsheets change in it: blanks, case, full-width characters, leading zeros.
---@param text string
---@return string
function numbers.plain(text)
  local plain = text:gsub("\239[\188\189][\128-\191]", narrow):gsub("\227\128\128", ""):gsub("\194\160", "")
  plain = plain:gsub("[%s%z\1-\31]+", ""):lower():gsub("^0+", "")
  return plain
end

---Texts that differ only by what `plain` leaves out, by each of them.
---@param list string[]
---@return table<string, string[]> the others, of those that have any
function numbers.alike(list)
  local groups, others = {}, {}
  for _, text in ipairs(list) do
    local plain = numbers.plain(text)
    groups[plain] = groups[plain] or {}
    table.insert(groups[plain], text)
  end
  for _, group in pairs(groups) do
    for _, text in ipairs(#group > 1 and group or {}) do
      others[text] = {}
      for _, other in ipairs(group) do
        if other ~= text then table.insert(others[text], other) end
      end
    end
  end
  return others
end

---Those of a list that the database knows nothing of, each with the known ones that look like it.
---@param db imr.Database
---@param list string[]
---@return { number: string, alike: string[] }[]
function numbers.missing(db, list)
  local known, by_plain, missing = {}, {}, {}
  for _, number in ipairs(numbers.all(db)) do
    local plain = numbers.plain(number)
    known[number], by_plain[plain] = true, by_plain[plain] or {}
    table.insert(by_plain[plain], number)
  end
  for _, number in ipairs(list) do
    if not known[number] then
      missing[#missing + 1] = { number = number, alike = by_plain[numbers.plain(number)] or {} }
    end
  end
  return missing
end

return numbers
