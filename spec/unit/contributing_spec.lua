-- CONTRIBUTING.md says how to add a field and an endpoint. This does what it says, in a copy, and uses both.
local cli = require "support.cli"
local database = require "imr.database"
local documents = require "support.documents"
local files = require "support.files"
local process = require "support.process"
local shell = require "support.shell"
local wire = require "support.wire"

-- Puts a block of the page behind a line of a file.
local function insert(path, line, block)
  local text = files.read(path)
  local _, last = text:find(line, 1, true)
  assert(last, path .. " has no line " .. line)
  files.write(path, text:sub(1, last) .. "\n" .. block .. text:sub(last + 1))
end

local function block_with(page, text)
  for _, code in ipairs(page.code) do
    if code.text:find(text, 1, true) then return code.text end
  end
  error("CONTRIBUTING.md has no code with " .. text)
end

describe("what CONTRIBUTING.md says", function()
  local copy, paths

  setup(function()
    copy = shell.scratch() -- what is built already serves it: nobody compiles
    shell.must(("cp -rp bin lua scripts library doc csrc %s"):format(copy))
    paths = { LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(copy, copy) }
    local page = documents.parse(files.read "CONTRIBUTING.md")
    local schema = copy .. "/lua/imr/schema.lua"
    insert(schema, "supply, user_code, text(\"user_name\", \"user_name\"), text(\"house_number\", \"house_number\"),",
      block_with(page, "firmwareVersion"))
    insert(schema, "local endpoints = {", block_with(page, "record = \"Alarm\""))
    local simulator = copy .. "/lua/imr/simulator/"
    insert(simulator .. "endpoints.lua", "endpoints.list = {", block_with(page, "several = true"))
    insert(simulator .. "records.lua", "Records.__index = Records", block_with(page, "function Records:alarm"))
    insert(simulator .. "listings.lua", "local sources = {}", block_with(page, "function sources.alarms"))
  end)

  teardown(function() shell.must("rm -rf " .. shell.quote(copy)) end)

  local function run(code)
    local ok, output = process.lua(code, { env = paths })
    assert.is_true(ok, output)
    return output
  end

  local CLIENT = [[
    local imr = require "imr"
    local client = imr.new { username = "u", password = "p", interval = 0, transport = function(request)
      if request.url:find "login$" then return 200, '{"code":200,"data":"t"}' end
      if request.url:find "alarmList$" then
        return 200, '{"code":200,"totalCount":1,'
          .. '"data":[{"tableNo":"001","alarmTime":"2025-06-01 08:00:00","alarmText":"leak"}]}'
      end
      return 200, '{"code":200,"data":[{"tableNo":"001","deviceId":"1","firmwareVersion":"1.2"}],"totalCount":1}'
    end }
  ]]

  it("gives a record a new field", function()
    assert.equal("1.2", run(CLIENT .. "io.write(client:meters():collect()[1].firmware)"))
  end)

  it("gives the client a new listing, with checked parameters", function()
    assert.equal("001 1748736000 leak", run(CLIENT .. [[
      local row = client:alarms({ from = "2025-06-01", to = "2025-06-30" }):collect()[1]
      io.write(row.meter_no, " ", row.raised_at, " ", row.text)
    ]]))
    assert.matches("unknown option 'form', did you mean 'from'", run(CLIENT .. [[
      io.write(select(2, pcall(client.alarms, client, { form = "2025-06-01", to = "2025-06-30" })))
    ]]), 1, true)
  end)

  it("gives the simulator its rows", function()
    assert.equal("3 leak 2025-07-06 true", run([[
      local testing, imr = require "imr.testing", require "imr"
      local world = testing.new { meters = 1, days = 5, offline = 0, today = "2025-07-09" }
      world:run(function()
        local cursor = world:client():alarms { from = "2025-07-06", to = "2025-07-09" }
        local rows = assert(cursor:collect())
        io.write(#rows, " ", rows[1].text, " ", imr.time.format(rows[1].raised_at):sub(1, 10), " ",
          tostring(cursor.report.complete))
      end)
    ]]))
  end)

  it("gives the database a column, also one that is there already", function()
    local path = copy .. "/there.db"
    local before = assert(database.open(path))
    before:execute("INSERT INTO meters (meter_no, device_id, first_seen, last_seen) VALUES ('000', '0', 1, 1)")
    before:close()
    assert.equal("000 - 001 1.2", run(CLIENT .. ([[
      local db = assert(require("imr.database").open(%q))
      assert(require("imr.workflow.sync").run { client = client, db = db, listings = { "meters" } })
      local found = {}
      for row in db:select("meters", "ORDER BY meter_no") do
        found[#found + 1] = row.meter_no .. " " .. (row.firmware or "-")
      end
      io.write(table.concat(found, " "))
      db:close()
    ]]):format(path)))
  end)

  it("gives the program a command", function()
    local server = wire.start [[
      for r in c.request, c do
        c:send(answer(r.path:find "login$" and '{"code":200,"data":"t"}' or '{"code":200,"totalCount":1,"data":'
          .. '[{"tableNo":"001","alarmTime":"2025-06-01 08:00:00","alarmText":"leak"}]}'))
      end
    ]]
    local user = cli.user(server.url)
    local from = { IMR_BUILD = os.getenv "IMR_BUILD" or shell.lines("pwd")[1] .. "/build" }
    local function imr(arguments)
      local command = user:command(arguments, from):gsub("'?[^%s']*bin/imr'?", copy .. "/bin/imr")
      return (select(2, shell.run(command)))
    end
    local out = imr "alarms --from 2025-06-01 --to 2025-06-30 --format csv"
    local plan = imr "plan alarms --meters 500 --days 30"
    server:stop()
    user:remove()
    assert.matches("001,2025-06-01 08:00:00,leak", out, 1, true)
    assert.matches('"listing":"alarms","way":"project","requests":16', plan, 1, true)
  end)

  it("gives the documents its page, and editors its type and its method", function()
    local pages = run(([[
      package.path = package.path .. ";%s/scripts/?.lua"
      local schema, editor = require "docs_schema", require "docs_editor"
      io.write(schema.records "en", schema.records "zh", editor.records(), editor.listings())
    ]]):format(copy))
    for _, text in ipairs { "| `raised_at` | `alarmTime` | time | when it was raised |",
      "| `raised_at` | `alarmTime` | time | 告警时间 |", "---@class imr.Alarm\n",
      "---@field raised_at? integer when it was raised, Unix seconds",
      "---@param params imr.AlarmOptions\n---@return imr.Cursor<imr.Alarm> cursor\n"
        .. "function Client:alarms(params) end" } do
      assert.matches(text, pages, 1, true)
    end
  end)
end)
