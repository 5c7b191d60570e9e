-- The shdict store between the workers of one nginx.
local cjson = require "cjson"
local files = require "support.files"
local imr = require "imr"
local nginx = require "support.nginx"
local shell = require "support.shell"
local socket = require "socket"

local unpack = table.unpack or unpack
local ATTEMPTS = 5
local KILLS = 30

local WORKER = "location = /run { content_by_lua_block { require('support.store_worker').run() } }"

describe("the shdict store #nginx", function()
  local server

  local function serve()
    server = nginx.start {
      workers = 2, listen = "reuseport", locations = WORKER,
      http = "lua_shared_dict imr 1m; lua_shared_dict hammered 256m; lua_shared_dict small 64k; "
        .. "lua_shared_dict tiny 16k;",
    }
  end

  local function restart()
    server:stop()
    serve()
  end

  setup(serve)
  teardown(function() server:stop() end)

  local function ask(query)
    local body = server:get("/run?" .. query)
    local fine, answer = pcall(cjson.decode, body or "")
    return fine and answer or error(tostring(body) .. server:error_log())
  end

  -- Connections that are open at once, so that every worker has some of them.
  local function ask_at_once(count, query)
    local clients = {}
    for number = 1, count do
      clients[number] = assert(socket.connect("127.0.0.1", server.port))
      clients[number]:send(("GET /run?%s HTTP/1.0\r\n\r\n"):format(query))
    end
    return function()
      local answers = {}
      for _, client in ipairs(clients) do
        local text = client:receive("*a")
        client:close()
        local body = text and text:match("\r\n\r\n({.*)$")
        if body then answers[#answers + 1] = cjson.decode(body) end
      end
      return answers
    end
  end

  local function no_double(answers, interval)
    local starts, pids = {}, {}
    for _, answer in ipairs(answers) do
      pids[answer.pid] = true
      for _, start in ipairs(answer.starts) do starts[#starts + 1] = start end
    end
    table.sort(starts)
    for index = 2, #starts do
      local gap = starts[index] - starts[index - 1]
      assert.is_true(gap > interval * 0.99, ("two slots %.9f s apart"):format(gap))
    end
    local workers = 0
    for _ in pairs(pids) do workers = workers + 1 end
    return #starts, workers
  end

  it("gives no slot twice, with two workers at the same one", function()
    local workers
    for _ = 1, ATTEMPTS do
      local count
      count, workers = no_double(ask_at_once(4, "hammer,0.001,8000")(), 0.001)
      assert.equal(4 * 8000, count)
      if workers == 2 then break end
    end
    assert.equal(2, workers)
  end)

  -- Ticks of processor time that a process has used; nil when it is gone.
  local function ticks(pid)
    local status = files.read(("/proc/%s/stat"):format(pid))
    if not status then return nil end
    local user, system = status:match("^%d+ %b() " .. ("%S+ "):rep(11) .. "(%d+) (%d+)")
    return user + system
  end

  -- Was it killed inside the dict? nginx says so as it replaces the worker.
  local function died_in_dict(pid)
    for _ = 1, 12000 do
      local log = server:error_log()
      if log:find("process " .. pid .. " exited", 1, true) and #server:workers() == 2 then
        return log:find('"hammered" was locked by ' .. pid, 1, true) ~= nil
      end
      socket.sleep(0.005)
    end
    error("nginx did not replace its worker:\n" .. server:error_log())
  end

  -- Kills a worker while it is at it. Says how many slots the answers tell of, and whether the dict may be broken.
  local function kill_one(count)
    local worker = server:workers()[1]
    local used = ticks(worker)
    if not used then return 0, true end -- it crashed, on what the one before it left
    local answers = ask_at_once(4, "hammer,0.001," .. count)
    for _ = 1, 1000 do
      if (ticks(worker) or math.huge) > used + 1 then break end
      socket.sleep(0.005)
    end
    shell.run("kill -KILL " .. worker)
    return no_double(answers(), 0.001), died_in_dict(worker)
  end

  it("gives no slot twice when a worker is killed in the middle", function()
    local got, broken
    for _ = 1, KILLS do -- the other may have had all of the work, or it was done already
      got, broken = kill_one(20000)
      if got < 4 * 20000 and not broken then break end
      if broken then restart() end -- memory that nginx itself left half written is nobody's to mend: its workers crash
    end
    assert.is_true(got % 20000 == 0 and got < 4 * 20000 and not broken, got .. " slots")
    local more = no_double(ask_at_once(4, "hammer,0.001,4000")(), 0.001)
    assert.equal(4 * 4000, more, server:error_log())
  end)

  it("keeps no more versions of a slot than there is need for", function()
    local seen = ask("versions,10")
    local least, most = math.min(unpack(seen.held, 2)), math.max(unpack(seen.held, 2))
    assert.is_true(most - least <= 2, ("from %d to %d keys"):format(least, most))
    assert.is_true(seen.free[10] >= seen.free[2] - 65536)
  end)

  it("says so when the dict is full, and loses nothing that is in it", function()
    local said = ask("full")
    for _, use in ipairs { "reserve", "put", "lock" } do
      assert.equal("shared dict 'small': no memory: give it more memory, and nothing else to hold", said[use], use)
    end
    assert.equal("t", said.token)
    assert.is_true(said.queued)
  end)

  it("tells wrong use", function()
    local messages = ask("misuse")
    assert.truthy(messages[1]:find("needs the name of a lua_shared_dict", 1, true))
    assert.truthy(messages[2]:find("needs the name of a lua_shared_dict", 1, true))
    assert.truthy(messages[3]:find("add `lua_shared_dict none 1m;` to the http block", 1, true))
    assert.truthy(messages[4]:find("needs the name of a lua_shared_dict", 1, true))
    assert.matches("shared dict 'tiny' has 16 KiB; an account takes up to 64: give it more memory, as in "
      .. "`lua_shared_dict tiny 1m;`", messages[5], 1, true)
    assert.matches("shared dict 'small' is full: give it more memory", messages[6], 1, true)
    assert.error_matches(function() imr.store.shdict { name = "imr" } end, "only inside nginx; use imr.store.file")
  end)
end)
