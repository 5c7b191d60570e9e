-- The real program, answered with what belongs to another request.
local cli = require "support.cli"
local scripted = require "support.scripted"

local METERS = [==[[{"deviceId":"70001","tableNo":"000100000001","tableAddress":"x","user_name":"y","gate":"合闸"}]]==]

describe("imr, given the meter list whatever it asks for,", function()
  local server, user

  before_each(function()
    server = scripted.start(([[c:send(ok(r.body:find('"pageNo":1[,}]') and '%s' or "[]"))]]):format(METERS))
    user = cli.user(server.url, { IMR_STORE = "memory" })
  end)

  after_each(function()
    server:stop()
    user:remove()
  end)

  for _, arguments in ipairs {
    "latest", "readings --from 2025-07-01 --to 2025-07-02", "tou --from 2025-07-01 --to 2025-07-02",
    "camera --from 2025-07-01 --to 2025-07-02", "consumption --granularity daily --from 2025-07-01 --to 2025-07-02",
  } do
    it("lists nothing as if it were complete: " .. arguments, function()
      local result = user:run(arguments .. " --interval 0 --retries 0 --json-errors")
      assert.same({ 1, "" }, { result.status, result.out })
      assert.matches('"kind":"protocol"', result.err, 1, true)
    end)
  end

  it("stores no reading, and certifies no day", function()
    local result = user:run("sync --interval 0 --retries 0 --db " .. user.home .. "/imr.db")
    assert.equal(1, result.status)
    assert.matches("imr: failed: 1 row in ", result.err, 1, true) -- the meter
    for _, row in ipairs(cli.rows(result)) do assert.same({ 0, false }, { row.received, row.complete }) end
  end)
end)
