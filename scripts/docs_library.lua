-- The C modules as LuaCATS, for editors: made of the LDoc comments of the C files.

local source = require "docs_source"

local library = {}

-- LDoc numbers the results of each way a function can end: "[1] integer seconds", "[2] nil", "[2] string why". LuaCATS
-- has one list, so what stands at the same place is joined.
local function join_results(results)
  local joined, place = {}, {}
  for _, result in ipairs(results) do
    local group = result.group or "1"
    place[group] = (place[group] or 0) + 1
    local at = joined[place[group]]
    if at then
      at.type = at.type .. "|" .. result.type
      at.text = at.text ~= "" and at.text or result.text
    else
      joined[place[group]] = { type = result.type, text = result.text }
    end
  end
  return joined
end

local function read_tag(entry, kind, modifier, text)
  local type_, rest = source.split_type(text)
  if kind == "treturn" then
    table.insert(entry.results, { group = modifier:match "%d", type = type_, text = rest })
  elseif kind == "tparam" then
    local name, about = rest:match "^(%S+)%s*(.*)$"
    table.insert(entry.params, { name = name, optional = modifier:find "opt" ~= nil, type = type_, text = about })
  elseif kind == "param" then
    table.insert(entry.params, { name = type_, type = "any", text = rest })
  end
end

---What an LDoc comment of a function says; nil for one of something else.
---@param comment string
---@return { name: string, text: string, params: table[], results: table[] }|nil
function library.read(comment)
  local flat = comment:gsub("%s+", " ")
  local name = flat:match "@function ([%w_%.:]+)"
  if not name then return nil end
  local entry = { name = name, text = flat:match "^(.-) ?@function", params = {}, results = {} }
  for kind, modifier, text in flat:gmatch "@(t?%l+)(%[?[^%s%]]*%]?) ([^@]*)" do
    read_tag(entry, kind, modifier, (text:gsub("%s+$", "")))
  end
  entry.results = join_results(entry.results)
  return entry
end

local function line(...)
  return (table.concat({ ... }, " "):gsub("%s+$", ""))
end

local function add(out, entry, owner)
  out[#out + 1] = "\n---" .. entry.text
  local names = {}
  for index, param in ipairs(entry.params) do
    names[index] = param.name
    out[#out + 1] = line("---@param", param.name .. (param.optional and "?" or ""), param.type, param.text)
  end
  for _, result in ipairs(entry.results) do out[#out + 1] = line("---@return", result.type, result.text) end
  local full = entry.name:find ":" and entry.name or owner .. "." .. entry.name
  out[#out + 1] = ("function %s(%s) end"):format(full, table.concat(names, ", "))
end

-- A handle's class stands before its first method.
local function add_handle(out, seen, entry, module)
  local handle = entry.name:match "^(.-):"
  if not handle or seen[handle] then return end
  seen[handle] = true
  out[#out + 1] = ("\n---@class %s.%s: userdata\nlocal %s = {}"):format(module, handle, handle)
end

---A module's LuaCATS file.
---@param module { name: string, c: string[], constants: string[]? }
---@return string lua
function library.of(module)
  local owner = module.name:match "[^.]+$"
  local out, seen = { "---@meta " .. module.name, "-- Made of the comments in csrc/ by `make docs`. Do not edit it.",
    "\n---@class " .. module.name }, {}
  for _, constant in ipairs(module.constants or {}) do out[#out + 1] = "---@field " .. constant end
  out[#out + 1] = ("local %s = {}"):format(owner)
  for _, path in ipairs(module.c) do
    for _, comment in ipairs(source.c_file(path)) do
      local entry = library.read(comment)
      if entry then
        add_handle(out, seen, entry, module.name)
        add(out, entry, owner)
      end
    end
  end
  out[#out + 1] = "\nreturn " .. owner
  return table.concat(out, "\n") .. "\n"
end

return library
