-- The C modules as LuaCATS, for editors: made of the LDoc comments of the C files.

local source = require "docs_source"

local library = {}

-- LDoc numbers the results of each way a function can end: "[1] integer seconds", "[2] nil", "[2] string why". LuaCATS
-- has one list, so what stands at the same place is joined; a way that ends earlier gives nil there.
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
  for _, count in pairs(place) do
    for index = count + 1, #joined do joined[index].type = joined[index].type .. "|nil" end
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

-- The comments name a handle as its methods do; its class has the module's name before that.
local function qualified(type_, handles)
  return (type_:gsub("[%w_.]+", handles))
end

local function add(out, entry, owner, handles)
  out[#out + 1] = "\n---" .. entry.text
  local names = {}
  for index, param in ipairs(entry.params) do
    names[index] = param.name
    out[#out + 1] = line("---@param", param.name .. (param.optional and "?" or ""), qualified(param.type, handles),
      param.text)
  end
  for _, result in ipairs(entry.results) do
    out[#out + 1] = line("---@return", qualified(result.type, handles), result.text)
  end
  local full = entry.name:find ":" and entry.name or owner .. "." .. entry.name
  out[#out + 1] = ("function %s(%s) end"):format(full, table.concat(names, ", "))
end

-- A handle's class stands before its first method.
local function add_handle(out, seen, entry, handles)
  local handle = entry.name:match "^(.-):"
  if not handle or seen[handle] then return end
  seen[handle] = true
  out[#out + 1] = ("\n---@class %s: userdata\nlocal %s = {}"):format(handles[handle], handle)
end

-- What the comments of a module describe, and the classes of its handles by their short names.
local function read_all(module)
  local entries, handles = {}, {}
  for _, path in ipairs(module.c) do
    for _, comment in ipairs(source.c_file(path)) do
      local entry = library.read(comment)
      local handle = entry and entry.name:match "^(.-):"
      if handle then handles[handle] = module.name .. "." .. handle end
      entries[#entries + 1] = entry
    end
  end
  return entries, handles
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
  local entries, handles = read_all(module)
  for _, entry in ipairs(entries) do
    add_handle(out, seen, entry, handles)
    add(out, entry, owner, handles)
  end
  out[#out + 1] = "\nreturn " .. owner
  return table.concat(out, "\n") .. "\n"
end

return library
