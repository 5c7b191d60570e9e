-- CONTRIBUTING.md says how to add a field and an endpoint. This does what it says, in a copy, and uses both.
local documents = require "support.documents"
local files = require "support.files"
local process = require "support.process"
local shell = require "support.shell"

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

if process.interpreter ~= "lua5.4" then
  print("skipped: a new field and a new endpoint in a copy: built once, under lua5.4")
  return
end

describe("what CONTRIBUTING.md says", function()
  local copy

  setup(function()
    copy = shell.scratch()
    -- With what is built already, so that only the schema is compiled.
    shell.must(("cp -rp Makefile bin csrc lua %s && mkdir %s/build && cp -rp %s/lua5.4 %s/build"):format(copy, copy,
      shell.quote(os.getenv "IMR_BUILD" or "build"), copy))
    local page = documents.parse(files.read "CONTRIBUTING.md")
    local schema = copy .. "/lua/imr/schema.lua"
    insert(schema, "supply, user_code, text(\"user_name\", \"user_name\"), text(\"house_number\", \"house_number\"),",
      block_with(page, "firmwareVersion"))
    insert(schema, "local endpoints = {", block_with(page, "/meter/alarmList"))
    -- Until the decoder takes records from there.
    schema = copy .. "/csrc/schema.c"
    insert(schema, "static const imr_field meter_fields[] = {", [[STR("firmware", "firmwareVersion"),]])
    insert(schema, "static const imr_field no_fields[] = {END_OF_FIELDS};", [[static const imr_field alarm_fields[] = {
      STR("meter_no", "tableNo"), TIME("raised_at", "alarmTime"), STR("text", "alarmText"), END_OF_FIELDS};]])
    insert(schema, "const imr_endpoint imr_endpoints[] = {",
      [[{"alarms", "/meter/alarmList", IMR_LISTING, alarm_fields},]])
    shell.must(("%smake --no-print-directory -C %s lua5.4"):format(shell.clean(copy), copy))
  end)

  teardown(function() shell.must("rm -rf " .. shell.quote(copy)) end)

  local function run(code)
    local paths = { LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua;;"):format(copy, copy),
      LUA_CPATH = copy .. "/build/lua5.4/?.so;;" }
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
end)
