--- What is said while commands leave and meters are awaited.

local language = require "imr.language"
local messages = require "imr.cli.output.messages"
local time_text = require("imr.cli.output.progress").time_text

local NAMED = 3 -- of those that are awaited

local function awaited_text(awaited)
  local names = {}
  for index = 1, math.min(#awaited, NAMED) do names[index] = awaited[index].device end
  local text = table.concat(names, ", ")
  return #awaited > NAMED and language.text("%s and %d more", text, #awaited - NAMED) or text
end

local by_state = {}

function by_state.sending(event)
  messages.progress("%d of %d, %s left%s", event.done, event.total, time_text(event.left),
    event.following > 0 and language.text(", %d to be confirmed", event.following) or "")
end

by_state.accepted = by_state.sending

function by_state.waiting(event)
  messages.say("%s %s waits: %s", event.entry.command, event.entry.device, event.detail)
end

-- Where no terminal is, this says why it does not end yet.
function by_state.sent(event)
  messages.say("all is sent; up to %s for the confirmation of %d meters: %s", time_text(event.ends), #event.awaited,
    awaited_text(event.awaited))
end

function by_state.awaiting(event)
  local done = event.done < event.total and language.text("%d of %d, %s left, ", event.done, event.total,
    time_text(event.left)) or ""
  messages.progress("%s%d to be confirmed within %s: %s", done, #event.awaited, time_text(event.ends),
    awaited_text(event.awaited))
end

---@param event table of supply.apply
return function(event)
  if by_state[event.state] then return by_state[event.state](event) end
  messages.say("%s %s: %s%s", event.entry.command, event.entry.device,
    language.word("state", event.state), event.detail and " (" .. language.again(event.detail) .. ")" or "")
end
