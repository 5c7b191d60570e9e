-- Rewrites the tables of doc/schema.md, behind its marker, from lua/imr/database/tables.lua. An argument names another
-- file.
local path = arg[1] or "doc/schema.md"
local MARKER = "<!-- tables -->\n"

local tables = require "imr.database.tables"

local lines = {}
local function add(line) lines[#lines + 1] = line end

local types = { text = "text", int = "integer", id = "integer", time = "time", dec = "decimal", flag = "boolean",
  json = "JSON" }

for _, entry in ipairs(tables) do
  add(("### %s\n\n%s.\n\n| column | type | |\n|---|---|---|"):format(entry.name, entry.comment))
  for _, column in ipairs(entry.columns) do
    add(("| %s`%s` | %s | %s |"):format(column.key and "**key** " or "", column.name, types[column.type],
      column.comment))
  end
  add ""
end

local file = assert(io.open(path))
local text = file:read("*a")
file:close()
local at = assert(select(2, text:find(MARKER, 1, true)), path .. " has no marker")
file = assert(io.open(path, "w"))
file:write(text:sub(1, at), "\n", table.concat(lines, "\n"))
file:close()
