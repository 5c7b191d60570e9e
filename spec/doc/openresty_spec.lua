-- The configuration that the guide shows, in a real nginx: it starts, and the location answers.
local documents = require "support.documents"
local files = require "support.files"
local nginx = require "support.nginx"
local once = require "support.once"
local shell = require "support.shell"
local simulator = require "support.simulator"
local site = require "support.site"

if not once "the guide's nginx configuration" then return end

-- `env NAME;` hands on what nginx was started with; here it gets the simulator's account.
local function account_at(url)
  return { BASE_URL = ('env "IMR_BASE_URL=%s";'):format(url), USERNAME = 'env "IMR_USERNAME=demo";',
    PASSWORD = 'env "IMR_PASSWORD=demo-secret";' }
end

describe("the guide to OpenResty #nginx", function()
  local page = documents.parse(files.read "doc/guide/openresty.md")
  local platform, server, directory

  setup(function()
    platform = simulator.start { meters = 7, days = 1 }
    directory = shell.scratch()
    shell.must("chmod 755 " .. directory)
    files.write(directory .. "/meters.lua", page.code[2].text)
    -- The paths are those of an installation; here the modules are in the tree.
    local main, http = page.code[1].text:match "^(.-)\nhttp (%b{})$"
    assert(main, "the first block is not env lines and a http block")
    server = nginx.start {
      main = main:gsub("env IMR_([%u_]+);", account_at(platform.url)),
      http = http:sub(2, -2):gsub("lua_package_[^\n]*", ""),
      locations = page.code[3].text, path = directory .. "/?.lua", workers = 1,
    }
  end)

  teardown(function()
    if server then server:stop() end
    if platform then platform:stop() end
    shell.must("rm -rf " .. directory)
  end)

  it("shows a configuration and a location that work", function()
    local body, status = server:get "/latest"
    assert.same({ "7\n", 200 }, { body, status }, server:error_log())
  end)

  it("tell whoever would wait too long when to come again", function()
    local refused = 0
    for _, answer in ipairs(setmetatable({ nginx = server }, { __index = site }):many(8, "/latest")) do
      if answer.status ~= 200 then refused = refused + 1 end
      assert.is_true(answer.status == 200 or answer.status == 503 and answer.head:find("Retry%-After: %d") ~= nil,
        answer.head .. server:error_log())
    end
    assert.is_true(refused > 0)
  end)
end)
