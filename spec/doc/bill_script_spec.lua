-- The script of the guide "From readings to a bill": from the platform to the sheets, as a reader runs it.
local cli = require "support.cli"
local decimal = require "imr.decimal"
local documents = require "support.documents"
local files = require "support.files"
local shell = require "support.shell"
local workbook = require "support.workbook"

local ROOT = shell.lines("pwd")[1]

local function script_of(path)
  for _, code in ipairs(documents.parse(files.read(path)).code) do
    if code.language == "sh" and code.text:find("imr simulate", 1, true) then return code.text end
  end
end

describe("the script of the guide to bills #workbook", function()
  local user, output

  setup(function()
    user = cli.user()
    user:write("bin/imr", ("#!/bin/sh\nexec %s %s/bin/imr \"$@\"\n"):format(cli.interpreter, ROOT), "700")
    user:write("try/script.sh", script_of "doc/guide/bill.md")
    local _, text = shell.run(("cd %s/try && env -i HOME=%s PATH=%s/bin:%s LUA_PATH=%s LUA_CPATH=%s sh script.sh 2>&1; "
      .. "echo code=$?"):format(user.home, user.home, user.home, shell.quote(os.getenv "PATH"),
      shell.quote(package.path), shell.quote(package.cpath)))
    output = text
  end)

  teardown(function() user:remove() end)

  it("runs to its end", function() assert.matches("code=0\n$", output) end)

  it("leaves lines, a workbook and sheets that agree with one another", function()
    local lines, amount, held = output:match "bill 1 of .-: (%d+) lines, ([%d.]+) in all; (%d+) held"
    assert.is_true(tonumber(lines) >= 24 and tonumber(held) < tonumber(lines) / 2, output)

    local sum, waiting = decimal.zero, 0
    for line in user:read "try/lines.csv":gmatch "[^\r\n]+" do
      local billed = line:match ",(%d+%.%d%d),billed,"
      if billed then sum = sum + decimal.of(billed) end
      if line:find(",held,", 1, true) then waiting = waiting + 1 end
    end
    assert.same({ amount, tonumber(held) }, { tostring(sum), waiting })

    local page, due = user:read "try/june.html", decimal.zero
    for text in page:gmatch "<strong>¥ ([%d.,]+)</strong>" do due = due + decimal.of((text:gsub(",", ""))) end
    assert.equal(amount, tostring(due))

    local rows = workbook.computed(user.home .. "/try/june.xlsx")[1]
    local found = false
    for _, value in ipairs(rows[#rows]) do found = found or value == tonumber(amount) end
    assert.same({ tonumber(lines) + 2, true }, { #rows, found })
  end)
end)
