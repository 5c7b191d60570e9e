-- An nginx that runs code which a spec sends it, and several requests to it at once.
local cjson = require "cjson"
local copy = require "imr.base.copy"
local nginx = require "support.nginx"
local shell = require "support.shell"
local socket = require "socket"
local sorted_names = require "imr.base.names"
local timing = require "support.timing"
local unpack = require "imr.base.unpack"

local site = {}
site.__index = site

-- A directory with resty/http.lua and what it needs.
site.resty = os.getenv "IMR_RESTY_HTTP"

--- The transports that are here.
site.transports = { "curl", site.resty and "resty" or nil }

local RUN = [[
    location = /run { content_by_lua_block { require("support.run").serve() } }
    location = /pid { content_by_lua_block { ngx.print(ngx.worker.pid()) } }
    location = /hello { return 200 "hello"; }
]]

--- Starts one. Options are those of support.nginx; one worker unless said otherwise.
---@param options? table
function site.start(options)
  local given = copy({ workers = 1, path = site.resty and site.resty .. "/?.lua" or "" }, options)
  given.locations = RUN .. (given.locations or "")
  given.http = "client_body_buffer_size 4m; client_max_body_size 16m; lua_shared_dict imr 8m; lua_shared_dict notes 1m;"
    .. (given.http or "")
  return setmetatable({ nginx = nginx.start(given), given = given }, site)
end

--- Code of a client of the simulator's account.
---@param url string
---@param options? table of imr.new: texts, numbers
---@return string expression
function site.client(url, options)
  local parts = {}
  for index, name in ipairs(sorted_names(options or {})) do
    local value = options[name]
    parts[index] = (", %s = "):format(name) .. (type(value) == "string" and ("%q"):format(value) or tostring(value))
  end
  return ('require("imr").new { base_url = %q, username = "demo", password = "demo-secret"%s }'):format(url,
    table.concat(parts))
end

-- What a request does first, so that a spec knows that it has come.
site.COUNT = 'ngx.shared.notes:incr("begun", 1, 0)'

---@return integer count of the requests that have come
function site:begun() return self:run 'return ngx.shared.notes:get("begun") or 0' end

--- Waits until so many requests have come.
---@param count integer
function site:await_begun(count)
  site.eventually(function() return self:begun() >= count end, ("%d requests have come"):format(count))
end

---@param path string
---@param options? { body: string?, headers: string? } a body makes it a POST
---@return table client a connection over which the request has left
function site:begin(path, options)
  options = options or {}
  local client = assert(socket.connect("127.0.0.1", self.nginx.port))
  client:settimeout(300)
  local body = options.body or ""
  client:send(("%s %s HTTP/1.0\r\nHost: localhost\r\nContent-Length: %d\r\n%s\r\n%s"):format(
    options.body and "POST" or "GET", path, #body, options.headers or "", body))
  return client
end

--- Reads one answer to its end.
---@return integer|nil status
---@return string body
---@return string head
function site.finish(client)
  local text, problem, partial = client:receive("*a")
  client:close()
  text = text or partial
  local head, body = text:match("^(.-\r\n)\r\n(.*)$")
  return head and tonumber(head:match("^HTTP/1%.1 (%d+)")) or nil, body or problem or text, head or ""
end

--- One request.
function site:request(path, options)
  return site.finish(self:begin(path, options))
end

--- Requests that are all under way at the same time.
---@param count integer
---@param path string|fun(index: integer): string, table?
---@return table[] answers { status, body, head } each
function site:many(count, path, options)
  local clients, answers = {}, {}
  for index = 1, count do
    local where, how = path, options
    if type(path) == "function" then where, how = path(index) end
    clients[index] = self:begin(where, how)
  end
  for index, client in ipairs(clients) do
    local status, body, head = site.finish(client)
    answers[index] = { status = status, body = body, head = head }
  end
  return answers
end

---@return table options of a request that runs `code` with arguments
function site.code(code, ...)
  return { body = cjson.encode { code = code, arguments = { ... } } }
end

local function results_of(status, body)
  if status ~= 200 then error(("status %s: %s"):format(tostring(status), body), 3) end
  local answer = cjson.decode(body)
  if not answer.ok then error(tostring(answer.results[1]), 3) end
  for index, value in pairs(answer.results) do
    if value == cjson.null then answer.results[index] = nil end
  end
  return unpack(answer.results, 1, answer.count)
end

--- Runs code in a worker and returns what it returns.
---@param code string
function site:run(code, ...)
  return results_of(self:request("/run", site.code(code, ...)))
end

--- What a begun run returned.
function site.results(client)
  return results_of(site.finish(client))
end

--- What the log says beside warnings, without lines that match one of the patterns.
---@param expected? string[]
---@return string[]
function site:problems(expected)
  local problems = {}
  for line in self.nginx:error_log():gmatch("[^\n]+") do
    local bad = line:match("%[error%]") or line:match("%[crit%]") or line:match("%[alert%]") or line:match("%[emerg%]")
      or line:find("exited on signal", 1, true)
    for _, pattern in ipairs(expected or {}) do bad = bad and not line:find(pattern) end
    if bad then problems[#problems + 1] = line end
  end
  return problems
end

--- Descriptors of a worker, by what they are: sockets, files and so on.
---@return integer
function site.descriptors(pid)
  return tonumber(shell.lines(("ls /proc/%d/fd | wc -l"):format(pid))[1])
end

site.eventually = timing.eventually

--- Ends this nginx and starts another, of the same configuration.
---@param signal string what it is ended by, its workers too
function site:restart(signal)
  local pid = self.nginx:pid()
  shell.must(("kill -%s %d $(pgrep -P %d)"):format(signal, pid, pid))
  self.nginx:stop()
  self.nginx = nginx.start(self.given)
end

function site:stop()
  self.nginx:stop()
end

return site
