-- The program in Chinese: which language it speaks.
local cli = require "support.cli"
local language = require "imr.language"

describe("a message in English", function()
  after_each(function() language.speak "en" end)

  it("counts one in the singular", function()
    assert.equal("1 row in 2 pages", language.text("%d rows in %d pages", 1, 2))
    assert.equal("1 of 1 meter has none, 0 rows do", language.text("%d of %d meters have none, %d rows do", 1, 1, 0))
    assert.equal("1 is held, 2 are not", language.text("%d are held, %d are not", 1, 2))
    assert.equal("100 % of 1 meter, 1.5 pages", language.text("%d %% of %d meters, %.1f pages", 100, 1, 1.5))
  end)

  it("stands where the catalogue has no Chinese for it", function()
    language.speak "zh"
    assert.equal("nobody says this", language.text "nobody says this")
    assert.equal("1 块表计", language.text("%d meters", 1))
  end)
end)

describe("the language of the program", function()
  local user = cli.user()
  local ask = "usage --db /nowhere --from 2025-06 --to 2025-05"
  local ZH, EN = "时段的结束（", "the period ends"
  teardown(function() user:remove() end)

  local function says(text, arguments, environment)
    local result = user:run(arguments, environment)
    assert.equal(2, result.status)
    assert.matches(text, result.err, 1, true)
  end

  it("is that of the locale", function()
    says(EN, ask)
    says(EN, ask, { LANG = "C" })
    says(EN, ask, { LANG = "de_DE.UTF-8" })
    says(ZH, ask, { LANG = "zh_CN.UTF-8" })
    says(ZH, ask, { LANG = "C", LC_MESSAGES = "zh_CN.UTF-8" })
    says(EN, ask, { LANG = "zh_CN.UTF-8", LC_ALL = "C" })
    says(ZH, ask, { LANG = "zh_CN.UTF-8", LC_ALL = "" })
  end)

  it("is what a flag says, before the environment, before the configuration", function()
    user:write(".config/imr/config.lua", 'return { language = "zh" }')
    says(ZH, ask)
    says(EN, ask, { IMR_LANGUAGE = "en" })
    says(ZH, ask .. " --language zh", { IMR_LANGUAGE = "en" })
    says(ZH, "--language=zh " .. ask, { IMR_LANGUAGE = "en" })
    says(EN, ask .. " --language en", { LANG = "zh_CN.UTF-8" })
    says("environment: IMR_LANGUAGE must be en or zh", ask, { IMR_LANGUAGE = "fr" })
    user:write(".config/imr/config.lua", 'return { language = "fr" }')
    says("language must be en or zh", ask)
    user:write(".config/imr/config.lua", "return {}")
  end)

  it("is English where errors are for a program", function()
    says('"message":"the period ends', ask .. " --json-errors", { LANG = "zh_CN.UTF-8" })
  end)
end)
