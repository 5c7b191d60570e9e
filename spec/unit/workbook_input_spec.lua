-- Workbooks that people have made, as CSV text: cells of all kinds, archives of all kinds, and what is broken.
local read_file = require "imr.cli.input.file"
local shell = require "support.shell"
local workbook = require "imr.cli.input.workbook"

local function little(value, bytes)
  local text = ""
  for _ = 1, bytes do text, value = text .. string.char(value % 256), math.floor(value / 256) end
  return text
end

-- An archive of entries that are stored.
local function archive(entries)
  local data, directory, count = "", "", 0
  for name, content in pairs(entries) do
    local sizes = little(0, 4) .. little(#content, 4) .. little(#content, 4) .. little(#name, 2) .. little(0, 2)
    directory = directory .. "PK\1\2" .. little(20, 2) .. little(20, 2) .. little(0, 8) .. sizes .. little(0, 10)
      .. little(#data, 4) .. name
    data = data .. "PK\3\4" .. little(20, 2) .. little(0, 8) .. sizes .. name .. content
    count = count + 1
  end
  return data .. directory .. "PK\5\6" .. little(0, 4) .. little(count, 2) .. little(count, 2)
    .. little(#directory, 4) .. little(#data, 4) .. little(0, 2)
end

local BOOK = '<workbook><sheets><sheet name="a" sheetId="4" r:id="rId7"%s/>%s</sheets></workbook>'
local LINKS = '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/>'
  .. '<Relationship Target="worksheets/sheet2.xml" Id="rId7"/></Relationships>'

local function book(rows, more, first)
  return archive {
    ["xl/workbook.xml"] = BOOK:format(first or "", more or ""), ["xl/_rels/workbook.xml.rels"] = LINKS,
    ["xl/worksheets/sheet1.xml"] = '<worksheet><row r="1"><c r="A1"><v>9</v></c></row></worksheet>',
    ["xl/worksheets/sheet2.xml"] = "<worksheet><sheetData>" .. rows .. "</sheetData></worksheet>",
    ["xl/sharedStrings.xml"] = "<sst><si><t>表号</t></si><si/><si><r><t>0001</t></r>"
      .. '<r><t xml:space="preserve"> 02</t></r><rPh><t>x</t></rPh></si></sst>',
  }
end

describe("a workbook", function()
  it("is read as CSV, each row on the line of its number", function()
    local rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" s="2"/><c r="C1" t="inlineStr"><is>'
      .. '<t>a &amp; "b"&#10;&#x4E2D;</t></is></c></row><row r="2"/><row r="4" spans="1:3"><c r="A4" t="s"><v>2</v></c>'
      .. '<c r="C4" t="str"><f>A1</f><v>f,g</v></c></row>'
    assert.same({ '"表号","","a & ""b"" 中"\n\n\n"0001 02","","f,g"\n', 1, 0 }, { workbook.csv(book(rows)) })
  end)

  it("shows a number as it was typed, and one that has lost digits as what readers refuse", function()
    local rows = '<row r="1"><c r="A1"><v>865100020500074</v></c><c r="B1"><v>1.00000000001E11</v></c>'
      .. '<c r="C1" t="n"><v>2.0210000000000001E+18</v></c><c r="D1"><v>0.5</v></c>'
      .. '<c r="E1" t="e"><v>#N/A</v></c><c r="F1" t="b"><v>1</v></c></row>'
    assert.equal('"865100020500074","100000000001","2.021E+18","0.5","#N/A","TRUE"\n', (workbook.csv(book(rows))))
  end)

  it("may have prefixes, no places of cells, and several sheets", function()
    local rows = "<x:row><x:c><x:v>7</x:v></x:c><x:c><x:v>8</x:v></x:c></x:row>"
    local csv, sheets = workbook.csv(book(rows, '<sheet name="b" r:id="rId1"/>'))
    assert.same({ '"7","8"\n', 2 }, { csv, sheets })
  end)

  it("says how many rows nobody sees, and leaves out a sheet that nobody sees", function()
    local rows = '<row r="1"><c r="A1"><v>7</v></c></row><row r="2" hidden="1"><c r="A2"><v>8</v></c></row>'
      .. '<row r="3" hidden="true" spans="1:1"><c r="A3" s="1"></c></row>'
    assert.same({ '"7"\n"8"\n""\n', 1, 1 }, { workbook.csv(book(rows)) })
    local directory = shell.scratch()
    local file = assert(io.open(directory .. "/list.xlsx", "wb"))
    file:write(book(rows))
    file:close()
    local fine, problem = pcall(read_file, "--from ", directory .. "/list.xlsx")
    shell.must("rm -r " .. directory)
    assert.is_false(fine)
    assert.matches("1 row of the sheet cannot be seen", tostring(problem.message))
    for _, state in ipairs { "hidden", "veryHidden" } do
      assert.same({ '"9"\n', 1, 0 }, { workbook.csv(book(rows, '<sheet name="b" r:id="rId1"/>',
        (' state="%s"'):format(state))) })
    end
  end)

  it("that is broken anywhere is said to be, and raises nothing", function()
    local whole = book '<row r="1"><c r="A1" t="s"><v>2</v></c></row>'
    for length = 4, #whole - 22, 7 do
      local csv, problem = workbook.csv(whole:sub(1, length))
      assert.is_nil(csv)
      assert.is_string(problem)
    end
    for at = 5, #whole, 11 do
      local csv, problem = workbook.csv(whole:sub(1, at - 1) .. "\255" .. whole:sub(at + 1))
      assert.is_true(type(csv) == "string" or type(problem) == "string")
    end
    for text, problem in pairs { ['<row r="1"><c r="A1" t="s"><v>9</v></c></row>'] = "a text of it is missing",
      ['<row r="2"><c/></row><row r="1"></row>'] = "its rows are not in order",
      ['<row r="1"><c r="ZZZ1"><v>1</v></c></row>'] = "it has too many columns" } do
      assert.same({ nil, problem }, { workbook.csv(book(text)) })
    end
  end)
end)

describe("what deflate has packed", function()
  local inflate = require "imr.base.inflate"

  local function bytes(hex) return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)) end

  it("is inflated: stored, with the usual codes, and with codes of its own", function()
    assert.equal("abc", inflate.raw(bytes "010300fcff616263"))
    assert.equal("abc", inflate.raw(bytes "4b4c4a0600"))
    assert.equal(("ab"):rep(50), inflate.raw(bytes "4b4c4aa4390400"))
    local long = {}
    for index = 0, 59 do long[index + 1] = string.char(65 + index % 7, 66 + index * index % 11) end
    assert.equal(table.concat(long), inflate.raw(bytes("158cc111004108c26a531678d87f3f97fb99497076a5bc73e37aba07c91b3"
      .. "5735bf9197790fef4c597521a7790c23161574ae30e92962f61574ae30e52972f61d70f")))
  end)

  it("or is broken, and says so", function()
    for _, hex in ipairs { "", "07", "4b4c", "010300fcff61", "0305", "fdffffffffffff", "ed00" } do
      local text, problem = inflate.raw(bytes(hex))
      assert.is_nil(text, hex)
      assert.is_string(problem)
    end
  end)
end)
