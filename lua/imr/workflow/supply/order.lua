-- Which of two wishes for a device is the newer one: the ledger's numbers say so, never a clock. SQL that has them as
-- `o`, on record first, and `n`, on record later.
--
-- A plan to cut supply that was decided on without a wish to restore it is not the newer one, though it came on record
-- later: somebody looked at it meanwhile, say, before typing yes.

local order = {}

-- The transition with which it came on record.
local FIRST = "(SELECT min(f.id) FROM transitions AS f WHERE f.intent = o.id)"

---Commands that a later one for the same device takes the sense from. A request for a reading stands beside them.
order.SUPPLY = "('disconnect', 'reconnect')"

---Pairs of which `n` is the newer one, up to a condition.
order.PAIRS = [[intents AS o JOIN intents AS n ON n.device = o.device AND n.id > o.id JOIN plans AS q ON q.id = n.plan
  WHERE NOT (n.command = 'disconnect' AND o.command = 'reconnect' AND q.seen < ]] .. FIRST .. [[)
  AND (o.command = 'request_reading') = (n.command = 'request_reading') AND ]]

---Transitions `t` of `o` that put a wish to restore supply on record.
order.RESTORES = "(t.state = 'planned' AND o.command = 'reconnect' AND t.id = " .. FIRST .. ")"

return order
