--- The access log: what arrived when and what came of it, one JSON object a line. No token and no password is in it.

local quote = require("imr.base.json").quote

local access_log = {}

local FIELDS = {
  "endpoint", "status", "code", "encoding", "page", "page_size", "rows", "device", "command", "executed", "fault",
}

local function json(value)
  if type(value) == "string" then
    return quote(value)
  end
  return type(value) == "number" and ("%d"):format(value) or tostring(value)
end

--- Writes one line and flushes it, before the answer leaves: who has the answer finds the line.
---@param file file*
---@param time number arrival
---@param entry imr.simulator.Entry
---@param connection { number: integer, requests: integer }
function access_log.write(file, time, entry, connection)
  local parts = { ('{"time":%.6f'):format(time) }
  for _, field in ipairs(FIELDS) do
    if entry[field] ~= nil then
      parts[#parts + 1] = ('"%s":%s'):format(field, json(entry[field]))
    end
  end
  -- With these two a test tells whether a connection was used twice.
  parts[#parts + 1] = ('"connection":%d,"request":%d}'):format(connection.number, connection.requests)
  file:write(table.concat(parts, ","), "\n")
  file:flush()
end

return access_log
