-- imr bill --statements: a sheet a tenant, on SQLite and on PostgreSQL; and what a browser prints.
local chromium = require "support.chromium"
local cli = require "support.cli"
local database = require "imr.database"
local databases = require "support.databases"
local decimal = require "imr.decimal"
local filled = require "support.filled"
local process = require "support.process"

local PERIOD = "2025-06-11 2025-06-30"
local TARIFF = [[return { defaults = { electricity = "home", water = "water" }, meters = "meters.csv", tariffs = {
  home = { kind = "electricity", tiers = { { upto = "600", price = "0.52" }, { price = "0.6147" } },
    fees = { { name = "<b>fee</b>", amount = "3.00" } } },
  water = { kind = "water", price = "3.45", surcharges = { { name = "污水处理费", price = "0.95" } } } } }]]

local function count(text, what)
  local _, found = text:gsub(what:gsub("%p", "%%%0"), "")
  return found
end

-- Meter 1 has two tenants; of the first is meter 10 too. Meter 5 is of nobody.
local function fill(db)
  for _, one in ipairs { { 1, "u1", "张三", -30, 20 }, { 1, "u2", "李四", 20 }, { 10, "u1", "张三", -30 } } do
    db:execute([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number, until)
      VALUES (?, '', ?, ?, ?, '101', ?)]], filled.number(one[1]), filled.time(one[4]) + 3600, one[2], one[3],
      one[5] and filled.time(one[5]) + 3600)
  end
  db:execute("UPDATE meters SET user_name = NULL WHERE meter_no = ?", filled.number(5))
end

local function site(place)
  local user = cli.user(nil, { IMR_DB = place() })
  local db = filled.open(user.environment.IMR_DB)
  fill(db)
  db:close()
  user:write("bills/meters.csv", ("meter_no,multiplier\n%s,40\n"):format(filled.number(4)))
  user.tariff = user:write("bills/tariff.lua", TARIFF)
  return user
end

for name, place in pairs(databases.places(setup, teardown)) do
  describe("statements on " .. name, function()
    local user

    setup(function() user = site(place) end)
    teardown(function() user:remove() end)

    local function change(sql, ...)
      local db = assert(database.open(user.environment.IMR_DB))
      db:execute(sql, ...)
      db:close()
    end

    -- The sheets that a run writes, one by one, and its result.
    local function sheets_of(arguments)
      local result = user:run(("bill %s --statements %s/sheets.html"):format(arguments, user.home))
      local page, list = user:read "sheets.html", {}
      for sheet in (page or ""):gmatch '<article class="sheet">(.-)</article>' do list[#list + 1] = sheet end
      return list, result, page
    end

    local function sheet_with(list, text)
      for _, sheet in ipairs(list) do
        if sheet:find(text, 1, true) then return sheet end
      end
    end

    local function texts(markup) return (markup:gsub("<[^>]+>", "|"):gsub("|+", "|")) end

    it("of a draft are a sheet a tenant", function()
      local list, result = sheets_of(("%s --draft --tariff %s"):format(PERIOD, user.tariff))
      assert.equal(5, result.status)
      assert.matches("sheets.html: 10 sheets", result.err, 1, true)
      assert.equal(10, #list) -- of ten meters two are of 张三, and one of them of 李四 as well
      assert.equal(11, #cli.rows(result))
      for _, sheet in ipairs(list) do assert.equal(1, count(sheet, 'class="badge"')) end
    end)

    it("have readings, tiers, fees and the amount of all the tenant's meters", function()
      local list = sheets_of(("%s --draft --tariff %s --language en"):format(PERIOD, user.tariff))
      local text = texts(sheet_with(list, "张三"))
      -- 50.00 x 0.52, and 10 of 30 days of 3.00; 4.00 x 3.45 + 4.00 x 0.95
      for _, part in ipairs { "|Tenant|张三|Number u1|", "|Meter 000100000001 · tariff home · 2025-06-11 – ",
        "|50.00|2025-06-10 23:50|100.00|2025-06-20 23:50|50.00|50.00|", "|Tier 1|50.00|0.52|26.00|",
        "|&lt;b&gt;fee&lt;/b&gt;|3.00 a month|1.00|", "|27.00|", "|Water|", "|污水处理费|4.00|0.95|3.80|", "|17.60|",
        "|Amount due|¥ 44.60|" } do
        assert.truthy(text:find(part, 1, true), part .. " is not in " .. text)
      end
      text = texts(sheet_with(list, filled.number(4))) -- 400 of 20 days are below the limit
      assert.truthy(text:find("multiplier × 40", 1, true), text)
      assert.truthy(text:find("|100.00|4,000.00|", 1, true), text)
      assert.truthy(text:find("|Tier 1|400.00|0.52|208.00|Tier 2|3,600.00|0.6147|2,212.92|", 1, true), text)
    end)

    it("say why a line is held, in their language", function()
      local list = sheets_of(("%s --draft --tariff %s --language zh"):format(PERIOD, user.tariff))
      local text = texts(sheet_with(list, filled.number(3)))
      for _, part in ipairs { "暂未计费", "表号换了设备（换表）", "|应付金额|", "另有1项暂未计费，未计入。", "|¥ 0.00|" } do
        assert.truthy(text:find(part, 1, true), part .. " is not in " .. text)
      end
      assert.truthy(sheet_with(list, "未登记用户"):find(filled.number(5), 1, true))
    end)

    it("run nothing, load nothing and show no text as markup", function()
      local _, _, page = sheets_of(("%s --draft --tariff %s --title '</title><script>'"):format(PERIOD, user.tariff))
      for _, markup in ipairs { "<script", "<img", "<b>fee", "src=", "href=", "url(", "@import" } do
        local where = markup == "src=" and "<[^>]*src=" or nil
        assert.is_nil(where and page:find(where) or not where and page:find(markup, 1, true) or nil, markup)
      end
      assert.truthy(page:find("&lt;img src=x onerror=alert(1)&gt;", 1, true))
      assert.truthy(page:find("default-src &#39;none&#39;", 1, true))
    end)

    it("draw the months before: what was billed, else what is measured", function()
      local july = ("2025-07-01 2025-07-09 --draft --tariff %s --meter %s"):format(user.tariff, filled.number(4))
      change("DELETE FROM bill_lines")
      change("DELETE FROM bills")
      local tariff = user:write("plain.lua", 'return { defaults = { electricity = "a", water = "a" }, '
        .. 'tariffs = { a = { price = "1" } } }')
      local plain = july:gsub("%S+tariff.lua", tariff):gsub(filled.number(4), filled.number(10))
      local text = texts(sheets_of(plain)[1])
      assert.is_nil(text:find("Usage by month", 1, true)) -- of June the beginning is not known
      change("UPDATE meters SET first_seen = ? WHERE meter_no = ?", filled.time(-3), filled.number(10))
      change([[INSERT INTO camera_readings (meter_no, read_time, copy, reading, image_ok, stored_at)
        VALUES (?, ?, 0, '0.00', ?, ?)]], filled.number(10), filled.time(0), true, filled.time(0))
      text = texts(sheets_of(plain)[1])
      assert.truthy(text:find("Usage by month, m³|", 1, true), text)
      assert.truthy(text:find("|May|6.0|Jun|1.8|Jul|" ) or text:find("|Jun|6.0|Jul|1.8|", 1, true), text)
      user:run(("bill 2025-06 --tariff %s"):format(tariff))
      change("UPDATE bill_lines SET usage = '7.5' WHERE meter_no = ?", filled.number(10))
      text = texts(sheets_of(plain)[1])
      assert.truthy(text:find("|Jun|7.5|Jul|1.8|", 1, true), text)
      change("DELETE FROM bill_lines")
      change("DELETE FROM bills")
    end)

    it("of a bill on record show what was adjusted", function()
      local list, result = sheets_of(("%s --tariff %s"):format(PERIOD, user.tariff))
      assert.equal(10, #list)
      assert.is_nil(list[1]:find("Draft", 1, true))
      local id = cli.rows(result)[1].bill
      assert.truthy(list[1]:find(("Bill %d<"):format(id), 1, true))
      assert.same(list, sheets_of(PERIOD)) -- shown again
      change("UPDATE readings SET reading = '105.00' WHERE meter_no = ? AND reading = '100.00'", filled.number(4))
      change("UPDATE readings SET reading = '155.00' WHERE meter_no = ? AND reading = '150.00'", filled.number(4))
      local decided = user:write("bills/decided.csv", ("meter_no,usage,who,why\n%s,70,Li <i>,seen\n"):format(
        filled.number(3)))
      list = sheets_of(("%s --adjust --decisions %s"):format(PERIOD, decided))
      -- 208.00 + 2,212.92 + 2.00, and 5 x 40 x 0.6147 more; 70 x 0.52 + 2.00
      local text = texts(sheet_with(list, filled.number(4)))
      assert.matches("|Billed on [%d-]+|4,000.00|2,422.92|Adjusted on [%d-]+|200.00|122.94|", text)
      assert.truthy(text:find("|¥ 2,545.86|", 1, true), text)
      text = texts(sheet_with(list, filled.number(3)))
      assert.truthy(text:find("|Decided by Li &lt;i&gt;: seen|", 1, true), text)
      assert.truthy(text:find("|¥ 38.40|", 1, true), text)
    end)

    it("come to the bill, also where adjustments move an amount to somebody else", function()
      local days = "2025-07-01 2025-07-05"
      local function total_of(list, result)
        local sum = decimal.zero
        for _, sheet in ipairs(list) do
          sum = sum + decimal.of((sheet:match "<strong>¥ ([%-%d.,]+)</strong>":gsub(",", "")))
        end
        assert.matches((" %s in all;"):format(tostring(sum)):gsub("%p", "%%%0"), result.err)
        return tostring(sum)
      end
      local first = total_of(sheets_of(("%s --tariff %s"):format(days, user.tariff)))
      for number, who in pairs { [2] = "u7", [4] = "u8" } do
        change([[INSERT INTO tenancies (meter_no, project_code, since, user_code, user_name, house_number)
          VALUES (?, '', ?, ?, 'Li', '9')]], filled.number(number), filled.time(-30), who)
      end
      change("UPDATE readings SET reading = '174.00' WHERE meter_no = ? AND reading = '175.00'", filled.number(7))
      local list, result = sheets_of(days .. " --adjust")
      assert.not_equal(first, total_of(list, result))
      local gone = sheet_with(list, "用户2")
      assert.truthy(texts(gone):find("Nobody is billed for this any more.|", 1, true), texts(gone))
      assert.truthy(texts(gone):find("|¥ 0.00|", 1, true), texts(gone))
    end)

    it("are of the chosen meters", function()
      local list = sheets_of(("%s --draft --tariff %s --meter %s"):format(PERIOD, user.tariff, filled.number(1)))
      assert.equal(2, #list)
      list = sheets_of(("%s --draft --tariff %s --tenant u2"):format(PERIOD, user.tariff))
      assert.equal(1, #list)
      list = sheets_of(PERIOD .. " --tenant u1") -- of the bill on record
      assert.equal(1, #list)
      assert.truthy(list[1]:find("张三", 1, true))
    end)

    it("are refused before a bill is made", function()
      for arguments, message in pairs {
        ["--statements sheets.pdf --tariff " .. user.tariff] = "it is a page, FILE.html",
        ["--statements /no/such/place.html --tariff " .. user.tariff] = "place.html",
        ["--statements a.html --void x"] = "--statements and --void do not go together",
      } do
        local result = user:run("bill 2025-06-01 2025-06-10 " .. arguments)
        assert.is_true(result.status == 2 or result.status == 1, result.err)
        assert.matches(message, result.err, 1, true)
      end
      assert.equal(0, select(2, user:run "bill --list".out:gsub("2025%-06%-10T23", "")))
    end)
  end)
end

-- The same browser, whatever Lua drives it.
if process.interpreter ~= "lua5.4" then return end
local lacks = chromium.lacks_printing()
if lacks then return print("skipped: printing the statements: " .. lacks) end

describe("printed statements #browser", function()
  local user

  setup(function() user = site(os.tmpname) end)
  teardown(function()
    databases.remove(user.environment.IMR_DB)
    user:remove()
  end)

  for paper, size in pairs { A5 = { 148, 210 }, A4 = { 210, 297 } } do
    it("on " .. paper .. " are a page a tenant, to be read", function()
      user:run(("bill %s --draft --tariff %s --language en --paper %s --statements %s/sheets.html"):format(PERIOD,
        user.tariff, paper, user.home))
      local pages, found = chromium.print(user.home .. "/sheets.html")
      assert.same({ 10, size }, { #pages, found })
      local all = table.concat(pages)
      for _, part in ipairs { "Statement", "2025-06-11 – 2025-06-30", "Amount due",
        "Meter 000100000004 · tariff home · multiplier × 40", "44.60", "<script>alert(2)</script>", "Tier 2" } do
        assert.truthy(all:find(part, 1, true), part .. " is not in " .. all)
      end
      for _, page in ipairs(pages) do assert.equal(1, count(page, "Amount due")) end
    end)
  end
end)
