-- GET /readings?meter=&from=&to=: readings as JSON lines, sent page by page as the pages come.
--
-- The last line is {"report": ...}, or {"error": ...} when a page could not be had: a stream without either was cut
-- off.

local app = require "app"
local cjson = require "cjson.safe"
local config = require "config"

local readings = {}

local BUFFERED = "buffering HTTP 1.0" -- what a flush says where nginx keeps all of it for later, with nothing wrong

local function write_lines(rows)
  local lines = {}
  for index, row in ipairs(rows) do lines[index] = cjson.encode(row) end
  if not ngx.print(table.concat(lines, "\n"), "\n") then return false end
  local flushed, problem = ngx.flush(true)
  return flushed or problem == BUFFERED
end

local function write_end(cursor)
  local report = cursor.report
  ngx.say(cjson.encode { report = { rows = report.rows, pages = report.pages, complete = report.complete } })
end

local function stream(cursor)
  for rows in cursor:pages() do
    if not ngx.headers_sent then ngx.header["Content-Type"] = "application/x-ndjson" end
    if not write_lines(rows) then return cursor:close() end -- the client is gone
  end
  write_end(cursor)
end

-- What comes before the first line has a status of its own; later there is only a line left to say it.
local function fail(err)
  if not ngx.headers_sent then return app.fail(app.status_of(err), err) end
  ngx.say(cjson.encode(app.error_body(err)))
end

function readings.serve()
  if not app.allow "GET" then return end
  local query = ngx.req.get_uri_args()
  for _, name in ipairs { "meter", "from", "to" } do
    if type(query[name]) ~= "string" or query[name] == "" then return app.bad_request(name .. " is missing") end
  end
  local valid, cursor = pcall(app.client.readings, app.client, {
    meters = query.meter, from = query.from, to = query.to, deadline = config.deadline,
  })
  if not valid then return app.bad_request((tostring(cursor):gsub("^[^ ]*:%d+: ", ""))) end
  local fine, err = pcall(stream, cursor)
  if not fine then fail(type(err) == "table" and err or { kind = "internal", message = tostring(err) }) end
end

return readings
