-- What the parser of the command line says by itself.

return {
  ["Usage: "] = "用法：", ["Arguments:"] = "参数：", ["Options:"] = "选项：", ["Commands:"] = "命令：",
  ["Other arguments:"] = "其他参数：", ["Other options:"] = "其他选项：", ["Other commands:"] = "其他命令：",
  ["(default: %s)"] = "（默认：%s）",

  -- complaints
  ["unknown option '%s'"] = "未知选项 '%s'",
  ["unknown option '%s'\nDid you mean '%s'?"] = "未知选项 '%s'，是否想写 '%s'？",
  ["unknown command '%s'"] = "未知命令 '%s'",
  ["unknown command '%s'\nDid you mean '%s'?"] = "未知命令 '%s'，是否想写 '%s'？",
  ["argument for option '%s' must be one of %s"] = "选项 '%s' 的参数须为以下之一：%s",
  ["argument '%s' must be one of %s"] = "参数 '%s' 须为以下之一：%s",
  ["option '%s' requires an argument"] = "选项 '%s' 需要一个参数",
  ["option '%s' must be used at most %s time"] = "选项 '%s' 最多可用 %s 次",
  ["option '%s' must be used at most %s times"] = "选项 '%s' 最多可用 %s 次",
  ["option '%s' does not take arguments"] = "选项 '%s' 不带参数",
  ["missing argument '%s'"] = "缺少参数 '%s'",
  ["too many arguments"] = "参数过多",
  ["a command is required"] = "请指明子命令",
  ["missing option '%s'"] = "缺少选项 '%s'",
  ["malformed argument '%s'"] = "参数 '%s' 格式错误",
}
