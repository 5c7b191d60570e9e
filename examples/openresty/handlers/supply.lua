-- POST /supply/{device}: cuts or restores a meter's supply.
--
-- It needs a JSON body, {"command":"disconnect","reason":"..."}, so that neither a link nor another site's form can
-- send one. The reason goes to the log with what became of it.

local app = require "app"
local cjson = require "cjson.safe"

local supply = {}

local DEADLINE = 60 -- seconds, all waiting included

local LONGEST_REASON = 400 -- bytes, in the log

local commands = { disconnect = true, reconnect = true }

local function read_order()
  local content_type = ngx.var.content_type or ""
  if not content_type:match("^application/json") then return nil, "the body must be application/json" end
  ngx.req.read_body()
  local order = cjson.decode(ngx.req.get_body_data() or "")
  if type(order) ~= "table" then return nil, 'the body must be {"command":"disconnect","reason":"..."}' end
  if not commands[order.command] then return nil, 'command must be "disconnect" or "reconnect"' end
  if type(order.reason) ~= "string" or not order.reason:match("%S") then return nil, "a reason is missing" end
  if #order.reason > LONGEST_REASON then return nil, "the reason is too long" end
  return order
end

local function note(device_id, order, result)
  local reason = order.reason:gsub("%c", " ")
  ngx.log(ngx.NOTICE, "supply: ", order.command, " ", device_id, ": ", result, " (", reason, ")")
end

---@param device_id string from the path
function supply.serve(device_id)
  if not app.allow "POST" then return end
  local order, problem = read_order()
  if not order then return app.bad_request(problem) end
  local opts = { confirm = order.confirm == true, deadline = DEADLINE }
  note(device_id, order, "asked for")
  local outcome, err = app.client[order.command](app.client, device_id, opts)
  note(device_id, order, outcome and outcome.state or tostring(err))
  if not outcome then return app.fail(app.status_of(err), err) end
  app.answer(200, {
    device_id = device_id, command = order.command, state = outcome.state, reading = outcome.reading,
  })
end

return supply
