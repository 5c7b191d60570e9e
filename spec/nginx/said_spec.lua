-- What a server says forges no line in a real worker's error log.
local site = require "support.site"
local wire = require "support.wire"

local CALL = [[
  local url, on_event = ...
  local imr = require "imr"
  local client = imr.new { base_url = url, username = "demo", password = "demo-secret", interval = 0, retries = 0,
    store = imr.store.memory() }
  local rows, err = client:meters():collect()
  ngx.log(ngx.ERR, "meters: ", err)
  local outcome, problem = client:disconnect("7")
  ngx.log(ngx.ERR, "disconnect: ", problem or outcome.message)
  client:close()
  return err.message
]]

local MARK = "2026/11/29 00:00:00 [error] forged"

describe("nginx's error log #nginx", function()
  local scripts = {
    ["a message"] = ([[c:send(answer('{"code":1009,"msg":"x\\r\\n%s\\u001b[2J\\u009b\\u2028"}'))]]):format(MARK),
    ["an outcome's message"] = ([[c:send(answer('{"code":' .. (r.path:find("Instruct") and 200 or 1009)
      .. ',"msg":"x\\n%s\\u001b"}'))]]):format(MARK),
    ["a target"] = ([[c:send(answer("", "Location: http://x/\27[2J %s\r\n", "302 Moved"))]]):format(MARK),
    ["a body"] = ([[c:send(answer("x\n%s\27", "", "500 Sorry"))]]):format(MARK),
  }
  for name, script in pairs(scripts) do
    it("has one line for each error with " .. name, function()
      local platform = wire.start(([[
        for r in c.request, c do
          if r.path:find("/user/login", 1, true) then c:send(answer('{"code":200,"data":"a-token"}')) else %s end
        end
      ]]):format(script))
      local server = site.start()
      server:run(CALL, "http://127.0.0.1:" .. platform.port)
      local log = server.nginx:error_log()
      server:stop()
      platform:stop()
      assert.matches("meters: ", log, 1, true)
      assert.is_nil(("\n" .. log):find("\n" .. MARK, 1, true), log)
      assert.is_nil(log:find("\27", 1, true))
      for line in log:gmatch("[^\n]+") do assert.matches("^20%d%d/%d%d/%d%d %d%d:%d%d:%d%d %[", line) end
    end)
  end
end)
