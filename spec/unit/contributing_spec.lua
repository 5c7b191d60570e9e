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
    insert(schema, "local endpoints = {", block_with(page, "/meter/alarmList"))
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
end)
