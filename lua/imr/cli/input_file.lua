--- The text of a file that a flag names; "-" is standard input. A byte order mark is left out.

local exit = require "imr.cli.exit"

---@param flag string as it stands before the path, for messages: "--from ", "--meter @"
---@param path string
---@return string
return function(flag, path)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = io.open(path) end
  if not file then exit.usage("%s%s", flag, message) end
  local text = file:read("*a")
  if path ~= "-" then file:close() end
  if not text then exit.usage("%s%s can't be read: is it a directory?", flag, path) end
  return (text:gsub("^\239\187\191", ""))
end
