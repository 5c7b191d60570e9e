-- The catalogue has the Chinese of everything that the program says, and nothing else.
local files = require "support.files"
local language = require "imr.language"
local literals = require "support.literals"
local shell = require "support.shell"

-- What nobody reads as a sentence: names of programs and packages, patterns, and what ends a command without a word.
local NOT_SAID = {
  ["imr doctor"] = true, ["no terminal"] = true, ["imr simulate"] = true, ["listening on %s\n"] = true,
  ["environment: IMR_LANGUAGE must be %s"] = true, ["the command line"] = true,
  ["unknown option '--password'"] = true, ["closed pipe"] = true, ["yyyy-mm-dd hh:mm:ss"] = true,
  ["--format xlsx"] = true, ["libxlsxwriter-dev, and build imr again"] = true,}

-- What the parser says, and a help that is made of a list.
local OF_OTHERS = { ["Show this help message and exit."] = true,
  ["NAME=RATE[:endpoint,endpoint] with NAME of " .. require("imr.simulator.faults").names()] = true }

-- Words in lower case with a blank between them. Lists of columns have none but names; `imr help config` is a page.
local function reads_as_english(text)
  return text:find "%l%l+,? %l+" and not text:find "%l:%l+ " and not text:find "^Flags win over"
    and not text:find "^local args" and not text:find "^complete "
end

-- What is inside of a call that says something: its first argument.
local SAYING = {
  "messages%.say%s*%(?%s*", "messages%.progress%s*%(?%s*", "exit%.usage%s*%(?%s*", 'exit%.fail%("[%l_]+",%s*',
  "language%.text%s*%(?%s*", "said%.text%s*%(?%s*",
}

local function catalogue() return require "imr.language.zh" end

local function sources()
  local list = {}
  for _, path in ipairs(shell.lines "find lua/imr/cli -name '*.lua' ! -name examples.lua") do
    list[path] = files.read(path):gsub("%-%-%-[^\n]*", "")
  end
  return list
end

local function directives(text)
  local list = {}
  for flags, kind in text:gsub("%%%%", ""):gmatch "%%([-+#0-9.]*)(%a)" do list[#list + 1] = flags .. kind end
  return table.concat(list, " ")
end

describe("the catalogue", function()
  it("has every sentence of the program", function()
    local missing = {}
    for path, source in pairs(sources()) do
      for _, text in ipairs(literals.of(source)) do
        local known = NOT_SAID[text] or language.zh(text) or require("imr.language.zh.composed")[text]
        if reads_as_english(text) and not known then missing[#missing + 1] = path .. ": " .. text end
      end
    end
    assert.same({}, missing)
  end)

  it("has every word that is said through it, however short", function()
    local missing = {}
    for path, source in pairs(sources()) do
      for _, pattern in ipairs(SAYING) do
        for at in source:gmatch(pattern .. '()"') do
          local text = literals.of(source:sub(at))[1]
          local has_words = text:gsub("%%[%d.+-]*%a", ""):find "%a"
          if has_words and not language.zh(text) then missing[#missing + 1] = path .. ": " .. text end
        end
      end
    end
    assert.same({}, missing)
  end)

  it("takes the same values as English, in the same order", function()
    for english, chinese in pairs(catalogue()) do
      assert.equal(directives(english), directives(chinese), english)
    end
    for english, chinese in pairs(require "imr.language.zh.composed") do
      assert.equal((directives(english):gsub("[^ ]+", "s")), directives(chinese), english)
    end
  end)

  it("has nothing that nobody says", function()
    local said, stale = {}, {}
    for _, path in ipairs(shell.lines "find lua/imr -name '*.lua' -not -path '*/language/*'") do
      for _, text in ipairs(literals.of(files.read(path))) do said[text] = true end
    end
    for _, part in ipairs { "said", "supply", "refused", "advice", "help", "help_supply", "help_simulate" } do
      for english in pairs(require("imr.language.zh." .. part)) do
        local known = said[english] or said[english:gsub(":$", "")] or OF_OTHERS[english]
        if not known then stale[#stale + 1] = english end
      end
    end
    table.sort(stale)
    assert.same({}, stale)
  end)

  it("has exit codes, advice and the page of the configuration", function()
    for _, entry in ipairs(require("imr.cli.exit").codes) do assert.is_string(language.zh(entry[2]), entry[2]) end
    local english, chinese = files.read "lua/imr/cli/command/help.lua", require "imr.language.zh.config"
    for _, name in ipairs { "IMR_%u+", "%-%-[%l-]+", "\n    ([%l_]+) = ", "[%w+]+://" } do
      for word in english:match("local CONFIG = %[%[(.-)%]%]"):gmatch(name) do
        assert.is_truthy(chinese:find(word, 1, true), word)
      end
    end
  end)
end)

describe("a table in Chinese", function()
  local headings, values = require "imr.language.headings", require "imr.language.values"

  local TYPES = { str = true, int = true, dec = true, money = true, time = true, enum = true, json = true, day = true }

  local function must_have(name, where)
    assert.is_string(headings.zh(name), where .. " " .. name)
  end

  it("has a heading for every column of a listing, of the database and of a command", function()
    for _, endpoint in ipairs(require("imr.schema").listings) do
      for _, column in ipairs(require("imr.cli.output.columns").all(endpoint.name)) do
        must_have(column.name, endpoint.name)
      end
    end
    for _, entry in ipairs(require "imr.database.tables") do
      local seen = {}
      for _, column in ipairs(entry.columns) do
        must_have(column.name, entry.name)
        local heading = headings.zh(column.name)
        assert.is_nil(seen[heading], entry.name .. ": twice " .. heading)
        seen[heading] = true
      end
    end
    for path, source in pairs(sources()) do
      for name, kind in source:gmatch "%f[%w_](%l%l[%l_]*):(%l+)[ \"]" do
        if TYPES[kind] then must_have(name, path) end
      end
      for name in source:gmatch '{ name = "([%l_]+)", type = ' do must_have(name, path) end
    end
  end)

  it("has a name for every rule and every reason why a line is held", function()
    for _, name in ipairs(require("imr.workflow.bill.words").names()) do assert.is_string(values.RULES[name], name) end
    local reasons = values.of { name = "reasons" }
    assert.equal("读数倒走、读数中断", reasons["decreasing,gap"])
  end)

  it("has words for every status, state, kind and listing", function()
    local words = require "imr.workflow.report.words"
    for column, list in pairs {
      status = { "measured", "doubtful", "incomplete", "billed", "held" }, kind = { "electricity", "water", "other" },
      supply = { "connected", "disconnected" },
      way = { "list", "single", "project", "side by side", "one after the other", "each run" },
      state = { "running", "complete", "incomplete", "failed", "interrupted", "cancelled" },
    } do
      for _, word in ipairs(list) do assert.is_string(values.of({ name = column })[word], column .. " " .. word) end
    end
    for state in pairs(words.state) do assert.is_string(values.of({ name = "state" })[state], state) end
    for _, entry in ipairs(require "imr.workflow.sync.listings") do
      assert.is_string(values.of({ name = "listing" })[entry.name], entry.name)
    end
  end)

  it("has the meaning of every rule and of what can be tuned", function()
    for _, rule in ipairs(require "imr.workflow.quality.rules") do
      assert.is_string(language.zh(rule.help), rule.name)
      for _, entry in ipairs(rule.tuning) do
        assert.is_string(language.zh(entry.help), rule.name .. "." .. entry.name .. ": " .. entry.help)
      end
    end
  end)
end)
