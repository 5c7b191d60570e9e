-- An account's name and password, from wherever they come: a file, a variable, a prompt, an option. What an editor or
-- a shell has left around them is taken off; what cannot be meant is refused before it is sent, since accounts get
-- locked after a few wrong passwords.

local core = require "imr.core"
local text_problem = require("imr.base.text").problem

local LONGEST = 1000 -- bytes; what is longer was cut on its way, or is no password
local AROUND = 5     -- bytes of a byte order mark and a line end

local password = {}

-- Where the first character is that nobody types: a control, a second byte order mark, a copied zero-width space.
local function unseen_in(text)
  local shown = core.clean(text)
  for place = 1, shown == text and 0 or #text do
    if text:byte(place) ~= shown:byte(place) then return place end
  end
end

---@param given string
---@return string|nil text without a byte order mark and one line end
---@return string|nil problem "is empty"
function password.clean(given)
  if given:find("^\255\254") or given:find("^\254\255") or given:find("\0", 1, true) then
    return nil, "is in UTF-16, or has a zero byte in it: save it as UTF-8"
  end
  local text = given:gsub("^\239\187\191", "")
  text = text:gsub("\r?\n$", "")
  if #text == #given then text = text:gsub("\r$", "") end
  local problem = text_problem(text)
  if problem then return nil, problem .. ": the platform takes UTF-8" end
  if text == "" then return nil, "is empty" end
  if #text > LONGEST then return nil, ("is longer than %d bytes"):format(LONGEST) end
  local place = unseen_in(text)
  if place then return nil, ("has a control character, or one that is not seen, in it (byte %d)"):format(place) end
  return text
end

---The first line of a file, byte by byte: as a line, Lua 5.1 would give only what stands before a zero byte.
---@param file file*
---@return string|nil
---@return string|nil problem such as "Is a directory"
function password.first_line(file)
  local bytes = {}
  repeat
    local byte, problem = file:read(1)
    if problem then return nil, problem end
    bytes[#bytes + 1] = byte
  until not byte or byte == "\n" or #bytes > LONGEST + AROUND
  return table.concat(bytes)
end

return password
