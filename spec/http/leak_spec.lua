-- Two hundred calls, those that were given up among them, leave as much memory and as many descriptors as before.
local imr = require "imr"
local own = require "support.own"
local scripted = require "support.scripted"

local CALLS, WARM_UP = 200, 100
local SCRIPT = [[
  local kind = tonumber(r.body:match('"pageSize":(%d+)'))
  if r.path:find("meterInstruct", 1, true) then c:send(ok())
  elseif kind == 1 then c:stall()
  elseif kind == 2 then c:send(ok("[]"):sub(1, 30)) c:close()
  elseif kind == 3 then c:send(answer("<html></html>"))
  elseif kind == 4 then c:send(answer((" "):rep(50000)))
  elseif r.body:find('"pageNo":1[,}]') then
    local rows = {}
    for index = 1, 50 do rows[index] = ('{"deviceId":"%d","tableNo":"%06d","reading":1.5}'):format(index, index) end
    c:send(ok("[" .. table.concat(rows, ",") .. "]"))
  else c:send(ok("[]")) end
]]

describe("two hundred calls", function()
  local server, store

  before_each(function()
    server = scripted.start(SCRIPT)
    store = imr.store.memory()
  end)

  after_each(function() server:stop() end)

  local function new_client(options)
    local given = { store = store, max_body = 20000, prefetch = 2 }
    for name, value in pairs(options or {}) do given[name] = value end
    return scripted.client(server.url, given)
  end

  local function failure(cursor)
    return select(2, cursor:next())
  end

  local calls = {
    function(client) assert(client:latest_readings({ page_size = 50 }):collect()) end,
    function(client) assert.equal("timeout", failure(client:meters { page_size = 1, deadline = 0.01 }).kind) end,
    function(client) assert.equal("network", failure(client:meters { page_size = 2 }).kind) end,
    function(client) assert.equal("protocol", failure(client:meters { page_size = 3 }).kind) end,
    function(client) assert.equal("protocol", failure(client:meters { page_size = 4 }).kind) end,
    function(client) assert(client:disconnect("70001")) end,
    function(client) assert(client:latest_readings({ page_size = 50 }):next()) end, -- the cursor is left as it is
    function() -- a client that is closed in mid-flight
      local client = new_client()
      local closed
      imr.run(imr.all, {
        function() closed = failure(client:meters { page_size = 1 }) end,
        function() client:latest_reading("000001") client:close() end,
      })
      assert.equal("closed", closed.kind)
    end,
    function() -- one that raises out of imr.all and cancels the other
      local client = new_client()
      assert.is_false(pcall(imr.run, imr.all, {
        function() return (client:meters({ page_size = 1 }):next()) end,
        function() client:latest_reading("000001") error("enough", 0) end,
      }))
    end,
    function() new_client():meters({ page_size = 50 }):next() end, -- a client that nobody closes
  }

  local function run(count)
    local client = new_client()
    for index = 1, count do calls[(index - 1) % #calls + 1](client) end
    client:close()
  end

  local function state()
    local resident, heap = own.memory()
    return { heap = heap, resident = resident, descriptors = own.descriptors() }
  end

  it("leave nothing behind", function()
    run(WARM_UP)
    local heap, resident, descriptors
    for _ = 1, 4 do -- a leak shows in each round; the allocator's own free pages, which come and go, do not
      local before = state()
      run(CALLS)
      local after = state()
      heap = math.min(heap or math.huge, after.heap - before.heap)
      resident = math.min(resident or math.huge, after.resident - before.resident)
      descriptors = math.min(descriptors or math.huge, after.descriptors - before.descriptors)
    end
    assert.is_true(heap < 16, ("%.0f KB of Lua's memory"):format(heap))
    assert.is_true(resident < 512, ("%d KB"):format(resident))
    assert.is_true(descriptors <= 0, ("%d descriptors"):format(descriptors))
  end)

  it("leave no client, cursor or transfer that could not be collected", function()
    local kept = setmetatable({}, { __mode = "k" })
    local function use()
      local client = new_client()
      local begun, late = client:latest_readings { page_size = 50 }, client:meters { page_size = 1, deadline = 0.01 }
      assert(begun:next())
      assert.equal("timeout", failure(late).kind)
      for _, object in ipairs { client, begun, late } do kept[object] = true end
    end
    use()
    for _ = 1, 3 do
      collectgarbage()
      new_client():login() -- a turn of the loop, which cancels what a collected cursor had asked for ahead
    end
    collectgarbage()
    assert.is_nil(next(kept))
  end)
end)
