--- `imr bill`: what each tenant has to pay for a period, and which lines are held and why. A bill is made once, and
--- shown again; what is learned later is an adjustment of it.

local copy = require "imr.base.copy"
local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local exit = require "imr.cli.exit"
local interrupt = require "imr.cli.interrupt"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local output = require "imr.cli.output"
local read_file = require "imr.cli.input.file"
local selection = require "imr.cli.input.selection"
local settings = require "imr.cli.input.settings"
local shown = require "imr.cli.command.bill.shown"
local statements = require "imr.cli.command.bill.statements"

local command = { summary = "What each tenant has to pay for a period, by a tariff file." }

local INCOMPLETE = 5
local PAGE = 200

function command.configure(parser)
  parser:argument("period", "A month such as 2025-06, or its first and last day."):args "0-2"
  parser:option("--tariff", "The tariff file (Lua): prices, tiers, fees, and which meter has which."):argname "FILE"
  parser:option("--check-tariff", "Only check this tariff file, and the table of meters beside it."):argname "FILE"
  parser:option("--decisions", "CSV of what is billed for lines that are held: meter_no, usage or closing, who, why.")
    :argname "FILE"
  parser:flag("--draft", "Only compute it: nothing is put on record.")
  parser:flag("--adjust", "Add what has changed since the bill was made, as lines that are differences.")
  parser:option("--void", "Declare the bill of the period void."):argname "REASON"
  parser:flag("--list", "The bills that are on record.")
  parser:option("--by", "A row a line (default), a charge of it, or sums by tenant, building, tariff or kind.")
    :choices { "line", "charge", "tenant", "building", "tariff", "kind" }:default "line"
  statements.configure(parser)
  database.configure(parser)
  selection.configure(parser, "place")
  output.configure(parser)
  settings.configure_clock(parser)
end

-- ---------------------------------------------------------------- what is read

local function bills() return require "imr.workflow.bill" end
local function where() return require "imr.workflow.metering.where" end

local function load(path, flag, offset)
  local loaded, problem = bills().load(path, { utc_offset = offset,
    read = function(name) return read_file(name == path and flag .. " " or "", name) end })
  if not loaded then exit.usage("%s", problem) end
  return loaded
end

local function decisions_of(path)
  if not path then return nil end
  local found, problem = bills().decisions(read_file("--decisions ", path), path)
  if not found then exit.usage("%s", problem) end
  return found
end

local function period_of(arguments, offset)
  local first, last = arguments.period[1], arguments.period[2]
  if not first then exit.usage("say which period: a month such as 2025-06, or its first and last day") end
  local from, to = dates.named(first, language.text "the period", offset)
  if last then to = select(2, dates.named(last, language.text "the period", offset)) end
  if to < from then exit.usage("the period ends before it begins") end
  return from, to
end

-- Flags that go with none of the others.
local ALONE = { "draft", "adjust", "void", "list", "check_tariff" }
local WITHOUT_SHEETS = { "void", "list", "check_tariff" }

local function refuse_mixtures(arguments)
  local first
  for _, name in ipairs(ALONE) do
    local flag = arguments[name] and "--" .. name:gsub("_", "-")
    if flag and first then exit.usage("%s and %s do not go together", first, flag) end
    first = first or flag
  end
  for _, name in ipairs(arguments.statements and WITHOUT_SHEETS or {}) do
    if arguments[name] then exit.usage("%s and %s do not go together", "--statements", "--" .. name:gsub("_", "-")) end
  end
end

local function refuse_unsaid(arguments)
  if arguments.void and not arguments.void:find "%S" then exit.usage("--void REASON: say why the bill is void") end
  if arguments.draft and not arguments.tariff then exit.usage("--draft needs --tariff FILE") end
  if arguments.adjust and arguments.tariff then
    exit.usage("--adjust computes with the bill's own tariff; with another one it is another bill: --void it first")
  end
end

-- ---------------------------------------------------------------- what is said

local function say_unknown(unknown)
  if #unknown == 0 then return end
  messages.say("%d meters are named, or decided about, of which there is no line: %s%s", #unknown,
    table.concat(unknown, ", ", 1, math.min(#unknown, 10)), #unknown > 10 and ", …" or "")
end

local function say_sums(total)
  messages.say("%d lines: %d billed, %s in all; %d held", total.lines, total.lines - total.held, total.amount,
    total.held)
end

-- ---------------------------------------------------------------- a draft

local function written(arguments, offset, work)
  local out = shown.open(arguments, offset)
  local result = out:during(work, shown.writer(arguments.by, out))
  if result[arguments.by] then out:write(result[arguments.by]) end
  out:finish(true)
end

local function draft(arguments, db, options, sheets)
  local result, kept = nil, {}
  written(arguments, options.utc_offset, function(write)
    options.on_lines = function(lines)
      interrupt.check(not arguments.output)
      write(lines)
      for _, line in ipairs(sheets and lines or {}) do kept[#kept + 1] = line end
    end
    local err
    result, err = bills().compute(db, options)
    if not result then error(err, 0) end
    return result.sums
  end)
  if sheets then
    statements.write(arguments, db, { lines = kept, from = options.from, to = options.to,
      utc_offset = options.utc_offset }, options, sheets)
  end
  say_sums(result.sums.total)
  say_unknown(result.unknown)
  return result.billed and 0 or INCOMPLETE
end

-- ---------------------------------------------------------------- on record

-- By what a line says itself; which meters are silent is known of the meters alone.
local function keeper(db, options)
  local set, fits = selection.set(where().narrow_silent(db, options).meters), where().fits
  return function(line) return (not set or set[line.meter_no]) and fits(options.where, line) end
end

-- The lines of a bill and its adjustments, whose differences are in the sums.
local function show(arguments, db, id, options)
  local wanted, sums = keeper(db, options), require("imr.workflow.bill.sums").new(arguments.by == "tenant")
  local said_anew = arguments.by == "charge" and bills().superseded(db, id) or {}
  written(arguments, options.utc_offset, function(write)
    local page = {}
    for line in bills().lines(db, id) do
      if wanted(line) then
        if said_anew[line.bill_id] and said_anew[line.bill_id][line.number] then line.charges = nil end
        sums:add(line)
        page[#page + 1] = line
      end
      if #page == PAGE then
        interrupt.check(not arguments.output)
        write(page)
        page = {}
      end
    end
    if options.where and sums.total.lines == 0 then where().fail(options.where, "no line fits: %s") end
    write(page)
    return sums:texts()
  end)
  return sums:texts().total
end

local function say_bill(db, id, total, offset)
  local chain = bills().chain(db, id)
  local first, last = chain[1], chain[#chain]
  messages.say("bill %d of %s%s: %d lines, %s in all; %d held", id,
    require("imr").time.format(first.made_at, offset),
    #chain > 1 and language.text(" and %d adjustments", #chain - 1) or "",
    total.lines, total.amount, last.held)
  return last.held == 0 and 0 or INCOMPLETE
end

-- The bill of a period, or nil; one of another period that has days of this one is in the way.
local function bill_of(db, from, to)
  local found = bills().find(db, from, to)[1]
  if not found then return nil end
  if found.period_from == from and found.period_to == to then return found end
  local format = require("imr").time.format
  exit.usage("days of this period are billed already, by bill %d of %s to %s", found.id,
    format(found.period_from, found.utc_offset):sub(1, 10), format(found.period_to, found.utc_offset):sub(1, 10))
end

local function refuse_other(arguments, found, options)
  local other = options.tariff and (options.tariff.set.text ~= found.tariff and "another tariff"
    or options.tariff.meters_text ~= found.meters and "another table of meters")
    or options.decisions and options.decisions.text ~= found.decisions and "other decisions"
  if other and not arguments.adjust then
    exit.usage("bill %d of this period was made with %s: --adjust adds what has changed since, --void REASON makes "
      .. "room for another one", found.id, language.text(other))
  end
end

-- Of all meters, whichever are shown.
local function made(db, options)
  local all = copy(options)
  all.meters, all.where = nil, nil
  local result, err = bills().make(db, all)
  if not result then error(err, 0) end
  say_unknown(result.unknown)
  if options.where or options.meters then
    messages.say("bill %d is made, of all meters, whichever are shown", result.id)
  end
  return result.id, #result.unknown > 0
end

local function adjust(db, found, options)
  local result, err = bills().adjust(db, found.id, { decisions = options.decisions })
  if not result then error(err, 0) end
  say_unknown(result.unknown)
  if not result.id then
    messages.say("nothing has changed since")
  else
    messages.say("adjustment %d: %d lines, %s", result.id, result.sums.total.lines, result.sums.total.amount)
  end
  return #result.unknown > 0
end

local function void(db, found, reason)
  local done, err = bills().void(db, found.id, reason)
  if not done then error(err, 0) end
  messages.say("bill %d is void", found.id)
  return 0
end

local function on_record(arguments, db, options, sheets)
  local found = bill_of(db, options.from, options.to)
  if not found and (arguments.adjust or arguments.void or not options.tariff) then
    exit.usage("there is no bill of this period; --tariff FILE makes one")
  end
  if arguments.void then return void(db, found, arguments.void) end
  if found then refuse_other(arguments, found, options) end
  local id, unknown = found and found.id, nil
  if arguments.adjust then unknown = adjust(db, found, options) end
  if not found then id, unknown = made(db, options) end
  if sheets then statements.write(arguments, db, id, options, sheets) end
  local status = say_bill(db, id, show(arguments, db, id, options), options.utc_offset)
  return unknown and INCOMPLETE or status
end

-- ---------------------------------------------------------------- the command

local function list(arguments, db, offset)
  local out = output.open(arguments, { columns = shown.BILLS, utc_offset = offset })
  out:write(bills().list(db))
  out:finish(true)
  return 0
end

local function check_tariff(path, offset)
  local loaded, count, named = load(path, "--check-tariff", offset), 0, 0
  for _ in pairs(loaded.set.tariffs) do count = count + 1 end
  for _ in pairs(loaded.meters) do named = named + 1 end
  messages.say("%s is fine: %d tariffs, %d meters named", path, count, named)
  return 0
end

---@return integer exit status
function command.run(arguments)
  require("imr.os").catch_signals()
  refuse_mixtures(arguments)
  refuse_unsaid(arguments)
  local offset = settings.read(arguments).utc_offset
  if arguments.check_tariff then return check_tariff(arguments.check_tariff, offset) end
  local options = { utc_offset = offset, by_tenant = arguments.by == "tenant", meters = selection.numbers(arguments),
    where = selection.where(arguments) }
  if not arguments.list then
    options.from, options.to = period_of(arguments, offset)
    options.tariff = arguments.tariff and load(arguments.tariff, "--tariff", offset)
    options.decisions = decisions_of(arguments.decisions)
  end
  return database.run(arguments, function(db)
    if arguments.list then return list(arguments, db, offset) end
    local sheets = statements.open(arguments)
    local fine, status = pcall(arguments.draft and draft or on_record, arguments, db, options, sheets)
    if fine then return status end
    if sheets then sheets.abort() end
    error(status, 0)
  end, options)
end

return command
