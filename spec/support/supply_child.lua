-- The child process of support/supply_kill.lua: supply_child.lua URL LEDGER STEP DEVICE...
--
-- STEP "cancel": calls off what is planned for the second device. Otherwise plans and applies, and awaits its meters
-- for a moment where CONFIRM is set; kills itself with SIGKILL at that step (0: never). Where the ledger has something
-- already it resolves and goes on instead.
local url, ledger, at = ...
local confirm = os.getenv "CONFIRM" ~= nil
local devices = { select(4, ...) }

local chaos = require "support.supply_chaos"
local imr = require "imr"

local function pid()
  local file = assert(io.open("/proc/self/stat"))
  local id = file:read("*n")
  file:close()
  return id
end

if at == "cancel" then
  local supply = assert(require("imr.workflow.supply").open { ledger = ledger, who = "a child" })
  assert(supply.cancel { device = devices[2], reason = "paid" })
  return supply.close()
end

local switch = chaos.switch(tonumber(at), function() os.execute(("kill -9 %d"):format(pid())) end)
chaos.watch(switch)

local client = assert(imr.new {
  base_url = url, username = "demo", password = "demo-secret", interval = 0, retries = 2, timeout = 5,
  store = imr.store.memory(), on_event = function() end,
  transport = chaos.transport(require("imr.transport.curl").new(), switch),
})
local supply = assert(require("imr.workflow.supply").open { client = client, ledger = ledger, who = "a child" })
local plan
if #assert(supply.history()) > 0 then
  assert(supply.resolve())
  plan = assert(supply.pending())
else
  plan = assert(supply.plan(devices, "disconnect", { reason = "kill" }))
end
assert(supply.apply(plan, { stop_after = 100, confirm = confirm, confirm_deadline = 0.5 }))
supply.close()
