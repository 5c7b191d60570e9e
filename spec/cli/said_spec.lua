-- What a server says, shown by the real program: no line of its own, nothing that a terminal obeys, no secret.
local cli = require "support.cli"
local mime = require "mime"
local pty = require "support.pty"
local wire = require "support.wire"

local PASSWORD = "Gas-Werk/2024?"

-- A platform with a token; `script` answers what is no login. It sees `token`, `ok(data)` and the request r.
local function start(token, script)
  local server = wire.start(([[
    local token = %q
    local function ok(data) return answer('{"code":200,"msg":"ok","data":' .. (data or '""') .. "}") end
    local function json(text)
      return '"' .. text:gsub('[%%c"\\\128-\255]', function(byte) return ("\\u%%04x"):format(byte:byte()) end) .. '"'
    end
    for r in c.request, c do
      if r.path:find("/user/login", 1, true) then c:send(ok(json(token))) else %s end
    end
  ]]):format(token, script))
  local user = cli.user("http://127.0.0.1:" .. server.port, { IMR_STORE = "memory", IMR_PASSWORD = PASSWORD })
  return server, user
end

local function stop(server, user)
  server:stop()
  user:remove()
end

describe("what a server says", function()
  local forged = [["x\\r\\n2026/11/29 imr: all is well\\u001b[2J\\u009b2J\\u202e\\u2028y"]]
  local scripts = {
    ["as a message"] = [[c:send(answer('{"code":1009,"msg":]] .. forged .. [[}'))]],
    ["as a target"] = [[c:send(answer("", "Location: http://x/\27[2J\194\155\226\128\174y\r\n", "302 Moved"))]],
    ["as a body"] = [[c:send(answer("\r\n2026 imr: all is well\27[2J\194\155\226\128\174", "", "500 Sorry"))]],
    ["as no JSON"] = [[c:send(answer('{"code":200,"data":"\27]0;x\7\n"}'))]],
  }
  for how, script in pairs(scripts) do
    it("ends no line and moves no cursor, " .. how, function()
      local server, user = start("a-token", script)
      local result = user:run "meters --interval 0 --retries 0"
      stop(server, user)
      assert.is_true(result.status > 0)
      for line in result.err:gmatch("[^\n]*\n") do assert.matches("^imr: ", line) end
      assert.is_nil(result.err:find("[%z\1-\9\11-\31\127]"), result.err)
      for _, piece in ipairs { "\194\155", "\226\128\174", "\226\128\168" } do
        assert.is_nil(result.err:find(piece, 1, true), result.err)
      end
    end)
  end

  it("stays in its line in the ledger, as an outcome's message", function()
    local server, user = start("a-token", ([[
      if r.path:find("meterInstruct") then c:send(answer('{"code":200,"msg":%s}'))
      else c:send(ok(r.body:find('"pageNo":1[,}]') and '[{"deviceId":"7","tableNo":"1","gate":"合闸"}]' or "[]")) end
    ]]):format(forged))
    user:run "supply disconnect --yes --interval 0 --reason x 7"
    local row = cli.rows(user:run "supply history")[1]
    stop(server, user)
    assert.equal("x??2026/11/29 imr: all is well?[2J?2J??y", row.detail)
  end)

  for _, format in ipairs { "table", "csv", "jsonl", "json" } do
    it("does not reach a terminal as it is, in " .. format, function()
      local server, user = start("a-token", [[
        c:send(ok(r.body:find('"pageNo":1[,}]') and
          '[{"deviceId":"7","tableNo":"1","tableAddress":"a\\u009b2J\\u202eb\\u001b[2J\\nc"}]'
          or "[]"))]])
      local window = pty.open(user:command("meters --interval 0 --fields address,meter_no --format " .. format), 100)
      window:wait()
      local piped = user:run("meters --interval 0 --fields address,meter_no --format " .. format)
      stop(server, user)
      for _, piece in ipairs { "\194\155", "\226\128\174", "\27[2J" } do
        assert.is_nil(window.text:find(piece, 1, true), window.text)
      end
      assert.matches("a?2J?b", window.text, 1, true)
      if format ~= "table" then assert.matches("a\194\1552J\226\128\174b", piped.out, 1, true) end
    end)
  end
end)

describe("a secret that a server repeats", function()
  local inside = mime.b64(('{"admin_user_name":"demo","api_password":"%s","time":1}'):format(PASSWORD))
  local tokens = {
    ["a JWT"] = "eyJhbGciOiJIUzI1NiJ9." .. inside:gsub("[=+/]", "") .. ".c2lnbmF0dXJl",
    ["an id and Base64"] = "8d0f6a52-1c1b-4b5e-9a3e-0a5d3c1f7e42:" .. inside,
    ["in lines"] = (inside:gsub(("."):rep(20), "%0\r\n")),
  }
  local scripts = {
    ["in a message"] = [[c:send(answer('{"code":1009,"msg":' .. json("no: " .. token) .. "}"))]],
    ["without its head"] = [[c:send(answer('{"code":1009,"msg":' .. json("no: " .. token:sub(30)) .. "}"))]],
    ["in a page"] = [[c:send(answer("<p>" .. token .. "</p>", "", "500 Sorry"))]],
    ["in a target"] =
      [[c:send(answer("", "Location: http://x/?t=" .. token:gsub("[\r\n]", "%%0A") .. "\r\n", "302 Moved"))]],
    ["as Basic"] = ([[c:send(answer('{"code":1009,"msg":"Basic %s"}'))]]):format(mime.b64("demo:" .. PASSWORD)),
  }
  for name, token in pairs(tokens) do
    for how, script in pairs(scripts) do
      it(("is not shown: %s, %s"):format(name, how), function()
        local server, user = start(token, script)
        local result = user:run "meters --interval 0 --retries 0"
        local json = user:run "meters --interval 0 --retries 0 --json-errors"
        stop(server, user)
        local said = result.err .. json.err .. result.out .. json.out
        assert.matches("***", said, 1, true)
        for piece in (token .. " " .. mime.b64("demo:" .. PASSWORD)):gmatch("[A-Za-z0-9+/_-]+") do
          if #piece >= 8 then assert.is_nil(said:find(piece, 1, true), said) end
        end
        assert.is_nil(said:find(PASSWORD, 1, true))
      end)
    end
  end
end)
