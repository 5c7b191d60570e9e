-- Which of the libraries in C a process has mapped: what it does not use must not be in a worker.
local once = require "support.once"
local process = require "support.process"
local simulator = require "support.simulator"
local site = require "support.site"

-- The names of ours that a process has mapped, in order.
local MAPPED = [[
local function mapped()
  local found, names = {}, {}
  for line in io.lines "/proc/self/maps" do found[line:match "/imr/(%a+)%.so" or ""] = true end
  for _, name in ipairs { "core", "curl", "os" } do names[#names + 1] = found[name] and name end
  return table.concat(names, " ")
end
]]

describe("the libraries of a plain process", function()
  local cases = {
    { "that loads the module", 'require "imr"', "core" },
    { "with a client", "client()", "core curl" },
    { "with a client on the file store", 'client(require("imr").store.file { path = "/nowhere" })', "core curl os" },
  }

  for _, case in ipairs(cases) do
    it(case[1], function()
      local ok, output = process.lua(MAPPED .. ([[
        local function client(store)
          return require("imr").new { base_url = "http://127.0.0.1:1", username = "u", password = "p", store = store }
        end
        local made = %s
        io.write(mapped(), made and "" or " nothing was made")
      ]]):format(case[2]))
      assert.same({ true, case[3] }, { ok, output })
    end)
  end
end)

if not once "the libraries of a worker" then return end

describe("a worker that keeps its state in a shared dict #nginx", function()
  it("loads no code of terminals, signals and processes", function()
    local platform = simulator.start { meters = 3, interval = 0 }
    local server = site.start {
      http = ("init_by_lua_block { client = %s }"):format(site.client(platform.url, { interval = 0 })),
      locations = ([[location = /mapped { content_by_lua_block {
        %s
        local rows = assert(client:meters():collect())
        ngx.print(#rows, " ", mapped())
      } }]]):format(MAPPED),
    }
    finally(function()
      server:stop()
      platform:stop()
    end)
    local status, body = server:request "/mapped"
    assert.same({ 200, "3 core curl" }, { status, body })
    assert.same({}, server:problems())
  end)
end)
