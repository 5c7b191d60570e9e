-- What an answer of the platform says, by the endpoint that was asked.

local core = require "imr.core"
local schema = require "imr.schema"

local codec = {}

local IDENTITY = { "device_id", "meter_no" }

-- The wire names that an endpoint's records know, both spellings.
local function keys_of(endpoint)
  local keys = {}
  for _, field in ipairs(endpoint.fields) do
    for _, wire in ipairs(field.wire) do keys[wire] = true end
  end
  return keys
end

-- Sets are numbers, the first one their lowest bit: those of our fields that another's records have not.
local function fields_beyond(endpoint, keys)
  local set = 0
  for index, field in ipairs(endpoint.fields) do
    if not keys[field.wire[1]] then set = set + 2 ^ (index - 1) end
  end
  return set
end

-- What tells an answer to another request from ours: the other listings, by keys that ours does not know; and what they
-- do not know of ours. Whose it is, and no measured thing: a list of meters.
local function rivals_of(endpoint)
  local own, beyond, foreign = keys_of(endpoint), {}, {}
  for _, other in ipairs(schema.listings) do
    if other ~= endpoint then
      local keys = keys_of(other)
      for key in pairs(keys) do
        if not own[key] then foreign[key] = (foreign[key] or 0) + 2 ^ #beyond end
      end
      beyond[#beyond + 1] = fields_beyond(endpoint, keys)
    end
  end
  return beyond, foreign
end

local function new_type(endpoint)
  local beyond, foreign = rivals_of(endpoint)
  local meters = schema.by_name.meters
  return core.record_type(endpoint.fields, {
    identity = endpoint.one_per_meter and IDENTITY or nil, beyond = beyond, foreign = foreign,
    telling = endpoint ~= meters and fields_beyond(endpoint, keys_of(meters)) or nil,
  })
end

local types = { login = "token" }

-- Made when the first answer comes.
local function type_of(name)
  if types[name] then return types[name] end
  local endpoint = schema.by_name[name] or error(("there is no endpoint '%s'"):format(tostring(name)), 3)
  types[name] = endpoint.listing and new_type(endpoint) or "nothing"
  return types[name]
end

---Decodes the body of an answer.
---@param name string the endpoint's
---@param body string
---@param decimals "number"|"string" as Lua numbers, or with the platform's own digits
---@param utc_offset number seconds east of UTC of the platform's clock
---@return table|nil answer code, message, total, form, rows, ids, misfit, token
---@return string|nil problem what is wrong, and where
function codec.decode(name, body, decimals, utc_offset)
  return core.decode(type_of(name), body, decimals, utc_offset)
end

---The same in slices, between which the caller may do other things.
---@return imr.core.decoder
function codec.decoder(name, body, decimals, utc_offset)
  return core.decoder(type_of(name), body, decimals, utc_offset)
end

return codec
