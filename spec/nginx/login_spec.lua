-- A login whose request goes away while a store across the network is asked for the lock.
local once = require "support.once"
local simulator = require "support.simulator"
local site = require "support.site"

if not once "a login that is left" then return end

-- As a Redis that is slow to answer.
local SLOW = [[(function()
  local store = require("imr").store.memory()
  local lock = store.lock
  function store:lock(...)
    local owner = lock(self, ...)
    if owner and not locked_once then
      locked_once = true
      ngx.sleep(0.3)
    end
    return owner
  end
  return store
end)()]]

describe("a login in a worker #nginx", function()
  it("leaves no lock behind when its client goes away before the store has answered", function()
    local platform = simulator.start { meters = 5, interval = 0 }
    local code = site.client(platform.url, { transport = "curl" }):gsub(" }$", ", store = " .. SLOW .. " }")
    local server = site.start {
      http = ("lua_check_client_abort on; init_by_lua_block { client = %s }"):format(code),
      locations = ([[
        location = /login { content_by_lua_block {
          %s
          ngx.print(tostring(client:login { deadline = 10 }))
        } }]]):format(site.COUNT),
    }
    finally(function()
      server:stop()
      platform:stop()
    end)
    local gone = server:begin "/login"
    server:await_begun(1)
    gone:close()
    assert.equal("true", (select(2, server:request "/login")))
    assert.equal(1, #platform:entries "login")
    assert.same({}, server:problems())
  end)
end)
