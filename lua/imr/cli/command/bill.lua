--- `imr bill`: what each tenant has to pay for a period, and which lines are held and why.

local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local exit = require "imr.cli.exit"
local interrupt = require "imr.cli.interrupt"
local messages = require "imr.cli.output.messages"
local output = require "imr.cli.output"
local quality_flags = require "imr.cli.input.quality"
local read_file = require "imr.cli.input.file"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local typed = require("imr.cli.output.columns").typed

local bill = { summary = "What each tenant has to pay for a period, by a tariff file." }

local INCOMPLETE = 5

local WHO = "meter_no:str user_code:str user_name:str building:str house_number:str "
local LINE = WHO .. "kind:str tariff:str opening:dec opening_time:time closing:dec closing_time:time multiplier:dec "
  .. "share:str usage:dec sharp:dec peak:dec flat:dec valley:dec charges:json amount:money status:str reasons:str "
  .. "why:str why_zh:str decided_by:str decision:str"
local MORE = " address:str project_code:str from:time to:time since:time year_used:dec"
local BRIEF = "meter_no:str user_name:str usage:dec amount:money status:str %s:str opening:dec closing:dec tariff:str"
local CHARGE = WHO .. "tariff:str item:str name:str tier:int quantity:dec price:dec charge:dec"
local SUM = ":str lines:int held:int usage:dec amount:money"

local COLUMNS = { line = LINE, charge = CHARGE, tariff = "tariff" .. SUM, building = "building" .. SUM,
  kind = "kind" .. SUM }

function bill.configure(parser)
  parser:argument("period", "A month such as 2025-06, or its first and last day."):args "0-2"
  parser:option("--tariff", "The tariff file (Lua): prices, tiers, fees, and which meter has which."):argname "FILE"
  parser:option("--check-tariff", "Only check this tariff file, and the table of meters beside it."):argname "FILE"
  parser:option("--decisions", "CSV of what is billed for lines that are held: meter_no, usage or closing, who, why.")
    :argname "FILE"
  parser:option("--by", "A row a line (default), a charge of it, or sums by tariff, building or kind.")
    :choices { "line", "charge", "tariff", "building", "kind" }:default "line"
  database.configure(parser)
  selection.configure(parser, false)
  output.configure(parser)
  settings.configure(parser)
end

-- ---------------------------------------------------------------- what is read

local function load(path, flag, offset)
  local loaded, problem = require("imr.workflow.bill").load(path, { utc_offset = offset,
    read = function(name) return read_file(name == path and flag .. " " or "", name) end })
  if not loaded then exit.usage("%s", problem) end
  return loaded
end

local function decisions_of(path)
  if not path then return nil end
  local found, problem = require("imr.workflow.bill").decisions(read_file("--decisions ", path), path)
  if not found then exit.usage("%s", problem) end
  return found
end

local function period_of(arguments, offset)
  local first, last = arguments.period[1], arguments.period[2]
  if not first then exit.usage("say which period: a month such as 2025-06, or its first and last day") end
  local from, to = dates.named(first, "the period", offset)
  if last then to = select(2, dates.named(last, "the period", offset)) end
  if to < from then exit.usage("the period ends before it begins") end
  return from, to
end

local function check_tariff(path, offset)
  local loaded, count, named = load(path, "--check-tariff", offset), 0, 0
  for _ in pairs(loaded.set.tariffs) do count = count + 1 end
  for _ in pairs(loaded.meters) do named = named + 1 end
  messages.say("%s is fine: %d tariffs, %d meters named", path, count, named)
  return 0
end

-- ---------------------------------------------------------------- what is written

local function speaks_chinese()
  local language = os.getenv "LC_ALL" or os.getenv "LC_MESSAGES" or os.getenv "LANG" or ""
  return language:find "^zh" ~= nil
end

local function open_output(arguments, offset)
  local shown = COLUMNS[arguments.by]
  if arguments.by == "line" and output.format(arguments) == "table" then
    shown = BRIEF:format(speaks_chinese() and "why_zh" or "why")
  end
  local all = arguments.by == "line" and LINE .. MORE or COLUMNS[arguments.by]
  return output.open(arguments, { columns = typed(shown), all = typed(all), utc_offset = offset })
end

local function charges_of(lines)
  local list = {}
  for _, line in ipairs(lines) do
    for _, charge in ipairs(line.charges) do
      list[#list + 1] = setmetatable({ charge = charge.amount, item = charge.item, name = charge.name,
        tier = charge.tier, quantity = charge.quantity, price = charge.price }, { __index = line })
    end
  end
  return list
end

local function writer_of(by, out)
  if by == "line" then return function(lines) out:write(lines) end end
  if by == "charge" then return function(lines) out:write(charges_of(lines)) end end
  return function() end
end

local function say_sums(result)
  local total = result.sums.total
  messages.say("%d lines: %d billed, %s in all; %d held", total.lines, total.lines - total.held, total.amount,
    total.held)
  if #result.unknown > 0 then
    messages.say("%d meters are named that the database does not know: %s%s", #result.unknown,
      table.concat(result.unknown, ", ", 1, math.min(#result.unknown, 10)), #result.unknown > 10 and ", …" or "")
  end
end

local function run(arguments, options, out)
  local write = writer_of(arguments.by, out)
  options.on_lines = function(lines)
    interrupt.check(not arguments.output)
    write(lines)
  end
  local fine, result = pcall(quality_flags.run, arguments, require("imr.workflow.bill").compute, options)
  if not fine then
    out:abort()
    error(result, 0)
  end
  if result.sums[arguments.by] then out:write(result.sums[arguments.by]) end
  out:finish(true)
  return result
end

---@return integer exit status
function bill.run(arguments)
  require("imr.os").catch_signals()
  local offset = settings.read(arguments).utc_offset
  if arguments.check_tariff then return check_tariff(arguments.check_tariff, offset) end
  local options = { utc_offset = offset, meters = selection.numbers(arguments) }
  options.from, options.to = period_of(arguments, offset)
  if not arguments.tariff then exit.usage("say by which tariff: --tariff FILE") end
  options.tariff, options.decisions = load(arguments.tariff, "--tariff", offset), decisions_of(arguments.decisions)
  local result = run(arguments, options, open_output(arguments, offset))
  say_sums(result)
  return result.billed and 0 or INCOMPLETE
end

return bill
