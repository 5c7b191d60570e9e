--- Which meters: --meter, --kind, --offline.

local exit = require "imr.cli.exit"
local read_file = require "imr.cli.input.file"

local selection = {}

---@param parser table
---@param with_state boolean also --kind and --offline
function selection.configure(parser, with_state)
  parser:option("--meter", "Meter number; repeatable. @FILE takes them from a file, one a line, @- from stdin.")
    :argname("NUMBER"):count("*")
  if not with_state then return end
  parser:option("--kind", "Only these meters: electricity or water."):choices { "electricity", "water" }
  parser:flag("--offline", "Only meters that are offline.")
end

-- A line's comment goes; blanks and commas part the numbers.
local function add_from_file(path, add)
  local before
  for line in read_file("--meter @", path):gmatch("[^\r\n]+") do
    for number in line:gsub("#.*$", ""):gmatch("[^%s,]+") do
      add(number)
      before = true
    end
  end
  if not before then exit.usage("--meter @%s: there is no meter number in it", path) end
end

---The numbers that --meter names, each once and in their order; nil when there is none.
---@param arguments { meter: string[]? }
---@return string[]|nil
function selection.numbers(arguments)
  local list, seen = {}, {}
  local function add(number)
    if not seen[number] then list[#list + 1], seen[number] = number, true end
  end
  for _, given in ipairs(arguments.meter or {}) do
    if given == "" or given:find("[,%s]") then
      exit.usage("--meter '%s' is no meter number: say --meter for each", given)
    end
    if given:sub(1, 1) == "@" then add_from_file(given:sub(2), add) else add(given) end
  end
  return #list > 0 and list or nil
end

---@param list string[]|nil
---@return table<string, true>|nil
function selection.set(list)
  if not list then return nil end
  local set = {}
  for _, number in ipairs(list) do set[number] = true end
  return set
end

---Does a meter's record fit?
---@param arguments { kind: string?, offline: boolean? }
---@param set table<string, true>|nil
---@return fun(meter: table): boolean
function selection.test(arguments, set)
  return function(meter)
    return (not set or set[meter.meter_no] == true) and (not arguments.kind or meter.kind == arguments.kind)
      and (not arguments.offline or meter.online == false)
  end
end

---Is the state of meters asked about, which only the meter list tells?
function selection.by_state(arguments)
  return arguments.kind ~= nil or arguments.offline == true
end

return selection
