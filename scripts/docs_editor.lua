-- What editors read of imr.schema: a class for each record, and the client's listings with what they take.

local platform = require "imr.schema"
local schema = require "docs_schema"

local editor = {}

local HEAD = "---@meta\n-- Made from `lua/imr/schema.lua` by `make docs`. Do not edit it."

local lua_types = {
  str = "string", int = "integer", dec = "number|string", time = "integer", enum = "string",
  text = "string", meter = "string", meters = "string|string[]", from = "integer|string", to = "integer|string",
  ["word or number"] = "string|integer",
}

-- ---------------------------------------------------------------- records

local function type_of(field)
  if not field.words then return lua_types[field.type] end
  local _, word = next(field.words)
  if type(word) == "boolean" then return "boolean" end
  return (schema.type_of(field):gsub("`", '"'):gsub(", ", "|"))
end

local function add_record(out, endpoint)
  out[#out + 1] = ("\n---A row of `%s` (platform document §%s)."):format(endpoint.name, endpoint.section)
  out[#out + 1] = "---@class imr." .. endpoint.record
  for _, field in ipairs(endpoint.fields) do
    local unit = field.type == "time" and ", Unix seconds" or ""
    out[#out + 1] = ("---@field %s? %s %s%s"):format(field.name, type_of(field), schema.words_of_field(field)[1], unit)
  end
  for _, field in ipairs(schema.derived(endpoint)) do
    out[#out + 1] = ("---@field %s? %s %s"):format(field.name, schema.type_of_derived(field),
      schema.words_of_field(field)[1])
  end
  out[#out + 1] = "---@field extra? table<string, any> keys that no document names"
  out[#out + 1] = "---@field invalid? table<string, string> raw texts of values that are not of their type"
end

---The records as classes.
---@return string lua
function editor.records()
  local out = { HEAD }
  for _, endpoint in ipairs(platform.listings) do add_record(out, endpoint) end
  return table.concat(out, "\n") .. "\n"
end

-- ---------------------------------------------------------------- listings

-- What the method takes beyond imr.ListingOptions.
local function own_params(endpoint)
  local list = {}
  for _, param in ipairs(endpoint.params) do
    if param.type ~= "page" and param.type ~= "page_size" then list[#list + 1] = param end
  end
  return list
end

local function options_of(endpoint)
  if #own_params(endpoint) == 0 then return "ListingOptions" end
  return endpoint.options or endpoint.record .. "Options"
end

local function needs_some(endpoint)
  for _, param in ipairs(own_params(endpoint)) do
    if param.required then return true end
  end
  return false
end

local function takers_of(name)
  local takers = {}
  for _, endpoint in ipairs(platform.listings) do
    if options_of(endpoint) == name then takers[#takers + 1] = "`" .. endpoint.name .. "`" end
  end
  local last = table.remove(takers)
  if #takers == 0 then return last .. " takes" end
  return table.concat(takers, ", ") .. " and " .. last .. " take"
end

local function add_options(out, endpoint)
  local name = options_of(endpoint)
  out[#out + 1] = ("\n---What %s."):format(takers_of(name))
  out[#out + 1] = ("---@class imr.%s: imr.ListingOptions"):format(name)
  for _, param in ipairs(own_params(endpoint)) do
    out[#out + 1] = ("---@field %s%s %s %s"):format(param.name, param.required and "" or "?", lua_types[param.type],
      schema.words_of_parameter(param)[1])
  end
end

local function add_method(out, endpoint)
  local about = endpoint.about or endpoint.summary:gsub("%.$", "")
  out[#out + 1] = ("\n---%s (platform document §%s)."):format(about, endpoint.section)
  out[#out + 1] = ("---@param params%s imr.%s"):format(needs_some(endpoint) and "" or "?", options_of(endpoint))
  out[#out + 1] = ("---@return imr.Cursor<imr.%s> cursor"):format(endpoint.record)
  out[#out + 1] = ("function Client:%s(params) end"):format(endpoint.name)
end

---The client's listings as methods, and what they take as classes.
---@return string lua
function editor.listings()
  local out, seen = { HEAD }, { ListingOptions = true }
  for _, endpoint in ipairs(platform.listings) do
    if not seen[options_of(endpoint)] then
      seen[options_of(endpoint)] = true
      add_options(out, endpoint)
    end
  end
  out[#out + 1] = "\n---@class imr.Client\nlocal Client = {}"
  for _, endpoint in ipairs(platform.listings) do add_method(out, endpoint) end
  return table.concat(out, "\n") .. "\n"
end

return editor
