--- Which meters: --meter, and by tenant and place --tenant, --building, --kind, --offline-for, --offline.

local exit = require "imr.cli.exit"
local numeric = require "imr.cli.input.number"

local selection = {}

local PLACE = { "tenant", "building", "kind", "offline_for" }

local function configure_place(parser)
  parser:option("--tenant", "Only what is of this tenant: the code, or the name."):argname "WHO"
  parser:option("--building", "Only where the address begins so."):argname "ADDRESS"
  parser:option("--kind", "Only these meters: electricity, water, or other where the platform does not say.")
    :choices { "electricity", "water", "other" }
  numeric.flag(parser, "--offline-for DURATION", "Only meters that are offline and were last heard of longer ago than "
    .. "this: 12h, 3d.", numeric.duration)
end

---@param parser table
---@param by? "place"|"state" also by tenant and place; with "state", as the platform shows it now, --offline too
function selection.configure(parser, by)
  parser:option("--meter", "Meter number; repeatable. @FILE takes them from a file, one a line, @- from stdin.")
    :argname("NUMBER"):count("*")
  if by then configure_place(parser) end
  if by == "state" then parser:flag("--offline", "Only meters that are offline.") end
end

-- A cell may hold several, parted by blanks.
local function add_cell(cell, where, add)
  for number in cell:gmatch "%S+" do
    local problem = require("imr.cli.input.list").cell_problem(number)
    if problem then exit.usage("%s: '%s' %s", where, number, problem) end
    add(number)
  end
end

-- Without a header each cell is one, up to a comment.
local function add_cells(cells, where, add)
  for _, cell in ipairs(cells) do
    add_cell((cell:gsub("#.*$", "")), where, add)
    if cell:find("#", 1, true) then return end
  end
end

-- A file with a header has the numbers in the column of that name.
local function add_from_file(path, take)
  local list_file = require "imr.cli.input.list"
  local records, found = list_file.records(require("imr.cli.input.file")("--meter @", path), "--meter @" .. path), false
  local header = list_file.header(records, list_file.names "meter_no", "--meter @" .. path)
  local function add(number)
    found = true
    take(number)
  end
  for index = header and 2 or 1, #records do
    local cells = records[index]
    local where = ("--meter @%s, line %d"):format(path, cells.line)
    if header then
      if (cells[header[1]] or "") == "" then exit.usage("%s: it names no meter", where) end
      add_cell(cells[header[1]], where, add)
    else
      add_cells(cells, where, add)
    end
  end
  if not found then exit.usage("--meter @%s: there is no meter number in it", path) end
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

---The tenant and place that are asked for; nil where nothing is.
---@param arguments table of the command line
---@return imr.Where|nil
function selection.where(arguments)
  local asked
  for _, name in ipairs(PLACE) do
    if arguments[name] == "" then exit.usage("--%s is empty", name) end
    if arguments[name] then
      asked = asked or {}
      asked[name] = arguments[name]
    end
  end
  return asked
end

---Does a meter's record fit?
---@param arguments table of the command line
---@param set table<string, true>|nil
---@return fun(meter: table): boolean
function selection.test(arguments, set)
  local where, asked, now = require "imr.workflow.metering.where", selection.where(arguments), os.time()
  return function(meter)
    return (not set or set[meter.meter_no] == true) and (not arguments.offline or meter.online == false)
      and where.fits(asked, meter) and (not asked or where.is_silent(asked, meter, now))
  end
end

---Is the state of meters asked about, which only the meter list tells?
function selection.by_state(arguments)
  return arguments.offline == true or selection.where(arguments) ~= nil
end

return selection
