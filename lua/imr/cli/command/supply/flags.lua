--- The actions of `imr supply`, and their flags.

local ledger = require "imr.cli.command.supply.ledger"
local number = require "imr.cli.input.number"
local output = require "imr.cli.output"
local settings = require "imr.cli.input.settings"

local function add_sending_flags(parser)
  parser:option("--guard", "Shell command asked right before each command leaves, with the device as its last "
    .. "argument; status 0 lets it go."):argname "CMD"
  parser:flag("--allow-unmatched", "Go on though what is protected is empty, matches no meter, or several devices.")
  number.flag(parser, "--guard-timeout SECONDS", "A guard that says nothing within these is ended and counts as no "
    .. "(default: 30).", number.of "seconds")
  parser:flag("--confirm", "Read the meters until they show the change; without it a command is accepted at most.")
  number.flag(parser, "--stop-after N", "End after so many failures in a row (default: 3).", number.whole(1))
  parser:flag("--dry-run", "Only show the plan, also where no terminal is.")
  parser:flag("--yes", "Send without asking. Without it a terminal shows the plan and asks; elsewhere nothing leaves.")
end

local function add_plan_flags(parser)
  parser:argument("device", "Device ids as `imr meters --fields device_id,meter_no` lists them, or what --by says.")
    :args "*"
  parser:option("--from", "CSV file of devices, in the column device_id (设备编号) or the first one, with --by in "
    .. "meter_no (表号), user_code (用户编码) or house_number (门牌号); a column command (指令) may say what each is for; "
    .. "- is standard input."):argname "FILE"
  parser:option("--by", "What arguments and files name: device (default), meter_no, user_code or house_number. One "
    .. "that no meter has, or that means several devices, is an error.")
    :choices { "device", "meter_no", "user_code", "house_number" }
  parser:flag("--all-of-tenant", "With --by user_code or house_number: all meters where a tenant has several.")
  parser:option("--reason", "Why; stays on record."):argname "TEXT"
  number.flag(parser, "--max N", "Plan nothing when more than N commands would be sent.", number.whole(0))
  parser:option("--quiet-hours", "No supply is cut in these, such as 20:00-08:00, on the platform's clock.")
    :argname "HH:MM-HH:MM"
  parser:option("--protected", "Device or meter number that is never sent anything, or @FILE of them, in the columns "
    .. "device_id and meter_no or the first one (repeatable; environment: IMR_PROTECTED=FILE).")
    :argname "DEVICE":count "*"
  parser:option("--offline", "Devices that are offline obey when they are back, if at all: send to them like to the "
    .. "others (default), skip them, or send to them last."):choices { "send", "skip", "last" }
  parser:option("--approve-by", "Put the plan on record and send nothing: this user has to `approve` it; * is anybody "
    .. "else (configuration: supply = { approval = 2 })."):argname "NAME"
  parser:flag("--force", "Send also where the platform shows the wanted state already.")
  add_sending_flags(parser)
end

local function add_action(parser, name, summary)
  local action = parser:command(name, summary)
  ledger.configure(action, "The ledger: a file, or postgres://USER@HOST/NAME (environment: IMR_LEDGER; "
    .. "default: beside the file store).")
  output.configure(action)
  return action
end

local function configure_sending(parser)
  for _, entry in ipairs { { "disconnect", "Cut supply." }, { "reconnect", "Restore supply." },
    { "read", "Ask meters for a reading now." } } do
    local action = add_action(parser, entry[1], entry[2])
    add_plan_flags(action)
    settings.configure(action)
  end
  local approve = add_action(parser, "approve", "Send a plan that another user has made and put on record.")
  approve:argument("plan", "Its number."):convert(number.whole(1, 2 ^ 31 - 1))
  add_sending_flags(approve)
  settings.configure(approve)
  local resume = add_action(parser, "resume", "Send what is on record as planned and was not sent.")
  add_sending_flags(resume)
  settings.configure(resume)
end

---@param parser table
return function(parser)
  parser:command_target("action")
  parser:require_command(true)
  parser:epilog("Nothing is sent without --yes, or the answer to a question on a terminal. What was stopped stays "
    .. "planned: `resume` sends it, `cancel` calls it off. Exit codes: `imr help exit-codes`; 5: not all is sent or "
    .. "confirmed, 6: an outcome is unknown (`resolve`), 7: a plan on record cannot be read.")
  configure_sending(parser)
  local cancel = add_action(parser, "cancel", "Call off what is planned. Sends nothing.")
  number.flag(cancel, "--intent N", "This intent.", number.whole(1, 2 ^ 31 - 1))
  number.flag(cancel, "--plan N", "Whatever is planned of this plan.", number.whole(1, 2 ^ 31 - 1))
  cancel:option("--device", "Whatever is planned for this device."):argname "DEVICE"
  cancel:flag("--all", "Whatever is planned.")
  cancel:option("--reason", "Why; stays on record."):argname "TEXT"
  settings.configure_clock(cancel)
  settings.configure(add_action(parser, "resolve", "Read back what became of commands of unknown outcome."))
  settings.configure_clock(add_action(parser, "status",
    "How many intents are in which state, and what is armed."))
  local history = add_action(parser, "history", "What was done.")
  history:option("--device", "Only this device."):argname "DEVICE"
  number.flag(history, "--intent N", "The transitions of this intent.", number.whole(1, 2 ^ 31 - 1))
  local export = add_action(parser, "export", "All that is on record, for a spreadsheet.")
  export:option("--device", "Only this device."):argname "DEVICE"
  export:flag("--transitions", "What became of each intent, step by step.")
  settings.configure_clock(export)
  number.flag(history, "--last N", "So many of the newest (default: 100).", number.whole(1))
    :default("100"):show_default(false)
  settings.configure_clock(history)
end
