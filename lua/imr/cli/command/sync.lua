--- `imr sync`: the platform into your own database, and whether a period of it is complete.

local columns = require("imr.cli.output.columns").typed
local connect = require "imr.cli.input.connect"
local database = require "imr.cli.input.database"
local dates = require "imr.cli.input.dates"
local exit = require "imr.cli.exit"
local known_listings = require "imr.workflow.sync.listings"
local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local number = require "imr.cli.input.number"
local takes_names = require "imr.cli.input.names"
local output = require "imr.cli.output"
local settings = require "imr.cli.input.settings"
local sync_options = require "imr.workflow.sync.options"
local interrupt = require "imr.cli.interrupt"

local sync = { summary = "Keep your own database in step with the platform." }

local INCOMPLETE = 5

local SUMMARY = columns("listing:str expected:int received:int missing:int offline:int not_frozen:int rejected:int "
  .. "truncated:int unknown:int unread:int before_first:int drifted:int complete:enum")
local MISSING = columns "listing:str meter_no:str from:str to:str days:int cause:str"

function sync.configure(parser)
  database.configure(parser)
  dates.configure(parser)
  number.flag(parser, "--first-days D", "How many days back the first run begins (default: 90).",
    number.whole(1, sync_options.MOST_DAYS))
  require("imr.cli.input.reread").configure(parser)
  parser:flag("--reread", "Read the open billing period again now: it finds what was corrected or withdrawn there.")
  parser:flag("--trust-clock", "This machine's clock is right, although the last run was long ago, or ahead of it.")
  local names = {}
  for index, entry in ipairs(known_listings) do names[index] = entry.name end
  takes_names(parser:option("--listing", language.text("Only this one: %s (repeatable).", table.concat(names, ", ")))
    :argname("NAME"):count "*", names)
  parser:option("--granularity", "Of consumption: daily (default) or realtime."):argname("HOW")
    :choices { "daily", "realtime" }
  parser:option("--certificate", "Ask the platform nothing: print whether the database is complete for 2025-07, "
    .. "2025-07-01, last-month …"):argname("PERIOD")
  parser:flag("--missing", "Print the missing days of each meter instead of the sums.")
  parser:option("--metrics", "Write the run's numbers there for Prometheus (textfile collector), however it ends.")
    :argname("FILE")
  output.configure(parser)
  connect.configure(parser)
end

-- ---------------------------------------------------------------- the certificate

local function write(arguments, certificate, offset)
  local out = output.open(arguments, { columns = arguments.missing and MISSING or SUMMARY, utc_offset = offset })
  out:write(arguments.missing and certificate.missing or certificate.listings)
  out:finish(true)
end

local function chosen_listings(arguments)
  if #arguments.listing == 0 then return nil end
  local chosen = { listings = arguments.listing, granularity = arguments.granularity }
  local problem = sync_options.listings_problem(chosen)
  if problem then exit.usage("%s", problem) end
  return sync_options.listings(chosen)
end

-- The platform was asked, and has none: complete as a copy, and still no usage of those days.
local function say_beginnings(certificate)
  for _, entry in ipairs(certificate.listings) do
    if entry.before_first > 0 then
      messages.say("%s: the platform lists nothing before a meter's first row: %d meter-days of the period, of which "
        .. "no row is expected", language.word("listing", entry.listing), entry.before_first)
    end
  end
end

local function certify(arguments)
  if arguments.from or arguments.to then exit.usage("--certificate names the period, without --from and --to") end
  local offset = settings.read(arguments).utc_offset
  local from, to = dates.named(arguments.certificate, "--certificate", offset)
  local listings = chosen_listings(arguments)
  local db = database.open(arguments)
  local certificate = require("imr.workflow.sync.coverage").certify(db, { from = from, to = to, utc_offset = offset,
    now = os.time(), listings = listings })
  db:close()
  if #certificate.listings == 0 then exit.fail("incomplete", "nothing has been synced yet that has rows to expect") end
  write(arguments, certificate, offset)
  say_beginnings(certificate)
  return certificate.complete and 0 or INCOMPLETE
end

-- ---------------------------------------------------------------- a run

local function show(event)
  interrupt.check()
  messages.progress("%s: %d of %s rows", language.word("listing", event.listing), event.rows, event.total or "?")
end

local function options_of(arguments, client, chosen)
  local offset = chosen.utc_offset
  local options = { client = client, db = database.where(arguments), utc_offset = offset, granularity =
    arguments.granularity, first_days = arguments.first_days, daily_reread = arguments.daily_reread,
    weekly_reread = arguments.weekly_reread, reread = arguments.reread, trust_clock = arguments.trust_clock,
    on_progress = show }
  if #arguments.listing > 0 then options.listings = arguments.listing end
  if arguments.from then options.from, options.to = dates.period(arguments, offset) end
  return options, offset
end

local function run(options)
  local report, err = exit.wrong_use(require("imr.workflow.sync").run, options)
  if not report then error(err, 0) end
  return report
end

local function say(report)
  messages.say("%s: %d rows in %d requests, %d new, %d restated%s%s", language.word("state", report.state),
    report.rows, report.requests, report.new_rows, report.restated,
    report.withdrawn > 0 and language.text(", %d withdrawn", report.withdrawn) or "",
    report.rejected > 0 and language.text(", %d that fit no table (see rejected)", report.rejected) or "")
  for _, entry in ipairs(report.incomplete) do
    messages.say("%s: %s", language.word("listing", entry.listing), entry.doubt and language.again(entry.doubt)
      or language.text("%d rows of %s came%s; the next run reads them again", entry.rows,
        entry.claimed_total or language.text "an unknown number",
        entry.drifted and language.text ", and rows moved meanwhile" or ""))
  end
end

-- Every listing may have come to its end, and the period still have days without a row.
local function say_gaps(certificate)
  local gaps = {}
  for _, entry in ipairs(certificate and certificate.listings or {}) do
    if not entry.complete then
      gaps[#gaps + 1] = ("%s %d"):format(language.word("listing", entry.listing),
        entry.missing > 0 and entry.missing or entry.unread)
    end
  end
  if #gaps == 0 then return end
  messages.say("meter-days without a row: %s; `imr sync --certificate PERIOD --missing` names them",
    language.list(gaps))
end

-- What ended a listing early goes out as its own error, after the rest has been said.
local function status_of(report, arguments)
  local first
  for name, err in pairs(report.errors) do
    local text = tostring(err)
    messages.say("%s%s", text:find(name .. ":", 1, true) == 1 and "" or name .. ": ", text)
    first = first or err
  end
  if first then return exit.status_of(first) end
  if report.state == "incomplete" then return INCOMPLETE end
  local certificate = report.certificate
  return arguments.from and certificate and not certificate.complete and INCOMPLETE or 0
end

local function write_metrics(path, client, status)
  local metrics = require "imr.metrics"
  local samples = metrics.samples(client)
  for name, value in pairs { imr_sync_ended_timestamp_seconds = os.time(), imr_sync_exit_status = status } do
    samples[#samples + 1] = { family = name, suffix = "", labels = {}, value = value }
  end
  local out = require("imr.cli.output.target").file(path)
  out.write(metrics.format(samples))
  out.commit(true)
end

-- Whoever watches the file hears of a run that failed, too.
local function end_run(arguments, client, status)
  client:close()
  if arguments.metrics then write_metrics(arguments.metrics, client, status) end
  return status
end

---@return integer exit status
function sync.run(arguments)
  require("imr.workflow.sync.clock").must_be_set(os.time())
  if arguments.to and not arguments.from then exit.usage("--to needs --from") end
  if arguments.reread and arguments.from then exit.usage("--from reads its period again: without --reread") end
  if arguments.certificate then return certify(arguments) end
  if arguments.fields then exit.usage("--fields goes with --certificate") end -- a run would end with the complaint
  local client, chosen = connect.client(arguments, { on_event = require("imr.cli.command.listing.reader").on_event })
  local options, offset = options_of(arguments, client, chosen)
  local report
  local fine, problem = pcall(interrupt.run, function() report = run(options) end)
  if not fine then
    end_run(arguments, client, exit.status_of(problem))
    error(problem, 0)
  end
  say(report)
  say_gaps(report.certificate)
  if report.certificate then write(arguments, report.certificate, offset) end
  return end_run(arguments, client, status_of(report, arguments))
end

return sync
