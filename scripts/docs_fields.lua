-- What the documents say of the endpoints; for now what imr.words has not.

local words = require "imr.words"

-- What the platform requires and the client fills in, so that nobody has to pass it; the cursor alone counts pages.
local filled_in = { page_size = true }
local never_passed = { page = true }

-- The section of the platform's document, and the method.
local endpoints = {
  login = { "4.1", "client:login()" },
  meters = { "4.2", "client:meters()" },
  latest_readings = { "4.3", "client:latest_readings()" },
  readings = { "4.4", "client:readings()" },
  consumption = { "4.5", "client:consumption()" },
  instruct = { "4.6", "client:disconnect(), client:reconnect(), client:request_reading()" },
  tou_readings = { "4.7", "client:tou_readings()" },
  camera_readings = { "4.8", "client:camera_readings()" },
}

---Looks up an entry; what has none is an error that names it.
---@param list table
---@param name any
local function entry(list, name)
  return list[name] or error(("lua/imr/words.lua: nothing is said about '%s'"):format(tostring(name)), 0)
end

return { fields = words.fields, parameters = words.parameters, filled_in = filled_in, never_passed = never_passed,
  endpoints = endpoints, codes = words.codes, kinds = words.kinds, entry = entry }
