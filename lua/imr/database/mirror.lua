--- The tables that mirror a record of the platform, made of imr.schema: a field that is new there is a column here.

local column = require "imr.database.column"
local schema = require "imr.schema"
local words = require("imr.words").fields

-- Beside decimals: what is no mere description either, so that a change of it is a restatement.
local MEASURED = { user_code = true, image_status = true, image_url = true }

-- What a row is known by, beside meter and moment. A record that lacks it has an empty text there.
local IDENTITY = { project_code = true, device_id = true }

local TYPES = { str = "text", int = "int", dec = "dec", time = "time" }

local mirror = {}

local function sentence(text)
  return text:sub(1, 1):upper() .. text:sub(2)
end

local function comment_of(field)
  local known = words[field.name]
  return sentence(field.en or known and known[1] or field.name)
end

-- A word that stands for yes or no is a flag.
local function type_of(field)
  if field.type ~= "enum" then return TYPES[field.type] end
  for _, value in pairs(field.words or field.values) do
    if type(value) ~= "boolean" then return "text" end
  end
  return "flag"
end

local function add(list, name, type, comment, more)
  list[#list + 1] = column(name, type, comment, more)
end

-- A time on the platform's clock, and the same as the platform wrote it.
local function add_field(list, field, more)
  local type, comment = type_of(field), comment_of(field)
  add(list, field.name, type, type == "time" and comment .. ", Unix seconds" or comment, more)
  if type == "time" then add(list, field.name .. "_local", "text", comment .. ", on the platform's clock") end
end

-- The name of a meter type is kept where a meter stands once, not beside each of its rows.
local function add_derived(list, field, endpoint)
  for _, derived in ipairs(field.derived or {}) do
    if not endpoint.moment or derived.type ~= "str" then add_field(list, derived) end
  end
end

local function add_keys(list, endpoint, fields)
  local key = { key = true }
  add_field(list, fields.meter_no, key)
  if endpoint.moment then add_field(list, fields[endpoint.moment], key) end
  if endpoint.synced[1].granularity then
    add(list, "granularity", "text", "daily or realtime, as it was asked for", key)
  end
  for _, field in ipairs(endpoint.fields) do
    if IDENTITY[field.name] then add_field(list, field, { key = true, default = "''" }) end
  end
end

local function add_fields(list, endpoint)
  for _, field in ipairs(endpoint.fields) do
    if not IDENTITY[field.name] and field.name ~= "meter_no" and field.name ~= endpoint.moment then
      local measured = endpoint.moment and (field.type == "dec" or MEASURED[field.name])
      add_field(list, field, { measured = measured or nil })
    end
    add_derived(list, field, endpoint)
  end
end

local INSTALLED = {
  { "first_seen", "When this device was first listed under this number, Unix seconds", { key = true } },
  { "last_seen", "When it was last listed so, Unix seconds" },
  { "removed_at", "Since when it is not listed so any more (the number stands for another device, or for none), "
    .. "Unix seconds; absent while it is" },
}

local function add_ours(list, endpoint)
  if endpoint.moment then
    add(list, "day", "text", "Day on the platform's clock that the row closes, YYYY-MM-DD: that of its moment, or the "
      .. "one before where a meter is read once a day, soon after midnight")
  end
  if endpoint.name ~= "meters" then add(list, "stored_at", "time", "When this row was first stored, Unix seconds") end
  if endpoint.moment then
    add(list, "changed_at", "time", "When a measured value last changed, Unix seconds; see restatements")
    add(list, "withdrawn_at", "time", "Since when the platform does not list the row any more, Unix seconds; absent "
      .. "while it does. Such a row is in no sum")
  end
  add(list, "extra", "json", "Fields that no document names, as JSON")
  add(list, "invalid", "json", "Values that did not parse as what they should be, raw, as JSON")
end

local function columns_of(endpoint)
  local fields, list = {}, {}
  for _, field in ipairs(endpoint.fields) do fields[field.name] = field end
  add_keys(list, endpoint, fields)
  if endpoint.moment then
    add(list, "copy", "int", "0; 1 and on for further rows that one listing gave for the same key with other values",
      { key = true })
  end
  if endpoint.name == "meters" then
    for _, one in ipairs(INSTALLED) do add(list, one[1], "time", one[2], one[3]) end
  end
  add_fields(list, endpoint)
  add_ours(list, endpoint)
  return list
end

---The tables of the listings that the sync keeps, in order.
---@return imr.database.Table[]
function mirror.tables()
  local list = {}
  for _, endpoint in ipairs(schema.listings) do
    if endpoint.synced then
      local about = endpoint.about or endpoint.summary:gsub("%.$", "")
      list[#list + 1] = { name = endpoint.name, comment = about, columns = columns_of(endpoint) }
    end
  end
  return list
end

return mirror
