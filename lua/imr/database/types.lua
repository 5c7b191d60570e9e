--- What differs between the two dialects: types of columns, and how values are read without losing digits.
---
--- LuaDBI reads an integer of more than 32 bits wrong and a NUMERIC as a double. So times are read as doubles, which
--- hold any second exactly, and decimals as text.

local types = {}

local declared = {
  sqlite = {
    text = "TEXT", json = "TEXT", dec = "TEXT", int = "INTEGER", time = "INTEGER", flag = "BOOLEAN",
    id = "INTEGER PRIMARY KEY AUTOINCREMENT",
  },
  postgres = {
    text = "TEXT", json = "TEXT", dec = "NUMERIC", int = "BIGINT", time = "BIGINT", flag = "BOOLEAN",
    id = "BIGSERIAL PRIMARY KEY",
  },
}

local casts = {
  sqlite = { int = "CAST(%s AS REAL)", time = "CAST(%s AS REAL)" },
  postgres = { int = "CAST(%s AS DOUBLE PRECISION)", time = "CAST(%s AS DOUBLE PRECISION)", dec = "CAST(%s AS TEXT)" },
}
for _, cast in pairs(casts) do cast.id = cast.int end

---A column's type in CREATE TABLE.
---@param dialect "sqlite"|"postgres"
---@param type string
---@return string
function types.declare(dialect, type)
  return declared[dialect][type]
end

---An expression so that its value arrives in Lua as it is.
---@param dialect "sqlite"|"postgres"
---@param type string
---@param expression string
---@return string
function types.read(dialect, type, expression)
  local cast = casts[dialect][type]
  return cast and cast:format(expression) or expression
end

return types
