-- The child process of support/sync_kill.lua: sync_child.lua URL DB CLOCK FIRST_DAYS
local url, where, clock, first_days = ...

local imr = require "imr"

local client = assert(imr.new { base_url = url, username = "demo", password = "demo-secret", interval = 0,
  store = imr.store.memory(), on_event = function() end })
local report, err = require("imr.workflow.sync").run { client = client, db = where, first_days = tonumber(first_days),
  clock = function() return tonumber(clock) end }
if not report then error(tostring(err)) end
for name, problem in pairs(report.errors) do error(name .. ": " .. tostring(problem)) end
print("done " .. report.state)
