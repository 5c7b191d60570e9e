-- A platform in this process, whose moods the input chooses: it answers rightly, refuses, tells nonsense, raises, or
-- calls back into the client. It sees what must not be: a command that is sent again.
local schema = require "imr.schema"
local verdict = require "verdict"

local platform = {}

local ROWS = 7 -- of each listing

local by_path = {}
for _, endpoint in ipairs(schema.describe()) do by_path[endpoint.path] = endpoint end

---@class fuzz.Platform
---@field hostile fuzz.Hostile
---@field odd table<string, boolean> listings of which it has told anything but the truth
---@field executions table<string, integer> commands that may have been executed, by device
local Platform = {}
Platform.__index = Platform

---@param hostile fuzz.Hostile
---@param runtime table whose time passes while it answers
function platform.new(hostile, runtime)
  return setmetatable({ hostile = hostile, runtime = runtime, odd = {}, executions = {} }, Platform)
end

platform.ROWS = ROWS

-- ---------------------------------------------------------------- right answers

local function field(body, name)
  return body:match('"' .. name .. '":"?([^",}]*)') or body:match("%f[%w_]" .. name .. "=([^&]*)")
end

local function row(number)
  return ('{"tableNo":"00010000000%d","deviceId":"6000%d","tableCode":"%d.50","freezeTime":"2025-07-06 00:00:00",'
    .. '"readTime":"2025-07-06 00:00:0%d"}'):format(number, number, number, number)
end

local function page(body)
  local size, number = tonumber(field(body, "pageSize")) or 1000, tonumber(field(body, "pageNo")) or 1
  local rows = {}
  for index = (number - 1) * size + 1, math.min(number * size, ROWS) do rows[#rows + 1] = row(index) end
  return ('{"code":200,"msg":"ok","totalCount":%d,"data":[%s]}'):format(ROWS, table.concat(rows, ","))
end

local function right(endpoint, body)
  if endpoint.name == "login" then return ('{"code":200,"msg":"ok","data":"%s"}'):format(verdict.TOKEN) end
  if endpoint.listing then return page(body) end
  return '{"code":200,"msg":"ok"}'
end

-- ---------------------------------------------------------------- moods

local codes = { 1001, 1002, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1234 }
local never_executed = { [1006] = true, [1007] = true, [1011] = true } -- and asked again; the others end the call
local statuses = { 100, 204, 301, 400, 401, 404, 429, 500, 501, 503, 599 }
local header_names = { "date", "location", "retry-after", "content-type" }

local moods = {}

function moods.right(_, endpoint, body) return 200, right(endpoint, body), {} end

function moods.code(self, endpoint)
  local code = codes[self.hostile.from:choose(#codes) + 1]
  if not never_executed[code] then self:may_have_executed(endpoint) end
  return 200, ('{"code":%d,"msg":"wrong: %s of %s %s"}'):format(code, verdict.PASSWORD, self.secret,
    self.hostile.from:text():gsub('[%c"\\\128-\255]', "")), {}
end

function moods.status(self, endpoint, body)
  local from = self.hostile.from
  self:may_have_executed(endpoint)
  self.odd[endpoint.name] = true
  local headers = { [header_names[from:choose(#header_names) + 1]] = self.hostile:any() }
  return statuses[from:choose(#statuses) + 1], from:choose(2) == 0 and right(endpoint, body) or from:text(), headers
end

function moods.bytes(self, endpoint)
  self:may_have_executed(endpoint)
  self.odd[endpoint.name] = true
  return 200, self.hostile.from:take(self.hostile.from:choose(200)), {}
end

-- A right answer, of which the end is missing.
function moods.cut(self, endpoint, body)
  self:may_have_executed(endpoint)
  self.odd[endpoint.name] = true
  local whole = right(endpoint, body)
  return 200, whole:sub(1, self.hostile.from:choose(#whole)), {}
end

-- Only an error that says so has not left.
function moods.failure(self, endpoint)
  local from = self.hostile.from
  local word = ({ "no", "maybe", "yes" })[from:choose(4)]
  if word ~= "no" then self:may_have_executed(endpoint) end
  if from:choose(2) == 0 and word then
    return nil, { kind = "network", message = "lost " .. verdict.PASSWORD, executed = word }
  end
  self:may_have_executed(endpoint)
  return nil, self.hostile:any()
end

function moods.raise(self, endpoint)
  self:may_have_executed(endpoint)
  self.hostile:raise()
end

function moods.nonsense(self, endpoint)
  self:may_have_executed(endpoint)
  self.odd[endpoint.name] = true
  return self.hostile:several()
end

function moods.act(self, endpoint, body)
  self.hostile:act()
  return 200, right(endpoint, body), {}
end

function moods.slow(self, endpoint, body)
  self.runtime:sleep(self.hostile.from:choose(256) / 4)
  return 200, right(endpoint, body), {}
end

function moods.odd_headers(self, endpoint, body)
  return 200, right(endpoint, body),
    { [header_names[self.hostile.from:choose(#header_names) + 1]] = self.hostile:any() }
end

local names = { "right", "right", "act", "code", "right", "failure", "slow", "status", "right", "bytes", "raise",
  "nonsense", "odd_headers", "cut", "right", "slow" }

--- Notes that the command of this request may have been executed: it must not come again.
function Platform:may_have_executed(endpoint)
  if not endpoint.command then return end
  self.executions[self.device] = (self.executions[self.device] or 0) + 1
end

---@return fun(request: table): ... transport
function Platform:transport()
  local told = "no token yet" -- what this client knows as a secret may come back to it in any message
  return function(request)
    local body = request.body
    if body:find(verdict.TOKEN, 1, true) then told = verdict.TOKEN end
    self.secret = told
    local endpoint = by_path[request.url:match("^%a+://[^/]+(/.*)$")]
    if not endpoint then verdict.finding("a request to %s", request.url) end
    if endpoint.command then self:check_command(body) end
    local mood = names[self.hostile.from:choose(#names) + 1]
    local is_right = mood == "right" or mood == "act" or mood == "slow" or mood == "odd_headers"
    if is_right then self:may_have_executed(endpoint) end
    return moods[mood](self, endpoint, body)
  end
end

-- Devices that calls of the fuzzer name once only begin with "once".
function Platform:check_command(body)
  self.device = field(body, "deviceId") or ""
  if self.device:find("^once%-") and self.executions[self.device] then
    verdict.finding("a command to %s was sent again, which may have been executed", self.device)
  end
end

return platform
