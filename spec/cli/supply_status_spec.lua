-- What a server says besides the platform's own codes is no proof that a command was not executed: the real program
-- sends it once and records that nobody knows.
local cli = require "support.cli"
local scripted = require "support.scripted"

local METERS = [==['[{"deviceId":"70001","tableNo":"000100000001","gate":"合闸"}]']==]

describe("imr supply, answered with", function()
  local server, user

  local function start(answer)
    server = scripted.start(([[
      if r.path:find("meterInstruct", 1, true) then return c:send(%s) end
      c:send(ok(r.body:find('"pageNo":1[,}]') and %s or "[]"))
    ]]):format(answer, METERS))
    user = cli.user(server.url, { IMR_STORE = "memory" })
  end

  after_each(function()
    server:stop()
    user:remove()
  end)

  local function sent()
    local count = 0
    for _, request in ipairs(server:requests()) do
      count = count + (request.path:find("meterInstruct", 1, true) and 1 or 0)
    end
    return count
  end

  local cases = {
    ["HTTP 429"] = [[answer("slow down", "Retry-After: 0\r\n", "429 Too Many Requests")]],
    ["HTTP 501"] = [[answer("", "", "501 Not Implemented")]],
    ["HTTP 400"] = [[answer("", "", "400 Bad Request")]],
    ["HTTP 404"] = [[answer("", "", "404 Not Found")]],
    ["HTTP 307"] = [[answer("", "Location: http://127.0.0.1:1/\r\n", "307 Moved")]],
    ["HTTP 500 and success"] = [[answer('{"code":200}', "", "500 Sorry")]],
    ["two codes"] = [[answer('{"code":1011,"code":200}')]],
    ["1010"] = [[answer('{"code":1010,"msg":"duplicate"}')]],
  }
  for name, answer in pairs(cases) do
    it(name .. ", sends once and does not know", function()
      start(answer)
      user:run("supply disconnect --yes --interval 0.05 --reason unpaid 70001")
      local history = cli.rows(user:run("supply history"))[1]
      assert.same({ "unknown", "maybe", 1 }, { history.state, history.executed, sent() })
    end)
  end

  it("1009, was not executed", function()
    start([[answer('{"code":1009,"msg":"no right"}', "", "403 Forbidden")]])
    user:run("supply disconnect --yes --interval 0.05 --reason unpaid 70001")
    local history = cli.rows(user:run("supply history"))[1]
    assert.same({ "no", 1 }, { history.executed, sent() })
  end)
end)
