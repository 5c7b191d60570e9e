-- examples/openresty as it is, on a port and in a directory of the spec's own.
local copy = require "imr.base.copy"
local files = require "support.files"
local nginx = require "support.nginx"
local port = require "support.port"
local process = require "support.process"
local shell = require "support.shell"
local site = require "support.site"

local example = setmetatable({}, { __index = site })
example.__index = example

example.token = "a-token-for-the-specs"

local ROOT = shell.lines("pwd")[1]
local BUILD = os.getenv "IMR_BUILD" or ROOT .. "/build"
local MODULES = "load_module /usr/lib/nginx/modules/ndk_http_module.so; "
  .. "load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;"

local function environment(settings)
  local words = { "env" }
  for name, value in pairs(settings) do words[#words + 1] = name .. "=" .. shell.quote(tostring(value)) end
  return table.concat(words, " ")
end

local function configuration(self, locations)
  local text = files.read(self.root .. "/examples/openresty/nginx.conf")
  local replaced
  text, replaced = text:gsub("build/nginx%-demo", self.directory)
  assert(replaced > 3)
  text, replaced = text:gsub("%$prefix/build", self.build)
  assert(replaced == 1)
  text, replaced = text:gsub("127%.0%.0%.1:8080;", "127.0.0.1:" .. self.port .. ";" .. (locations or ""))
  assert(replaced == 1)
  return text
end

--- The command that starts nginx with these variables.
function example.command(self, settings, locations)
  files.write(self.directory .. "/nginx.conf", configuration(self, locations))
  shell.must("chmod 755 " .. self.directory)
  return ("%s timeout 600 %s -p %s/ -c %s/nginx.conf -e %s/error.log -g %s"):format(
    environment(settings), nginx.program, shell.quote(self.root), self.directory, self.directory, shell.quote(MODULES))
end

local function new(base_url, settings, root)
  local self = setmetatable({ directory = shell.scratch(), port = port.free(), root = root or ROOT,
    build = root and root .. "/build" or BUILD }, example)
  local given = copy({ IMR_BASE_URL = base_url, IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret",
    IMR_ACCESS_TOKEN = example.token, IMR_INTERVAL = 0.2 }, settings)
  return self, given
end

--- A start that shall fail.
---@return boolean ok
---@return string output what it printed and logged
function example.try(base_url, settings)
  local self, given = new(base_url, settings)
  local ok, output = shell.run(self:command(given))
  output = output .. files.read(self.directory .. "/error.log")
  shell.must("rm -r " .. self.directory)
  return ok, output
end

---@param base_url string the platform's
---@param settings? table<string, string|number> more variables
---@param locations? string more of the server block
---@param root? string another checkout
function example.start(base_url, settings, locations, root)
  local self, given = new(base_url, settings, root)
  -- What the frame of support.site asks of an nginx.
  self.nginx = { port = self.port, error_log = function() return files.read(self.directory .. "/error.log") end }
  self.url = "http://127.0.0.1:" .. self.port
  local command = self:command(given, locations)
  self.child = process.start("sh -c " .. shell.quote("echo begun; exec " .. command), "^begun$")
  assert(port.wait(self.port), "nginx does not listen")
  return self
end

--- A request with the token.
---@return integer|nil status
---@return string body
---@return string head
function example:get(path, options)
  local given = { body = options and options.body, headers = "Authorization: Bearer " .. self.token .. "\r\n" }
  given.headers = given.headers .. (options and options.headers or "")
  return self:request(path, given)
end

function example:stop()
  self.child:stop()
  shell.must("rm -rf " .. self.directory)
end

return example
