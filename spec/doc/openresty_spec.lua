-- The configuration that the guide shows, in a real nginx: it starts, and the location answers.
local documents = require "support.documents"
local files = require "support.files"
local nginx = require "support.nginx"
local once = require "support.once"
local shell = require "support.shell"
local simulator = require "support.simulator"

if not once "the guide's nginx configuration" then return end

-- `env NAME;` hands on what nginx was started with; here it gets the simulator's account.
local ACCOUNT = { USERNAME = 'env "IMR_USERNAME=demo";', PASSWORD = 'env "IMR_PASSWORD=demo-secret";' }

-- The module that the guide's location takes its client from.
local METERS = [[
local meters, client = {}, nil
function meters.client()
  client = client or assert(require("imr").new {
    base_url = %q, username = os.getenv "IMR_USERNAME", password = os.getenv "IMR_PASSWORD" })
  return client
end
return meters
]]

describe("the guide to OpenResty #nginx", function()
  local page = documents.parse(files.read "doc/guide/openresty.md")
  local platform, server, directory

  setup(function()
    platform = simulator.start { meters = 7, days = 1 }
    directory = shell.scratch()
    shell.must("chmod 755 " .. directory)
    files.write(directory .. "/meters.lua", METERS:format(platform.url))
    -- The paths are those of an installation; here the modules are in the tree.
    local main, http = page.code[1].text:match "^(.-)\nhttp (%b{})$"
    assert(main, "the first block is not env lines and a http block")
    server = nginx.start {
      main = main:gsub("env IMR_(%u+);", ACCOUNT), http = http:sub(2, -2):gsub("lua_package_[^\n]*", ""),
      locations = page.code[2].text, path = directory .. "/?.lua", workers = 1,
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
end)
