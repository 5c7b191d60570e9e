--- What nobody knows is said after whatever was done, and decides the exit status: a command that may have been
--- executed must not get lost behind one that went well.

local messages = require "imr.cli.output.messages"

local unknown = {}

local STATUS = 6
local MOST = 10 -- intents that are named

---Names the intents of unknown outcome.
---@param intents table[]
function unknown.say(intents)
  for index = 1, math.min(#intents, MOST) do
    local intent = intents[index]
    messages.say("intent %d, %s %s, is unknown: %s", intent.id, intent.command, intent.device,
      intent.detail or "nothing came back")
  end
  if #intents > MOST then messages.say("%d more are unknown", #intents - MOST) end
  if #intents > 0 then messages.say "`imr supply resolve` reads back what is unknown" end
end

---Says what the whole ledger does not know, whoever sent it.
---@param handle imr.Supply
---@param status integer of what was done
---@return integer status
function unknown.status(handle, status)
  local found, err = handle.status()
  if not found then error(err, 0) end
  unknown.say(found.unknown)
  return #found.unknown > 0 and STATUS or status
end

return unknown
