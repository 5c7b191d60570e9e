-- Help in Chinese: all of it.
local cli = require "support.cli"
local language = require "imr.language"
local width = require "imr.cli.output.width"

local CHINESE = "[\228-\233][\128-\191][\128-\191]"

-- What is the same in every language: bash, zsh or fish.
local function is_chinese(text)
  return text == nil or text:find(CHINESE) ~= nil or text:find "。" ~= nil
end

local function each_text(parser, path, fn)
  fn(path, parser._description)
  fn(path, parser._epilog)
  for _, list in ipairs { parser._options, parser._arguments } do
    for _, element in ipairs(list) do fn(path .. " " .. element._name, element._description) end
  end
  for _, group in ipairs(parser._groups) do fn(path, language.zh(group.name .. ":") or group.name) end
  for _, command in ipairs(parser._commands) do each_text(command, path .. " " .. command._name, fn) end
end

describe("the help in Chinese", function()
  local user = cli.user(nil, { LANG = "zh_CN.UTF-8" })
  teardown(function() user:remove() end)
  after_each(function() language.speak "en" end)

  it("has every summary, flag and argument", function()
    language.speak "zh"
    local missing = {}
    each_text(require("imr.cli").parser(), "imr", function(path, text)
      if not is_chinese(text) then missing[#missing + 1] = path .. ": " .. text end
    end)
    assert.same({}, missing)
  end)

  it("is shown by the program, in lines that fit a terminal", function()
    for _, arguments in ipairs { "--help", "help", "help usage", "usage --help", "help supply disconnect", "bill -h",
      "simulate --help", "help check", "sync --help", "plan --help" } do
      local result = user:run(arguments)
      assert.same({ 0, "" }, { result.status, result.err })
      assert.matches("^用法：imr", result.out)
      for line in result.out:gmatch "[^\n]+" do assert.is_true(width.width(line) <= 102, line) end
      for _, word in ipairs { "Usage", "Options", "Commands", "default", "Show" } do
        assert.is_nil(result.out:find(word, 1, true), arguments .. ": " .. word)
      end
    end
    assert.matches("^Usage: imr", user:run("help", { LANG = "C" }).out)
  end)

  it("is that of a completion too", function()
    local result = user:run "completion fish"
    assert.equal(0, result.status)
    assert.matches("-d '每块表在一个时段的用量及其可靠程度", result.out, 1, true)
  end)

  it("sets its examples in, as in English", function()
    assert.matches("\n示例：\n  imr supply disconnect ", user:run("help supply").out, 1, true)
  end)

  it("explains what the parser complains of", function()
    for arguments, text in pairs {
      ["usage --frm x"] = "未知选项 '--frm'，是否想写 '--from'？\nimr: 用 `imr usage --help` 查看",
      ["usage --nonsense"] = "未知选项 '--nonsense'\n",
      ["bill --by x"] = "选项 '--by' 的参数须为以下之一：'line', 'charge'",
      ["usage --db"] = "选项 '--db' 需要一个参数",
      ["cutoff"] = "缺少参数 'cutoff'",
      ["cutoff a b"] = "参数过多",
      ["supply"] = "请指明子命令",
      ["usage --excel=1"] = "选项 '--excel' 不带参数",
      ["readings --limit x"] = "'x' 不是 1 以上的整数",
    } do
      local result = user:run(arguments)
      assert.equal(2, result.status)
      assert.matches(text, result.err, 1, true)
    end
  end)
end)
