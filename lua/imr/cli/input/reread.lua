--- Flags that say how far back a sync reads again.

local language = require "imr.language"
local number = require "imr.cli.input.number"
local reread = require "imr.workflow.sync.reread"
local MOST_DAYS = require("imr.workflow.sync.options").MOST_DAYS

local flags = {}

function flags.configure(parser)
  local days = number.whole(0, MOST_DAYS)
  number.flag(parser, "--daily-reread D",
    language.text("Days that the first run of a day reads again (default: %d; 0: none).", reread.DAILY), days)
  number.flag(parser, "--weekly-reread D",
    language.text("Days that a run a week reads again: the open billing period (default: %d; 0: none).",
      reread.WEEKLY), days)
end

return flags
