local cjson = require "cjson"
local raw = require "support.raw"
local shell = require "support.shell"
local simulator = require "support.simulator"
local socket = require "socket"
local timing = require "support.timing"

local function run(arguments)
  return shell.run(simulator.command(arguments))
end

describe("imr simulate", function()
  it("says first where it listens, then who may log in", function()
    local ok, output = run "simulate --exit-after 0"
    assert.is_true(ok)
    local url, rest = output:match("^listening on http://(127%.0%.0%.1:%d+)\n(.*)$")
    assert.is_truthy(url)
    assert.is_truthy(rest:find("account demo, password demo-secret", 1, true))
  end)

  it("does not repeat a password it was given", function()
    local _, output = run "simulate --exit-after 0 --password hush-hush"
    assert.is_nil(output:find("hush-hush", 1, true))
  end)

  it("starts at once and ends by a signal", function()
    local running = timing.within(0, 0.5, simulator.start)
    running:stop()
    assert.is_nil(socket.connect("127.0.0.1", tonumber(running.url:match("%d+$"))))
  end)

  it("takes options of every kind", function()
    local running = simulator.start {
      account = "张", password = "it's", meters = 12, page_cap = 5, totals = 3, codes = "string", bom = true,
      interval = 0, forbidden = { "readings", "tou_readings" }, duplicate_orders = false, today = "2025-01-01",
      faults = { html = { rate = 1, endpoints = { "camera_readings", "consumption" } } },
    }
    local function decode(body)
      return cjson.decode((body:gsub("^\239\187\191", "")))
    end
    local _, body = raw.post(running.url, "/user/login", { admin_user_name = "张", api_password = "it's" })
    local credentials = { admin_user_name = "张", token = decode(body).data }
    _, body = raw.post(running.url, "/meter/meterList", credentials)
    local answer = decode(body)
    assert.are.same({ "200", 5, 3 }, { answer.code, #answer.data, answer.totalCount })
    assert.are.equal("2024-12-31", answer.data[1].onlineAt:sub(1, 10))
    _, body = raw.post(running.url, "/meter/peaksValleysRead", credentials)
    assert.are.equal("1009", decode(body).code)
    _, body = raw.post(running.url, "/meter/cameraRead", credentials)
    assert.is_truthy(body:find("<html>", 1, true))
    for _ = 1, 2 do
      credentials.deviceId, credentials.type = answer.data[1].deviceId, "1"
      _, body = raw.post(running.url, "/meter/meterInstruct", credentials)
      assert.are.equal("200", decode(body).code)
    end
    running:stop()
  end)

  it("refuses what makes no sense, in one line", function()
    local wrong = {
      "--offline 3", "--totals perhaps", "--today yesterday", "--encoding xml", "--meters many", "--fault fire=1",
      "--fault 502", "--forbidden nothing", "--log /nonexistent/log", "--host 256.1.1.1", "--duplicate-orders maybe",
      "--port 99999", "--exit-after soon",
    }
    for _, arguments in ipairs(wrong) do
      local ok, output = run("simulate --exit-after 0 " .. arguments)
      assert.is_false(ok, arguments)
      assert.is_nil(output:find("traceback", 1, true), output)
    end
  end)

  it("explains every flag", function()
    local ok, output = run "simulate --help"
    assert.is_true(ok)
    for _, option in ipairs(require("imr.simulator.options").list) do
      local hidden = option.name == "accounts" or option.name == "on_request" or option.name == "keep_log"
      local found = output:find("--" .. option.name:gsub("_", "%%-") .. "[ ,\n]")
      assert.are.equal(not hidden, found ~= nil, option.name)
    end
  end)
end)

describe("imr", function()
  it("prints its version", function()
    local ok, output = run "version"
    assert.is_true(ok)
    assert.is_truthy(output:match("^imr " .. require("imr.version"):gsub("%p", "%%%0") .. " %(Lua"))
  end)

  it("names its commands to who calls it without one", function()
    local ok, output = run ""
    assert.is_false(ok)
    assert.is_truthy(output:find("simulate", 1, true))
  end)

  it("runs from anywhere and through a link on its directory", function()
    local here, scratch = shell.lines("pwd")[1], shell.scratch()
    local root = simulator.command(""):match("'(.-)bin/imr'")
    root = root:match("^/") and root or here .. "/" .. root
    shell.must(("ln -s %s %s/tree"):format(shell.quote(root), shell.quote(scratch)))
    local interpreter = simulator.command(""):match("^%S+")
    local command = ("cd %s && %s tree/bin/imr version"):format(shell.quote(scratch), interpreter)
    local ok, output = shell.run(command)
    assert.is_true(ok, output)
    shell.must("rm -r " .. shell.quote(scratch))
  end)
end)
