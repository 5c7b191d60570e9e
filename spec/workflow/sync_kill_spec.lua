-- A sync that is killed at random moments, again and again, ends up with exactly what the platform has.
local kill = require "support.sync_kill"
local postgres = require "support.postgres"
local shell = require "support.shell"

local function expect_exact(result)
  assert.same({}, result.problems)
  assert.is_true(result.rows > 500)
  assert.is_true(result.restatements > 10)
  assert.is_true(result.deaths > 0, "no process was killed in time")
end

-- The history is longer than any look-back: what a killed run left out, nothing but its cursor brings back.
describe("a sync killed by SIGKILL", function()
  local directory, server

  setup(function() directory = shell.scratch() end)

  teardown(function()
    if server then server:stop() end
    shell.must("rm -rf " .. shell.quote(directory))
  end)

  it("leaves SQLite with exactly the platform's rows and restatements", function()
    expect_exact(kill.run { where = directory .. "/imr.db", spare = directory .. "/spare.db", seed = 11, meters = 12,
      days = 45, kills = 10, page_cap = 60 })
  end)

  it("leaves PostgreSQL with exactly the platform's rows and restatements", function()
    server = postgres.start()
    expect_exact(kill.run { where = server:url(), spare = server:url(), seed = 12, meters = 12, days = 45,
      kills = 10, page_cap = 60 })
  end)
end)
