-- A worker that decodes a big answer serves others meanwhile.
local Platform = require "imr.simulator.platform"
local cjson = require "cjson"
local scripted = require "support.scripted"
local site = require "support.site"

-- A client whose every answer is a page of 20,000 rows; no network.
local CLIENT = [[
  local imr = require "imr"
  local row = '{"deviceId":"1","tableNo":"2","reading":"%d","readTime":"2025-07-01 00:00:00"}'
  local rows = {}
  for index = 1, 20000 do rows[index] = row:format(index) end
  local body = '{"code":200,"msg":"ok","totalCount":20000,"data":[' .. table.concat(rows, ",") .. "]}"
  local client = assert(imr.new { base_url = "http://127.0.0.1:1", username = "u", password = "p", interval = 0,
    transport = function(request)
      if request.url:find "login" then return 200, '{"code":200,"msg":"ok","data":"token"}', {} end
      return 200, body, {}
    end })
  local function page() return client:readings({ from = "2025-07-01", to = "2025-07-02" }):next() end
]]

describe("decoding in a worker #nginx", function()
  local server

  setup(function() server = site.start {} end)
  teardown(function()
    assert.same({}, server:problems {})
    server:stop()
  end)

  -- Were the worker blocked, the second request would only be answered after the first has given up.
  it("lets requests in between two slices", function()
    local first = server:begin("/run", site.code(CLIENT .. [[
      local core, wire, runtime = require "imr.core", require "imr.client.wire", require("imr.runtime").current()
      local most, came = core.now() + 120, nil
      local settings = { decimals = "number", utc_offset = 0, redact = tostring }
      function settings.breathe()
        runtime:breathe()
        came = came or ngx.shared.notes:get "came"
      end
      repeat
        wire.read("readings", 200, {}, body, settings)
      until came or core.now() > most
      return came or "nobody came"
    ]]))
    local second = server:begin("/run", site.code [[ ngx.shared.notes:set("came", "a request") ]])
    assert.equal(200, (site.finish(second)))
    local _, body = site.finish(first)
    assert.truthy(body:find("a request", 1, true), body)
  end)

  it("ends between two slices when its thread is cancelled", function()
    local problem, unwound, ended = server:run(CLIENT .. [[
      local runtime, unwound, ended = require("imr.runtime").current(), false, false
      local fine, problem = pcall(imr.all, {
        function()
          unwound = not pcall(function() while true do assert(page()) end end)
          ended = true
        end,
        function() runtime:sleep(0.05) error("enough", 0) end,
      })
      local most = runtime:now() + 120
      while not ended and runtime:now() < most do runtime:sleep(0.01) end
      return problem, unwound, ended
    ]])
    assert.equal("enough", problem)
    assert.is_true(ended)
    assert.is_true(unwound)
  end)

  it("is what a client's calls do, and gives what decoding at once gives", function()
    local same, slices = server:run(CLIENT .. [[
      local codec, runtime = require "imr.client.codec", require("imr.runtime").current()
      local breathe, slices, same = runtime.breathe, 0, true
      function runtime:breathe()
        slices = slices + 1
        return breathe(self)
      end
      local cursor = client:readings { from = "2025-07-01", to = "2025-07-02" }
      local whole = codec.decode("readings", body, "number", 8 * 3600)
      for _, row in ipairs(whole.rows) do
        local other = cursor:next()
        for name, value in pairs(row) do same = same and other[name] == value end
      end
      runtime.breathe = breathe
      return same, slices
    ]])
    assert.is_true(same)
    assert.is_true(slices > 20, slices)
  end)

  -- One value is read at a stretch, and a worker has others to serve.
  it("takes no answer of more than 2 MiB, which elsewhere may have 64, unless it is told to", function()
    local platform = scripted.start [[
      c:send(answer('{"code":200,"msg":"ok","data":[],"x":"' .. ("x"):rep(2 * 2 ^ 20) .. '"}'))
    ]]
    finally(function() platform:stop() end)
    local READ = [[
      local url, max_body = ...
      local client = assert(require("imr").new { base_url = url, username = "u", password = "p", interval = 0,
        retries = 0, max_body = max_body })
      local rows, err = client:meters():collect()
      client:close()
      return rows and #rows or err.message
    ]]
    assert.matches("is larger than max_body", server:run(READ, platform.url), 1, true)
    assert.equal(0, server:run(READ, platform.url, 3 * 2 ^ 20))
    assert.same({}, platform:client_of():meters():collect())
  end)

  it("takes twice the longest page that the platform may send", function()
    local platform = Platform.new { meters = 2200, days = 30, interval = 0, epoch = 1764000000 }
    local function ask(path, parameters)
      parameters.admin_user_name = "demo"
      return platform:handle({ method = "POST", path = path, headers = { ["Content-Type"] = "application/json" },
        body = cjson.encode(parameters) }, 0).body
    end
    local token = cjson.decode(ask("/user/login", { api_password = "demo-secret" })).data
    local page = ask("/meter/peaksValleysRead", { token = token, pageNo = 1, pageSize = 1000,
      BeginDate = "2025-01-01 00:00:00", EndDate = "2025-12-31 00:00:00" })
    local rows = #cjson.decode(page).data
    page = page:gsub("[\228-\233][\128-\191][\128-\191]", "\\u0000"):gsub('([,{])"', '%1\n        "')
    assert.equal(1000, rows)
    assert.is_true(2 * #page < 2 * 2 ^ 20, #page)
  end)
end)
