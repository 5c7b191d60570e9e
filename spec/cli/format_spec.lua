local cjson = require "cjson"
local core = require "imr.core"
local csv = require("imr.cli.output.csv").csv
local formats = require "imr.cli.output.json"
local table_format = require("imr.cli.output.table").table
local text = require "imr.cli.output.width"

local COLUMNS = {
  { name = "meter_no", type = "str" }, { name = "reading", type = "dec" }, { name = "read_time", type = "time" },
  { name = "address", type = "str" }, { name = "online", type = "enum" }, { name = "meter_type", type = "int" },
}
local CHINA = { utc_offset = 8 * 3600 }
local ROW = {
  meter_no = "000100000001", reading = "0313.600", read_time = 1751302625, address = "3栋2单元", online = false,
  meter_type = 4,
}

local function with(options)
  options.utc_offset = 8 * 3600
  return options
end

-- A reader of RFC 4180 that knows nothing of our writer.
local function parse_csv(source)
  local rows, row, at = {}, {}, 1
  while at <= #source do
    local cell, after = source:match('^"(.-)"()[,\r]', at)
    while cell and select(2, cell:gsub('""', "")) * 2 ~= select(2, cell:gsub('"', "")) do
      cell, after = source:match('^"(.*)"()[,\r]', at)
    end
    if not cell then cell, after = source:match("^([^,\r]*)()", at) end
    row[#row + 1] = cell:gsub('""', '"')
    if source:sub(after, after) == "," then
      at = after + 1
    else
      assert(source:sub(after, after + 1) == "\r\n", "a row ends with CRLF")
      rows[#rows + 1], row, at = row, {}, after + 2
    end
  end
  return rows
end

local function cell_of(address, options)
  local write, _, count = csv({ { name = "address", type = "str" } }, with(options or {}))
  return parse_csv(write { { address = address } })[2][1], count.guarded
end

describe("CSV", function()
  it("has a header, CRLF and the platform's own digits", function()
    local write, finish = csv(COLUMNS, CHINA)
    assert.equal("meter_no,reading,read_time,address,online,meter_type\r\n"
      .. "000100000001,0313.600,2025-07-01 00:57:05,3栋2单元,false,4\r\n", write { ROW })
    assert.equal("", finish())
  end)

  it("writes the header once, also when there is no row", function()
    local write = csv(COLUMNS, CHINA)
    write { ROW }
    assert.equal("000100000001", write({ ROW }):sub(1, 12))
    local _, finish = csv(COLUMNS, CHINA)
    assert.equal("meter_no,reading,read_time,address,online,meter_type\r\n", finish())
  end)

  it("quotes what would break a row", function()
    for _, address in ipairs { 'a "b"', "a,b", "a\nb", "a\r\nb", '"', "，" } do
      assert.equal(address, (cell_of(address)))
    end
  end)

  it("leaves an absent field empty", function()
    local write = csv(COLUMNS, CHINA)
    assert.equal(",,,,,", write({ {} }):match("\r\n([^\r]*)\r\n$"))
  end)

  it("counts an apostrophe in each row, also where the row before has the same text", function()
    local write, _, count = csv(COLUMNS, CHINA)
    local odd = { address = "=1+1" }
    local lines = parse_csv(write { odd, odd, { address = "a" }, {}, odd })
    assert.same({ "'=1+1", "'=1+1", "a", "", "'=1+1" }, { lines[2][4], lines[3][4], lines[4][4], lines[5][4],
      lines[6][4] })
    assert.equal(3, count.guarded)
  end)

  it("writes the same time whatever came before", function()
    local write = csv({ { name = "time", type = "time", at = 1 }, { name = "on", type = "flag", at = 2 } }, CHINA)
    local at, rows = 253402271998, {}
    for index, seconds in ipairs { -28800, 1751302625, -1, 0, at, at + 1, at + 2, 1751302625 } do
      rows[index] = { seconds, index % 2 }
    end
    local times = {}
    for index, line in ipairs(parse_csv(write(rows))) do times[index] = line[1] .. " " .. line[2] end
    assert.same({ "time on", "1970-01-01 00:00:00 true", "2025-07-01 00:57:05 false", "1970-01-01 07:59:59 true",
      "1970-01-01 08:00:00 false", "9999-12-31 23:59:58 true", "9999-12-31 23:59:59 false", "253402272000 true",
      "2025-07-01 00:57:05 false" }, times)
  end)

  it("puts an apostrophe before what a spreadsheet would run", function()
    for _, address in ipairs { "=1+1", "+1", "-1楼", "@SUM(A1)",
      "\t=1", "\r=1", " =1", "＝1", "＠1", "－1", "\194\160=1", "　=1",
      "\226\128\168=1", "\0=1", "\n=1",
      "\239\187\191=1", "\226\128\139+1", "\194\133-1", "\226\128\175＋1", "\225\154\128@1",
      " \0\194\160　=1",
      "\127=1", "\226\129\160=1", "\194\173=1", "﹦1", "﹢1", "﹣1", "﹫1", "\227\133\164=1", "\226\160\128=1",
      "\239\184\143=1", "\225\160\139=1", "\239\190\160+1", "\205\143=1", "\243\160\129\129=1" } do
      local cell, guarded = cell_of(address)
      assert.equal("'" .. address, cell)
      assert.equal(1, guarded)
    end
  end)

  it("leaves other texts, and with raw all of them, as they are", function()
    for _, address in ipairs { "3-2", "a=b", "楼", "1+1", "　楼", "\194\160a", "£=1",
      "…", "。=1", "\nfirst floor" } do assert.equal(address, (cell_of(address))) end
    assert.equal("=1+1", (cell_of("=1+1", { raw = true })))
  end)

  it("does not touch a negative number", function()
    local write, _, count = csv({ { name = "usage", type = "dec" } }, with {})
    assert.equal("usage\r\n-12.50\r\n", write { { usage = "-12.50" } })
    assert.equal(0, count.guarded)
  end)

  it("keeps numbers that are texts as texts in a spreadsheet", function()
    for _, number in ipairs { "000100000001", "860000000000001234", "3-12", "1/2", "12:30", "1e5" } do
      assert.equal('="' .. number .. '"', (cell_of(number, { excel = true })))
    end
    assert.equal("3栋", (cell_of("3栋", { excel = true })))
  end)

  it("begins with a byte order mark for a spreadsheet, once", function()
    local write = csv(COLUMNS, with { excel = true })
    assert.equal("\239\187\191meter_no", write({ ROW }):sub(1, 11))
    assert.is_nil(write({ ROW }):find("\239\187\191", 1, true))
  end)
end)

describe("JSON", function()
  it("is one object a line, in the order of the columns", function()
    local write, finish = formats.jsonl(COLUMNS, CHINA)
    assert.equal('{"meter_no":"000100000001","reading":"0313.600","read_time":"2025-07-01T00:57:05+08:00",'
      .. '"address":"3栋2单元","online":false,"meter_type":4}\n', write { ROW })
    assert.equal("", finish())
  end)

  it("is a list over several pages, and without rows", function()
    local write, finish = formats.json(COLUMNS, CHINA)
    local list = cjson.decode(write { ROW } .. write {} .. write { ROW, ROW } .. finish())
    assert.equal(3, #list)
    assert.equal("0313.600", list[3].reading)
    local _, end_of_none = formats.json(COLUMNS, CHINA)
    assert.equal("[]\n", end_of_none())
  end)

  it("escapes what JSON wants escaped", function()
    local write = formats.jsonl({ { name = "address", type = "str" } }, CHINA)
    for _, address in ipairs { 'a"b', "a\\b", "a\nb\t\0\127", "\226\128\168" } do
      assert.equal(address, core.json(write { { address = address } }).address)
    end
  end)

  it("says the platform's zone", function()
    local write = formats.jsonl({ { name = "read_time", type = "time" } }, { utc_offset = -5400 })
    assert.equal('{"read_time":"1969-12-31T22:30:00-01:30"}\n', write { { read_time = 0 } })
  end)

  it("takes a time that is not in the calendar", function()
    local column = { { name = "read_time", type = "time" } }
    local row = { { read_time = 253402300800 } }
    assert.equal('{"read_time":253402300800}\n', formats.jsonl(column, { utc_offset = 0 })(row))
    assert.matches("253402300800", csv(column, { utc_offset = 0 })(row), 1, true)
  end)

  it("shows unknown keys and values that did not parse", function()
    local columns = { { name = "extra", type = "json" }, { name = "invalid", type = "json" } }
    local write = formats.jsonl(columns, CHINA)
    local row = core.json(write { { extra = { signal = -87 }, invalid = { reading = "12,5" } } })
    assert.same({ -87, "12,5" }, { row.extra.signal, row.invalid.reading })
  end)
end)

describe("unknown keys", function()
  local columns = { { name = "extra", type = "json" }, { name = "raw", type = "json_text" } }
  local row = { extra = { z = 1, list = { 0.12345678901234568 }, a = "b" }, raw = '{"serial":89860012345678901234}' }

  it("keep their digits, in one order", function()
    assert.equal('{"extra":{"a":"b","list":[0.12345678901234568],"z":1},"raw":{"serial":89860012345678901234}}\n',
      formats.jsonl(columns, CHINA) { row })
    assert.equal('extra,raw\r\n"{""a"":""b"",""list"":[0.12345678901234568],""z"":1}",'
      .. '"{""serial"":89860012345678901234}"\r\n', csv(columns, CHINA) { row })
  end)
end)

describe("a table", function()
  local function lines_of(rows, options)
    local write, finish = table_format(COLUMNS, with(options or {}))
    local lines = {}
    for line in (write(rows) .. finish()):gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
    return lines
  end

  it("aligns columns in spite of wide characters", function()
    local lines = lines_of { ROW, { meter_no = "1", reading = "1.0", address = "x", online = true, meter_type = 10 } }
    assert.same({
      "meter_no       reading  read_time            address   online  meter_type",
      "000100000001  0313.600  2025-07-01 00:57:05  3栋2单元  no               4",
      "1                  1.0                       x         yes             10",
    }, lines)
    assert.equal(text.width(lines[2]), text.width(lines[3]))
  end)

  it("shows a value that did not parse as such", function()
    local lines = lines_of { { meter_no = "1", invalid = { reading = "abc" } } }
    assert.equal("1               ?", lines[2])
  end)

  it("lets nothing through that would steer a terminal", function()
    local lines = lines_of { { address = "a\27[2Jb\r\nc\194\155d\127" } }
    assert.is_truthy(lines[2]:find("a?[2Jb??c?d?", 1, true))
    assert.equal(2, #lines)
  end)

  it("has colour only when told so, and then for what is wrong", function()
    assert.is_nil(table.concat(lines_of { ROW }):find("\27", 1, true))
    local lines = lines_of({ ROW }, { colour = true })
    assert.is_truthy(lines[1]:find("\27[1mmeter_no", 1, true))
    assert.is_truthy(lines[2]:find("\27[31mno    \27[0m", 1, true))
  end)

  it("waits for some rows to see how wide they are, also when they come one at a time", function()
    local write, finish, _, abort = table_format(COLUMNS, with {})
    assert.equal("", write { { meter_no = "1", reading = "1.0" } })
    assert.equal("", write { { meter_no = "2", reading = "65940.29" } })
    assert.same({ "1              1.0", "2         65940.29" }, { finish():match "\n([^\n]*)\n([^\n]*)\n$" })
    assert.equal("", abort())
  end)

  it("shows what came before it failed", function()
    local write, _, _, abort = table_format(COLUMNS, with {})
    write { { meter_no = "1" } }
    assert.matches("^meter_no .*\n1\n$", abort())
  end)

  it("has a header when there is no row", function()
    assert.equal(1, #lines_of {})
  end)
end)
