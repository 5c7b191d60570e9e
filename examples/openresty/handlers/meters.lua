-- GET /meters: every meter of the project.

local app = require "app"
local cache = require "cache"
local cjson = require "cjson.safe"
local config = require "config"

local meters = {}

local function load()
  local cursor = app.client:meters { max_wait = config.max_wait }
  local rows, err = cursor:collect()
  if not rows then return nil, err end
  -- By hand, because cjson would write an empty list as an object.
  return ('{"complete":%s,"meters":%s}'):format(cursor.report.complete, #rows > 0 and cjson.encode(rows) or "[]")
end

function meters.serve()
  if app.allow "GET" then cache.serve("meters", load) end
end

return meters
