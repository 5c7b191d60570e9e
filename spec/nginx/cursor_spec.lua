-- A cursor that several requests or light threads of nginx read: nginx ends any of them without a word.
local simulator = require "support.simulator"
local site = require "support.site"

local HTTP = [[
    lua_check_client_abort on;
    init_by_lua_block {
      shared = { client = require("imr").new { base_url = "$url", username = "demo", password = "demo-secret",
        interval = 0.01, page_size = 5, prefetch = 2, transport = "curl" } }
      shared.cursor = shared.client:meters()
      function shared.read()
        local rows, err = shared.cursor:collect()
        return rows and #rows or tostring(err)
      end
    }
]]

describe("a cursor in a worker #nginx", function()
  local platform, server

  local function start(options, locations)
    options.meters, options.interval, options.fleet = options.fleet or 25, 0, nil
    platform = simulator.start(options)
    server = site.start { http = HTTP:gsub("%$url", platform.url), locations = locations }
  end

  after_each(function()
    assert.same({}, server:problems())
    server:stop()
    platform:stop()
  end)

  it("is there for others when ngx.thread.kill ends who asks", function()
    start { latency = 0.3 }
    assert.equal(25, (server:run [[
      local thread = ngx.thread.spawn(function() shared.cursor:next() end)
      ngx.sleep(0.45)
      ngx.thread.kill(thread)
      return shared.read()
    ]]))
  end)

  it("is there for others who wait already when ngx.thread.kill ends who asks", function()
    start { latency = 0.3 }
    assert.equal(25, (server:run [[
      local first = ngx.thread.spawn(function() shared.cursor:next() end)
      local second = ngx.thread.spawn(shared.read)
      ngx.sleep(0.1)
      ngx.thread.kill(first)
      return select(2, ngx.thread.wait(second))
    ]]))
  end)

  it("is there for others when the request that asks is aborted", function()
    start { latency = 0.5 }
    local first = server:begin("/run", site.code [[shared.cursor:next()]])
    site.eventually(function() return #platform:entries("meters") > 0 end, "it asks")
    local second = server:begin("/run", site.code [[return shared.read()]])
    server:run [[ngx.sleep(0.1)]]
    first:close()
    assert.equal(25, (site.results(second)))
  end)

  it("is there for others when a request has left it with pages under way", function()
    start { latency = 0.2 }
    assert.equal(5, (server:run [[return #shared.cursor:pages()()]]))
    assert.equal(20, (server:run [[return shared.read()]]))
  end)

  it("gives each row once to requests that read it side by side", function()
    start { latency = 0.1 }
    local code = [[
      local count = 0
      for _ in shared.cursor do
        count = count + 1
        ngx.sleep(0.02)
      end
      return count
    ]]
    local clients, sum = {}, 0
    for index = 1, 4 do clients[index] = server:begin("/run", site.code(code)) end
    for _, client in ipairs(clients) do sum = sum + site.results(client) end
    assert.equal(25, sum)
  end)

  it("keeps nothing of the pages that it has given", function()
    start { latency = 0.005, fleet = 900 }
    local count, early, late = server:run([[
      local client = require("imr").new { base_url = ..., username = "demo", password = "demo-secret",
        interval = 0.001, page_size = 1, transport = "curl" } -- there is always a page ahead
      local count, memory = 0, {}
      for _ in client:meters():pages() do
        count = count + 1
        if count % 150 == 0 then
          collectgarbage()
          collectgarbage()
          memory[#memory + 1] = collectgarbage "count"
        end
      end
      return count, memory[2], memory[5]
    ]], platform.url)
    assert.equal(900, count)
    assert.is_true(late < early + 150, ("%.0f KiB, then %.0f KiB"):format(early, late))
  end)

  it("goes from one phase to the next, also by ngx.exit", function()
    start({ latency = 0.2 }, [[
      location = /phases {
        access_by_lua_block { ngx.ctx.first = #shared.cursor:pages()() ngx.exit(ngx.OK) }
        content_by_lua_block { ngx.print(ngx.ctx.first, " ", shared.read()) }
      }
    ]])
    local status, body = server:request("/phases")
    assert.same({ 200, "5 20" }, { status, body })
  end)
end)
