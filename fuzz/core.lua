-- Every function of imr.core, imr.curl and imr.os, and every method and metamethod of their objects, with arguments of
-- every type, whose metamethods raise, collect, and call back into the same objects.
local bytes = require "bytes"
local Hostile = require "hostile"
local core = require "imr.core"
local schema = require "imr.schema"
local curl = require "imr.curl"
local server = require "server"
local surface = require "surface"
local system = require "imr.os"
local verdict = require "verdict"

local CHINA = 8 * 3600
local STEPS = 12
local PATIENCE = 0.002 -- seconds that anything may really wait here

local directory = assert(os.getenv("IMR_FUZZ_DIRECTORY"), "IMR_FUZZ_DIRECTORY is not set") .. "/core"
assert(system.private_directory(directory))
local port = server.listen() -- answers what the input says; on the loopback interface

-- ---------------------------------------------------------------- usual arguments

local types = { "token", "nothing" }
for _, endpoint in ipairs(schema.endpoints) do
  if endpoint.listing then types[#types + 1] = core.record_type(endpoint.fields) end
end

local function answer_type(self) return types[self.from:choose(#types) + 1] end

local function fields(self)
  local list = {}
  for index = 1, self.from:choose(43) do
    list[index] = { name = "f" .. index, type = ({ "str", "int", "dec", "time" })[self.from:choose(4) + 1],
      wire = { self.from:text(), self.from:choose(2) == 1 and self.from:text() or nil } }
  end
  return list
end

-- Nothing is written outside the directory, and nothing climbs out of it.
local places = { "", "/file", "/none/file", "/pipe", "/link", "/loop", "/deep", "/slots", "/file/under", "/.", "//" }

local function inside(text)
  return directory .. "/" .. text:gsub("%.%.", "__")
end

local function path(self)
  local choice = self.from:choose(#places + 3)
  if choice < #places then return directory .. places[choice + 1] end
  if choice == #places then return inside(self.from:text()) end
  if choice == #places + 1 then return "\0" .. directory end
  return ""
end

local bodies = {
  '{"code":200,"msg":"ok","data":[{"tableNo":"000100000001","deviceId":"7"}],"totalCount":1}',
  '{"code":"1011","msg":"too fast"}', '{"code":200,"data":"dG9rZW4="}', "[1,2,{}]", "", "{",
}

local function body(self)
  local choice = self.from:choose(#bodies + 4)
  if choice < #bodies then return bodies[choice + 1] end
  if choice == #bodies then return self.from:take(self.from:choose(256)) end
  return self:handle()
end

local function seconds(self) return self.from:choose(256) / 8 end
local function text(self) return self.from:text() end
local function decimals(self) return self.from:choose(2) == 0 and "number" or "string" end
local function offset() return CHINA end

local function url(self)
  local choice = self.from:choose(4)
  if choice == 0 then return self.from:text() .. "\0" end -- no text of this is a host's name
  return ("http://127.0.0.1:%d/%s"):format(port, choice == 1 and "" or (self.from:text():gsub("[@\\]", "")))
end

local function transfer_table(self)
  local request = { url = url(self), timeout = seconds(self), body = "{}" }
  for _, name in ipairs { "method", "headers", "body", "timeout", "connect_timeout", "command", "max_body",
    "user_agent",
    "ca_file" } do
    if self.from:choose(4) == 3 then request[name] = self:any() end
  end
  if self.from:choose(8) ~= 7 then return request end
  local behind = request -- each field comes from a function, which may do anything first
  return setmetatable({}, { __index = function(_, name) self:act() return behind[name] and behind[name] end })
end

-- No other program: this one is told what to start.
local commands = { "true", "exit 3", "sleep 5", "kill -9 $$" }

local function shell_command(self) return commands[self.from:choose(#commands) + 1] end

-- Functions and methods with what they usually take.
local usual = {
  sleep = {}, now = {}, boot = {}, process_id = {}, caught_signal = {},
    unix_time = {},
  is_utf8 = { text }, cut = { text, seconds }, from_gb18030 = { text },
    is_terminal = {}, terminal_columns = {}, is_hung_up = {}, token_fresh = {},
  parse_time = { text, offset }, format_time = { seconds, offset },
  record_type = { fields }, window = { function(self) return 1 + self.from:choose(4) end },
  decode = { answer_type, body, decimals, offset }, decoder = { answer_type, body, decimals, offset },
  prepare_output = { path }, replace_file = { path, path }, file_identity = { path }, private_directory = { path },
  private_read = { path },
  private_write = { path, text }, private_make = { path }, private_lock = { path }, slots_open = { path },
  pace_reserve = { seconds, seconds, seconds, seconds }, pace_release = { seconds, seconds, seconds },
  fingerprint = { text, text }, json = { body },
  child = { shell_command }, clean = { text }, as_utf8 = { text }, user_name = {}, is_user = { text },
  process_began = { seconds },
  process_place = {}, call_limit = {},
  -- methods
  take = { function() return { {}, {}, {} } end,
    function(self) return { 1, self.from:choose(4), self.from:number() } end },
  read = { function(self) return 1 + self.from:choose(64) end },
  reserve = { text, seconds, seconds, seconds, seconds }, look = { text }, release = {},
  push_back = { text, seconds }, lock = { text, seconds, seconds }, unlock = { text, seconds },
  sub = { function(self) return self.from:choose(20) - 10 end, function(self) return self.from:choose(20) - 10 end },
  multi = { function(self) return 4096 * (self.from:choose(3) + 1) end },
  start = { transfer_table }, perform = {}, finished = {}, is_forked = {}, close = {}, result = {}, cancel = {},
    withdraw = {},
  attach = {}, begin = { seconds }, done = {}, status = {}, stop = {},
  poll = { function() return PATIENCE end },
}

-- What takes a path takes no other texts, so that nothing is written elsewhere.
local function is_of_files(name) return usual[name][1] == path end

-- Left out: what asks at the terminal, and what changes how signals end this program or what it prints to.
local left_out = { ask_line = true, ask_secret = true, catch_signals = true, keep_standard_descriptors = true }

local function names_of(list) return surface.names(list, usual, left_out, "core") end

local modules = { core, core, curl, system }
local functions = {}
for _, module in ipairs(modules) do functions[module] = names_of(module) end

local function short(value) return tonumber(value) and math.min(tonumber(value), PATIENCE) or value end

local tamed = {
  sleep = short, poll = short,
  child = function(value) return not tonumber(value) and type(value) ~= "string" and value or nil end,
  start = function(value) return type(value) ~= "table" and value or nil end, -- it may name anybody's host
}

-- What is given in place of a usual argument must not wait, write elsewhere or ask a network.
local function tame(name, index, value)
  if index == 1 and tamed[name] then return tamed[name](value) end
  if not is_of_files(name) then return value end
  if type(value) == "number" then return inside(tostring(value)) end
  if type(value) ~= "string" or value == "" or value:byte() == 0 then return value end
  return value:sub(1, #directory) == directory and value or inside(value)
end

local function arguments(self, name)
  return self:arguments(usual[name], function(index, value) return tame(name, index, value) end)
end

-- ---------------------------------------------------------------- steps

local steps = {}

function steps.fn(self)
  local module = modules[self.from:choose(#modules) + 1]
  local names = functions[module]
  local name = names[self.from:choose(#names) + 1]
  self:call(name, module[name], arguments(self, name))
end

function steps.method(self)
  local object = self:handle()
  local meta = type(object) == "userdata" and debug.getmetatable(object)
  if not meta or not meta.__name:find("^imr") or type(meta.__index) ~= "table" then return end
  local names = names_of(meta.__index)
  if #names == 0 then return end
  local name = names[self.from:choose(#names) + 1]
  if self.from:choose(8) == 7 then object = self:any() end
  self:call(name, meta.__index[name], object, arguments(self, name))
end

function steps.by_hand(self) self:by_hand(self:handle()) end

-- One turn of a request, in which the server may answer.
function steps.turn(self)
  for _, object in ipairs(self.handles) do
    local meta = type(object) == "userdata" and debug.getmetatable(object)
    if meta and meta.__name == "imr.curl.multi" then
      self:call("perform", object.perform, object)
      if self.from:choose(2) == 1 then server.serve(self.from:take(self.from:choose(256))) end
      self:call("poll", object.poll, object, PATIENCE)
      self:call("perform", object.perform, object)
      self:call("finished", object.finished, object)
    end
  end
end

local HEAD = "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n"

-- A transfer that has got its answer.
function steps.body(self)
  local multi = curl.multi()
  local answer = self.from:choose(2) == 0
    and bodies[self.from:choose(#bodies) + 1] or self.from:take(self.from:choose(64))
  local transfer = multi:start { url = ("http://127.0.0.1:%d/"):format(port), body = "{}", timeout = 1 }
  for _ = 1, 40 do
    multi:perform()
    server.serve(HEAD:format(#answer) .. answer)
    multi:poll(PATIENCE)
    if multi:perform() == 0 then break end
  end
  multi:finished()
  transfer:result()
  if self.from:choose(2) == 0 then multi:close() else self:keep(multi) end
  self:keep(transfer)
end

function steps.hold(self) self:keep(self:any()) end
function steps.collect(self) self:forget() end

local choices = { "fn", "method", "fn", "method", "by_hand", "turn", "fn", "collect", "body", "hold", "fn", "method" }

local function step(self)
  steps[choices[self.from:choose(#choices) + 1]](self)
end

-- ---------------------------------------------------------------- what is there before each input

local function build()
  os.execute(("rm -rf '%s' && mkdir -p -m 700 '%s/deep' && cd '%s' && mkfifo pipe; ln -sf file link; ln -sf loop loop")
    :format(directory, directory, directory))
end

local function write_file()
  local file = io.open(directory .. "/file", "wb")
  if not file then return false end
  file:write("something")
  return file:close()
end

build()

-- What an input has put in another's place is built anew where that is seen, and now and then.
local function begin(count)
  os.remove(directory .. "/file")
  if count % 256 == 0 or not write_file() then
    build()
    assert(write_file())
  end
end

local calm = server.descriptors()
local SPARE = 4

-- The descriptors that stay open. A thread of libcurl's that still asks for a name has two, and nobody waits for it.
local function remaining()
  local open
  for _ = 1, 50 do
    collectgarbage()
    collectgarbage()
    open = server.descriptors()
    if open <= calm + SPARE then break end
    core.sleep(0.1)
  end
  return open
end

local count = 0

return function(input)
  local self = Hostile.new(bytes.of(input))
  begin(count)
  self:run(step, STEPS)
  self.handles, self.given = {}, {}
  server.serve()
  count = count + 1
  if count % 8 == 0 then -- what an input leaves open is seen a few inputs later
    local open = remaining()
    if open > calm + SPARE then verdict.finding("%d descriptors are open, %d were", open, calm) end
  end
  verdict.raise()
end
