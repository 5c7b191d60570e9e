-- Specs that are written for plain Lua, run once more inside a worker: the same bytes are decoded, the same listings
-- paged, and over real HTTP it is nginx's light threads that wait.
local once = require "support.once"
local shell = require "support.shell"
local site = require "support.site"

-- Not here: specs that look at what plain Lua does with warnings, with C functions that call back, or with memory.
local FILES = {
  ["the core"] = { "unit/decode", "unit/json", "unit/record", "unit/request", "unit/schema", "unit/time", "unit/error",
    "unit/pace", "unit/completeness" },
  ["the client on a virtual clock"] = { "client/close", "client/codes", "client/command", "client/fault",
    "client/listing", "client/login", "client/paging", "client/secret", "client/throttle", "client/token",
    "client/wait" },
  ["the client over HTTP"] = { "http/client" },
}

if not once("specs inside a worker") then return end

describe("inside a worker #nginx", function()
  local server

  before_each(function()
    local here = shell.lines("pwd")[1]
    server = site.start { path = here .. "/spec/?.lua", env = { PATH = os.getenv "PATH", HOME = os.getenv "HOME" } }
  end)

  after_each(function() server:stop() end)

  for what, names in pairs(FILES) do
    it(what .. " does what it does outside", function()
      local paths = {}
      for index, name in ipairs(names) do paths[index] = ("spec/%s_spec.lua"):format(name) end
      local report = server:run([[return require("support.inner").run((...))]], paths)
      assert.same({}, report.problems)
      assert.is_true(report.success >= #names * 4, report.success)
      assert.same({}, server:problems { "unknown process %d+ exited on signal 15" }) -- what specs start, they end
    end)
  end
end)
