-- Parameters of any endpoint: refused with a message, or sent so that the platform reads what was meant.
local bytes = require "bytes"
local compare = require "compare"
local core = require "imr.core"
local checked = require("imr.client.parameters").check
local schema = require "imr.schema"
local wire = require "imr.client.wire"

local CHINA = 8 * 3600
local MARK = "s3cr3t" -- at the beginning of every password, to be found in no message

local endpoints = schema.describe()
local client_options = { "max_wait", "deadline", "decimals", "incomplete" }

local function list(from)
  local texts = {}
  for index = 1, from:choose(4) do texts[index] = from:text() end
  return texts
end

local usual = {
  text = function(from) return "text" .. from:choose(10) end,
  meter = function(from) return ("%012d"):format(from:choose(100)) end,
  meters = function(from) return { "000100000001", ("%012d"):format(from:choose(100)) } end,
  from = function(from) return ("2025-06-%02d"):format(from:choose(32)) end,
  to = function(from) return ("2025-06-%02d %02d:00:00"):format(from:choose(32), from:choose(26)) end,
  page = function(from) return from:choose(5) end,
  page_size = function(from) return from:choose(256) * 5 end,
}

local function word_of(param, from)
  local names = {}
  for _, name in pairs(param.words or {}) do names[#names + 1] = name end
  table.sort(names)
  return names[from:choose(#names) + 1]
end

-- Most of the time something that is taken, or nothing would ever get through.
local function value_for(param, from)
  local kind = from:choose(8)
  if kind == 0 then return nil end
  if kind == 1 then return from:text() end
  if kind == 2 then return from:number() end
  if kind == 3 then return list(from) end
  if kind == 4 then return from:choose(2) == 1 end
  if param.words then return word_of(param, from) end
  return usual[param.type](from)
end

local function parameters_of(endpoint, from)
  local parameters = {}
  for _, param in ipairs(endpoint.params) do
    local value = value_for(param, from)
    if param.name == "password" and type(value) == "string" then value = MARK .. value end
    parameters[param.name] = value
  end
  for _, name in ipairs(client_options) do
    if from:choose(8) == 7 then parameters[name] = from:text() end
  end
  -- Names are shown, values are not.
  if from:choose(16) == 15 then parameters[(from:text():gsub(MARK, ""))] = from:text() end
  return parameters
end

-- ---------------------------------------------------------------- what is sent

local checks = {}

function checks.text(given, sent) return given == sent end

function checks.meter(given, sent) return given == sent and not sent:find(",", 1, true) end

function checks.meters(given, sent)
  if type(given) == "string" then given = { given } end
  local count = select(2, sent:gsub(",", ","))
  local meant = select(2, table.concat(given, ","):gsub(",", ","))
  for _, meter in ipairs(given) do
    if #given > 1 and meter:find(",", 1, true) then return false end
  end
  return sent == table.concat(given, ",") and count == meant and not ("," .. sent .. ","):find(",,", 1, true)
end

local function check_time(given, sent, edge)
  local seconds = assert(core.parse_time(sent, CHINA))
  if type(given) == "number" then return seconds == math.floor(given) end
  return seconds == core.parse_time(given, CHINA, edge)
end

checks["from"] = function(given, sent) return check_time(given, sent, "from") end
checks["to"] = function(given, sent) return check_time(given, sent, "to") end

function checks.page(given, sent) return math.type(sent) == "integer" and sent == (given or 1) and sent >= 1 end

function checks.page_size(given, sent) return math.type(sent) == "integer" and sent == given and sent <= 1000 end

function checks.word(given, sent, param) return param.words[sent] == given end

checks["word or number"] = function(given, sent, param)
  if not sent:find("^%d+$") then return false end
  return tostring(given) == sent or math.tointeger(given) == tonumber(sent) or param.words[sent] == given
end

local function check_sent(endpoint, given, sent)
  local known = {}
  for _, param in ipairs(endpoint.params) do
    known[param.wire] = true
    local value = sent[param.wire]
    if value == nil then
      assert(given[param.name] == nil and not param.required, param.name .. " got lost")
    elseif not checks[param.type](given[param.name], value, param) then
      error(("%s: %s is sent as %s"):format(param.name, compare.show(given[param.name]), compare.show(value)))
    end
  end
  for name in pairs(sent) do assert(known[name], "an unknown parameter is sent") end
end

-- ---------------------------------------------------------------- on the wire

local function decode_form(body)
  local fields = {}
  for name, value in body:gmatch("([^&=]+)=([^&]*)") do
    fields[name] = value:gsub("+", " "):gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end)
  end
  return fields
end

local function check_written(sent)
  local read = assert(core.json((wire.encode(sent, "json"))))
  compare.must_be_same(read, sent, "JSON")
  local texts = {}
  for name, value in pairs(sent) do texts[name] = tostring(value) end
  compare.must_be_same(decode_form((wire.encode(sent, "form"))), texts, "form")
end

return function(input)
  local from = bytes.of(input)
  local endpoint = endpoints[from:choose(#endpoints) + 1]
  local given = parameters_of(endpoint, from)
  local sent, problem = checked(endpoint.name, given, CHINA)
  if sent then
    check_sent(endpoint, given, sent)
    check_written(sent)
  else
    assert(type(problem) == "string" and not problem:find(MARK, 1, true), problem)
  end
end
