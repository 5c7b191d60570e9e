-- The runtime inside a worker: threads, cancelling, time, and what happens where nginx gives no timer.
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"
local socket = require "socket"
local timing = require "support.timing"
local wire = require "support.wire"

describe("light threads in a worker #nginx", function()
  local server

  setup(function() server = site.start { http = "lua_check_client_abort on;" } end)
  teardown(function()
    assert.same({}, server:problems { "ERROR of a job" })
    server:stop()
  end)

  it("run side by side, and their results keep their order", function()
    local results, elapsed = server:run([[
      local imr, runtime = require "imr", require("imr.runtime").current()
      local began, slept = runtime:now(), {}
      local function slow(seconds, value)
        return function()
          slept[#slept + 1] = value
          runtime:sleep(seconds)
          return value
        end
      end
      local all = imr.all { slow(0.2, "a"), slow(0.1, "b"), function() return table.concat(slept) end }
      return all, runtime:now() - began
    ]])
    assert.same({ "a", "b", "ab" }, results) -- both slept when the third began
    assert.is_true(elapsed >= 0.2 and elapsed < timing.room(0.4), elapsed)
  end)

  it("are cancelled when one raises, and the error is raised again", function()
    local problem, unwound, elapsed = server:run([[
      local imr, runtime = require "imr", require("imr.runtime").current()
      local began, unwound = runtime:now(), nil
      local fine, problem = pcall(imr.all, {
        function() unwound = not pcall(runtime.sleep, runtime, 60); error("again", 0) end,
        function() runtime:sleep(0.1); error("the first", 0) end,
      })
      runtime:sleep(0.01)
      return problem, unwound, runtime:now() - began
    ]])
    assert.equal("the first", problem)
    assert.is_true(unwound)
    assert.is_true(elapsed < timing.room(1))
  end)

  it("never wake too early, however busy the worker is", function()
    local least = server:run([[
      local runtime, least = require("imr.runtime").current(), math.huge
      for _ = 1, 10 do
        local busy = runtime:now() + 0.03
        while runtime:now() < busy do end
        local began = runtime:now()
        runtime:sleep(0.02)
        least = math.min(least, runtime:now() - began)
      end
      return least
    ]])
    assert.is_true(least >= 0.02, least)
  end)

  it("that are protected outlive the request that asked for them", function()
    local code = [[
      ngx.shared.notes:incr("asked", 1, 0)
      local runtime = require("imr.runtime").current()
      return runtime:protect(function(...)
        runtime:sleep(0.4)
        ngx.shared.notes:incr("protected", 1, 0)
        return ...
      end, "kept", nil, 3)
    ]]
    local clients = {}
    for index = 1, 20 do clients[index] = server:begin("/run", site.code(code)) end
    site.eventually(function() return server:run([[return ngx.shared.notes:get("asked")]]) == 20 end, "all ask")
    for index = 1, 19 do clients[index]:close() end
    assert.same({ "kept", nil, 3 }, { site.results(clients[20]) })
    site.eventually(function() return server:run([[return ngx.shared.notes:get("protected")]]) == 20 end, "20 ends")
    site.eventually(function() return server:run([[return ngx.timer.running_count()]]) == 0 end, "no timer is left")
  end)

  it("that raise take no other along", function()
    local kept, fine, problem, raised, why = server:run([[
      local runtime = require("imr.runtime").current()
      local other = runtime:spawn(function() runtime:sleep(0.1) return "kept" end)
      local failing = runtime:spawn(function() error("ERROR of a job", 0) end)
      local kept = select(2, runtime:join(other))
      local fine, problem = runtime:join(failing)
      return kept, fine, problem, pcall(runtime.protect, runtime, function() error("ERROR of a login", 0) end)
    ]])
    assert.same({ "kept", false, "ERROR of a job", false, "ERROR of a login" }, { kept, fine, problem, raised, why })
  end)

  it("end with the coroutine that started them, also when it is killed, and the request with them", function()
    local began = socket.gettime()
    local status = server:run([[
      local runtime = require("imr.runtime").current()
      local starter = ngx.thread.spawn(function()
        runtime:spawn(function() end)
        runtime:spawn(function() runtime:sleep(60); ngx.shared.notes:set("went on", true) end)
        ngx.sleep(60)
      end)
      ngx.sleep(0.05)
      ngx.thread.kill(starter)
      runtime:spawn(function() runtime:sleep(60); ngx.shared.notes:set("went on", true) end)
      return coroutine.status(starter)
    ]])
    assert.equal("dead", status)
    assert.is_true(socket.gettime() - began < timing.room(1, 30))
    assert.is_nil((server:run([[return ngx.shared.notes:get("went on")]])))
  end)

  -- nginx runs another request in the coroutine of one that has ended.
  it("know nothing of a request that ran in the same coroutine before", function()
    local LEAVE = [[
      local imr, runtime = require "imr", require("imr.runtime").current()
      for _ = 1, 5 do runtime:spawn(function() runtime:sleep(60) end) end
      pcall(imr.all, { function() runtime:sleep(60) end, function() runtime:sleep(60) end, function() error("x") end })
      ngx.exit(200)
    ]]
    local clients = {}
    for round = 1, 5 do
      for index = 1, 20 do clients[index] = server:begin("/run", site.code(LEAVE)) end
      for _, client in ipairs(clients) do site.finish(client) end
      for index = 1, 20 do
        clients[index] = server:begin("/run", site.code [[
          local runtime = require("imr.runtime").current()
          runtime:sleep(0.15)
          local thread = ngx.thread.spawn(function() runtime:sleep(0.15) return "slept" end)
          return select(2, ngx.thread.wait(thread))
        ]])
      end
      for _, client in ipairs(clients) do assert.equal("slept", (site.results(client)), round) end
    end
  end)
end)

describe("closing a client in a worker #nginx", function()
  for _, transport in ipairs(site.transports) do
    it("ends what is under way over " .. transport, function()
      local other = wire.start([[c:request(); c:stall()]])
      local server = site.start {}
      finally(function()
        server:stop()
        other:stop()
      end)
      local kind, elapsed = server:run([[
        local transport, url = ...
        local imr, runtime = require "imr", require("imr.runtime").current()
        local client = imr.new { base_url = url, username = "u", password = "secret", transport = transport }
        local began = runtime:now()
        local results = imr.all {
          function() return select(2, client:meters():collect()).kind end,
          function() runtime:sleep(0.2); client:close() end,
        }
        return results[1], runtime:now() - began
      ]], transport, ("http://127.0.0.1:%d"):format(other.port))
      assert.equal("closed", kind)
      assert.is_true(elapsed < timing.room(1), elapsed)
      other:wait("end", 1)
    end)
  end
end)

describe("a worker without a timer to spare #nginx", function()
  local platform, server

  after_each(function()
    server:stop()
    platform:stop()
  end)

  local CODE = [[
    local url, transport, pause = ...
    client = client or require("imr").new { base_url = url, username = "demo", password = "demo-secret",
      interval = 0.02, page_size = 10, transport = transport }
    if pause then
      ]] .. site.COUNT .. [[

      repeat ngx.sleep(0.02) until ngx.worker.exiting()
      ngx.sleep(pause)
    end
    local rows, err = client:meters():collect()
    return rows and #rows or tostring(err)
  ]]

  it("still lists, and says which directive to raise", function()
    platform = simulator.start { meters = 25, interval = 0 }
    server = site.start {
      http = "lua_max_running_timers 1; init_worker_by_lua_block { ngx.timer.at(0, function() ngx.sleep(60) end) }",
    }
    assert.equal(25, (server:run(CODE, platform.url, "curl")))
    assert.truthy(server.nginx:error_log():find("raise lua_max_running_timers", 1, true))
  end)

  for _, transport in ipairs(site.transports) do
    it("because it is exiting still lists over " .. transport, function()
      platform = simulator.start { meters = 25, interval = 0, latency = 0.1 }
      server = site.start { http = "lua_check_client_abort on;" }
      local clients = {}
      for index = 1, 6 do
        clients[index] = server:begin("/run", site.code(CODE, platform.url, transport, index * 0.02))
      end
      server:await_begun(6)
      shell.must("kill -QUIT " .. server.nginx:pid())
      socket.sleep(0.2)
      clients[2]:close() -- whose request may be the one that polls
      for index, client in ipairs(clients) do
        if index ~= 2 then assert.equal(25, (site.results(client))) end
      end
      assert.same({}, server:problems())
    end)
  end
end)

describe("the default store in a worker #nginx", function()
  local NEW = [[
    local fine, client = pcall(require("imr").new, { username = "u", password = "secret" })
    return fine, tostring(client)
  ]]

  it("is the shared dict imr", function()
    local server = site.start {}
    finally(function() server:stop() end)
    local rows = server:run([[
      local imr, calls = require "imr", 0
      local client = imr.new { username = "u", password = "secret", transport = function()
        calls = calls + 1
        return 200, calls == 1 and '{"code":200,"data":"a-token"}' or '{"code":200,"data":[]}'
      end }
      assert(client:meters():collect())
      return #ngx.shared.imr:get_keys()
    ]])
    assert.is_true(rows >= 2)
  end)

  it("is the file store where there is no such dict, and an error names both where neither is to be had", function()
    local nginx = require "support.nginx"
    local RUN = [[location = /run { content_by_lua_block { require("support.run").serve() } }]]
    local scratch = shell.scratch()
    for _, home in ipairs { "", scratch } do
      local server = setmetatable({ nginx = nginx.start { locations = RUN, env = { HOME = home } } }, site)
      local fine, text = server:run(NEW)
      local made = fine and server:run([[
        local client = require("imr").new { username = "u", password = "secret", retries = 0, transport = function()
          return 200, '{"code":1001,"msg":"no"}'
        end }
        client:login()
      ]])
      server:stop()
      assert.is_falsy(made)
      assert.equal(home ~= "", fine, text)
      if not fine then
        assert.truthy(text:find("lua_shared_dict imr 1m", 1, true) and text:find("imr.store.file", 1, true), text)
      end
    end
    assert.truthy(shell.must("ls " .. scratch .. "/.local/state/imr"):find("token", 1, true))
    shell.must("rm -r " .. scratch)
  end)
end)
