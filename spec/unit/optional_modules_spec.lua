-- The core needs lua-cjson and libcurl. Everything else is asked for by name by the part that needs it.
local process = require "support.process"
local shell = require "support.shell"
local simulator = require "support.simulator"

local OPTIONAL = { "argparse", "socket", "DBI", "redis", "ssl", "resty.http", "resty.redis" }

-- As on a machine that has none of them: Lua's own words for a module that is not there.
local HIDE = [[
for _, name in ipairs { %s } do
  package.preload[name] = function() error(("module '%%s' not found:"):format(name), 0) end
end
]]

local function hide(names)
  local quoted = {}
  for index, name in ipairs(names) do quoted[index] = ("%q"):format(name) end
  return HIDE:format(table.concat(quoted, ", "))
end

local function everything_but(name)
  local names = {}
  for _, other in ipairs(OPTIONAL) do
    if other ~= name then names[#names + 1] = other end
  end
  return names
end

describe("without the optional modules", function()
  local home
  setup(function() home = shell.scratch() end)
  teardown(function() shell.must("rm -rf " .. shell.quote(home)) end)

  it("the client reads a listing, shares a file store and sends a command", function()
    local platform = simulator.start { meters = 3, days = 1, offline = 0, command_delay = 0 }
    finally(function() platform:stop() end)
    local ok, output = process.lua(hide(OPTIONAL) .. ([[
      local imr = require "imr"
      local client = imr.new { base_url = %q, username = "demo", password = "demo-secret", store = imr.store.file() }
      local rows = assert(client:meters():collect())
      local outcome = assert(client:request_reading(rows[1].device_id))
      io.write(#rows, " ", outcome.state)
    ]]):format(platform.url), { env = { HOME = home } })
    assert.same({ true, "3 accepted" }, { ok, output })
  end)

  local function program(hidden, arguments)
    local ok, output = process.lua(hide(hidden) .. ("os.exit(require('imr.cli').main { %s })"):format(arguments),
      { env = { HOME = home, IMR_USERNAME = "demo", IMR_PASSWORD = "demo-secret", IMR_DB = home .. "/imr.db" } })
    assert.is_false(ok)
    assert.is_nil(output:find("traceback", 1, true), output)
    return output
  end

  local cases = {
    { "argparse", "'meters'", "luarocks install argparse (Debian: apt-get install lua-argparse)", all = true },
    { "socket", "'simulate'", "imr simulate needs socket: luarocks install luasocket" },
    { "DBI", "'sync'", "the database needs DBI: luarocks install luadbi-sqlite3" },
    { "DBI", "'supply', 'status'", "luarocks install luadbi-sqlite3" },
    { "redis", "'meters', '--store', 'redis://127.0.0.1:1'", "store needs redis: luarocks install redis-lua" },
  }
  for _, case in ipairs(cases) do
    it(("`imr %s` asks for %s"):format(case[2]:gsub("[',]", ""), case[1]), function()
      local hidden = case.all and OPTIONAL or everything_but("argparse")
      assert.matches(case[3], program(hidden, case[2]), 1, true)
    end)
  end

  for version, shown in pairs { ['"0.6.0"'] = "0.6.0", ["nil"] = "nil", ['"0.10"'] = false, ['"1.0"'] = false } do
    it(("argparse %s is %s"):format(version, shown and "too old, which is said" or "taken"), function()
      local ok, output = process.lua(([[
        local argparse = require "argparse"
        argparse.version = %s
        os.exit(require("imr.cli").main { "version" })
      ]]):format(version), { env = { HOME = home } })
      assert.equal(not shown, ok, output)
      if shown then
        local sentence = "the command line needs argparse 0.7 or later, and this is %s: luarocks install argparse"
        assert.matches(sentence:format(shown), output, 1, true)
      end
    end)
  end

  it("a module that is there but broken is not said to be missing", function()
    local ok, output = process.lua([[
      package.preload.argparse = function() error("its own trouble", 0) end
      os.exit(require("imr.cli").main { "meters" })
    ]], { env = { HOME = home } })
    assert.is_false(ok)
    assert.matches("its own trouble", output, 1, true)
    assert.is_nil(output:find("luarocks install", 1, true))
  end)
end)
