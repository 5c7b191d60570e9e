--- Flags that say how far back a sync reads again.

local number = require "imr.cli.input.number"
local reread = require "imr.workflow.sync.reread"
local MOST_DAYS = require("imr.workflow.sync.options").MOST_DAYS

local flags = {}

function flags.configure(parser)
  local days = number.whole(0, MOST_DAYS)
  number.flag(parser, "--daily-reread D",
    ("Days that the first run of a day reads again (default: %d; 0: none)."):format(reread.DAILY), days)
  number.flag(parser, "--weekly-reread D",
    ("Days that a run a week reads again: the open billing period (default: %d; 0: none)."):format(reread.WEEKLY), days)
end

return flags
