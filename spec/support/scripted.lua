-- A platform of which a script gives the answers, byte by byte; its login always works.
--
-- The script sees c, answer and log as in support.wire, and r: the request, `ok(data)`: the text of a good answer.
local copy = require "imr.base.copy"
local imr = require "imr"
local wire = require "support.wire"

local scripted = {}
scripted.__index = scripted

local FRAME = [[
local function ok(data) return answer('{"code":200,"msg":"ok","data":' .. (data or '""') .. "}") end
local function speak(r)
  %s
end
for r in c.request, c do
  if r.path:find("/user/login", 1, true) then c:send(ok('"a-token"')) else speak(r) end
end
]]

--- Starts one.
---@param script string the body of a function that answers one request which is no login
---@return table server
function scripted.start(script)
  local server = wire.start(FRAME:format(script))
  return setmetatable({ wire = server, url = ("http://127.0.0.1:%d"):format(server.port) }, scripted)
end

--- A client of it, or of any other server: unpaced, asking for nothing twice or ahead, with a store of its own,
-- unless `options` say otherwise.
---@param url string
---@param options? table
function scripted.client(url, options)
  local given = copy({
    base_url = url, username = "demo", password = "demo-secret", interval = 0, retries = 0, prefetch = 0,
    store = imr.store.memory(), on_event = function() end,
  }, options)
  return assert(imr.new(given))
end

function scripted:client_of(options)
  return scripted.client(self.url, options)
end

--- The requests that came, without the logins: { connection, path, body } each.
---@return table[]
function scripted:requests()
  local found = {}
  for _, line in ipairs(self.wire:log()) do
    local connection, path, body = line:match("^request (%d+) POST (%S+) (.*)$")
    if path and not path:find("/user/login", 1, true) then
      found[#found + 1] = { connection = tonumber(connection), path = path, body = body }
    end
  end
  return found
end

--- Ends it. A script that raised fails the spec here.
function scripted:stop()
  local errors = self.wire:count("error")
  self.wire:stop()
  assert(errors == 0, "the server's script raised an error")
end

return scripted
