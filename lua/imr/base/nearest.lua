-- "Did you mean": the name that a slip of the pen was meant to be.

local LONGEST = 31
local NEAR = 2 -- changes that may be a slip of the pen

-- How many letters to insert, delete, change or swap to make one of the other. Rows of the usual matrix; three of them,
-- because a swap looks two back.
local function edit_distance(a, b)
  local width, height = #b, #a
  if width > LONGEST or height > LONGEST then return LONGEST end
  local before, last, row = {}, {}, {}
  for j = 0, width do row[j] = j end
  for i = 1, height do
    before, last, row = last, row, before
    row[0] = i
    for j = 1, width do
      local change = a:byte(i) == b:byte(j) and 0 or 1
      row[j] = math.min(row[j - 1] + 1, last[j] + 1, last[j - 1] + change)
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], before[j - 2] + 1)
      end
    end
  end
  return row[width]
end

---The name that differs least; nil where none is near.
---@param given string
---@param names string[] those that exist
---@return string|nil
return function(given, names)
  local best, found = NEAR + 1, nil
  for _, name in ipairs(names) do
    local distance = edit_distance(given, name)
    if distance < best and distance < #given then best, found = distance, name end
  end
  return found
end
