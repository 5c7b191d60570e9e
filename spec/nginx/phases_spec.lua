-- Where in a request the client may be called: phases that can wait, and phases that say what to do instead.
local simulator = require "support.simulator"
local site = require "support.site"

describe("inside nginx #nginx", function()
  local platform, server

  local HTTP = [[
    init_by_lua_block {
      phase = {}
      function phase.client()
        return require("imr").new { base_url = "$url", username = "demo", password = "demo-secret", interval = 0.05,
          page_size = 10, transport = "curl" }
      end
      function phase.note(name, value) ngx.shared.notes:set(name, tostring(value)) end
      function phase.read()
        local rows, err = phase.client():meters():collect()
        return rows and #rows or err
      end
      function phase.refused(name)
        local client = phase.client()
        local words = {}
        local function add(what, result, err)
          words[#words + 1] = what .. ":" .. tostring(result) .. ":" .. (err and err.kind .. ":" .. err.message or "")
        end
        add("login", client:login())
        add("latest", client:latest_reading("1"))
        add("listing", client:meters():next())
        add("command", client:disconnect("1"))
        add("confirmed", client:disconnect("1", { confirm = true }))
        local fine, problem = pcall(require("imr").all, { function() end })
        words[#words + 1] = "all:" .. tostring(fine) .. ":" .. tostring(problem)
        client:stats()
        client:close()
        phase.note(name, table.concat(words, "\n"))
      end
      phase.early, phase.early_problem = phase.client():login()
    }
    init_worker_by_lua_block {
      phase.refused("init_worker")
      ngx.timer.at(0, function() phase.note("after_init_worker", phase.read()) end)
    }
  ]]
  local LOCATIONS = [[
    location = /content { content_by_lua_block { ngx.print(phase.read()) } }
    location = /rewrite {
      rewrite_by_lua_block { ngx.ctx.rows = phase.read() }
      content_by_lua_block { ngx.print(ngx.ctx.rows) }
    }
    location = /access {
      access_by_lua_block { ngx.ctx.rows = phase.read() }
      content_by_lua_block { ngx.print(ngx.ctx.rows) }
    }
    location = /timer {
      content_by_lua_block { ngx.timer.at(0, function() phase.note("timer", phase.read()) end) }
    }
    location = /header_filter {
      content_by_lua_block { ngx.print("x") }
      header_filter_by_lua_block { phase.refused("header_filter") }
    }
    location = /body_filter {
      content_by_lua_block { ngx.print("x") }
      body_filter_by_lua_block { phase.refused("body_filter") }
    }
    location = /log {
      content_by_lua_block { ngx.print("x") }
      log_by_lua_block { phase.refused("log") }
    }
    location = /set {
      set_by_lua_block $unused { phase.refused("set") return "" }
      content_by_lua_block { ngx.print("x") }
    }
    location = /early {
      content_by_lua_block { ngx.print(phase.early_problem.kind, " ", phase.early_problem.message) }
    }
  ]]

  setup(function()
    platform = simulator.start { meters = 25, interval = 0.04 }
    server = site.start { http = HTTP:gsub("%$url", platform.url), locations = LOCATIONS }
  end)

  teardown(function()
    server:stop()
    platform:stop()
  end)

  local function note(name)
    local value
    site.eventually(function()
      value = server:run("return ngx.shared.notes:get(...)", name)
      return value ~= nil
    end, "a note of " .. name)
    return value
  end

  for _, name in ipairs { "content", "rewrite", "access" } do
    it("the " .. name .. " phase can wait", function()
      local status, body = server:request("/" .. name)
      assert.equal(200, status)
      assert.equal("25", body)
    end)
  end

  it("a timer can wait", function()
    assert.equal(200, (server:request("/timer")))
    assert.equal("25", note("timer"))
    assert.equal("25", note("after_init_worker"))
  end)

  for _, name in ipairs { "init_worker", "header_filter", "body_filter", "log", "set" } do
    it("the " .. name .. " phase names the way out", function()
      if name ~= "init_worker" then assert.equal(200, (server:request("/" .. name))) end
      local text = note(name)
      for _, call in ipairs { "login", "latest", "listing", "command", "confirmed" } do
        assert.truthy(text:find(call .. ":nil:phase:a call cannot wait in nginx's " .. name .. " phase", 1, true), text)
      end
      assert.truthy(text:find("ngx.timer.at(0, ...)", 1, true), text)
      assert.truthy(text:find("all:false:imr: a call cannot wait in nginx's " .. name, 1, true), text)
    end)
  end

  it("a call before there are workers names the way out too", function()
    local _, body = server:request("/early")
    assert.truthy(body:find("phase a call cannot wait in nginx's init phase", 1, true), body)
    assert.truthy(body:find("init_worker_by_lua", 1, true), body)
  end)

  it("none of this is an error of nginx", function()
    assert.same({}, server:problems())
  end)
end)
