-- What the library says that somebody at a terminal meets: of files that he wrote, of the database, of clocks. Known by
-- the texts that were made, like details; everything that goes in is a text: %s.

local errors = {
  -- files and options
  ["%s, line %d: %s"] = "%s 第 %s 行：%s",
  ["line %d: %s"] = "第 %s 行：%s",
  ["a quote is not closed, or not where a cell begins"] = "引号未闭合，或不在单元格开头",
  ["it has more cells than the first line"] = "单元格比首行多",
  ["there is no column '%s'"] = "没有 '%s' 列",
  ["there are two columns '%s'"] = "有两个 '%s' 列",
  ["has '%s', which %s"] = "含有 '%s'，%s",
  ["has the command '%s', which there is not"] = "的指令 '%s' 不存在",
  ["it is empty"] = "内容为空",
  ["there is no meter number"] = "没有表号",
  ["%s returns a %s; it has to return a table"] = "%s 返回了 %s，应返回一个表",
  ["it does not come to an end"] = "程序不会结束",
  ["it takes too much memory"] = "占用内存过多",
  ["%s is in UTF-16: save it as UTF-8"] = "%s 是 UTF-16 编码：请另存为 UTF-8",
  ["%s is bytecode, not Lua text"] = "%s 是字节码，不是 Lua 文本",
  ["a time is written YYYY-MM-DD HH:MM:SS, YYYY-MM-DD HH:MM or YYYY-MM-DD"] =
    "时间写作 YYYY-MM-DD HH:MM:SS、YYYY-MM-DD HH:MM 或 YYYY-MM-DD",
  ["'%s' is not in the calendar"] = "日历中没有 '%s'",
  ["No such file or directory"] = "没有此文件或目录",
  ["Permission denied"] = "没有权限",
  ["%s must be a number, 0 or more, not '%s'"] = "%s 必须是不小于 0 的数字，而不是 '%s'",
  ["%s must be a number above 0, not '%s'"] = "%s 必须是大于 0 的数字，而不是 '%s'",
  ["no such rule: %s"] = "没有此规则：%s",

  -- what Lua finds wrong with a file
  ["%s:%d: unexpected symbol"] = "%s 第 %s 行：此处不合语法（引号、逗号、括号须为英文标点）",
  ["%s:%d: '%s' expected"] = "%s 第 %s 行：此处应为 '%s'，或前面缺少逗号",
  ["%s:%d: '%s' expected (to close '%s' at line %d)"] =
    "%s 第 %s 行：此处应为 '%s'，与 '%s'（第 %s 行）配对，或前面缺少逗号",
  ["%s:%d: unfinished string"] = "%s 第 %s 行：引号未闭合",
  ["%s:%d: malformed number"] = "%s 第 %s 行：数字写法有误",
  ["%s:%d: attempt to call a nil value (global '%s')"] = "%s 第 %s 行：不能调用函数 '%s'",
  ["%s:%d: attempt to call global '%s' (a nil value)"] = "%s 第 %s 行：不能调用函数 '%s'",
  ["%s:%d: attempt to index a nil value (global '%s')"] = "%s 第 %s 行：没有 '%s'",
  ["%s:%d: attempt to index global '%s' (a nil value)"] = "%s 第 %s 行：没有 '%s'",

  -- tariffs, and the table of meters
  ["is missing"] = "没有写",
  ["is empty"] = "是空的",
  ["a number"] = "数字", ["a boolean"] = "true 或 false", ["a table"] = "表",
  ["must be a text such as \"0.6147\", 0 or more, not %s"] = "必须是文本，如 \"0.6147\"，不小于 0，而不是 %s",
  ["must be a text such as \"%s\", in quotes: a number would be a float"] =
    "必须是带引号的文本，如 \"%s\"：写成数字会成为浮点数",
  ["must be a table such as %s, not a %s"] = "必须是表，如 %s，而不是 %s",
  ["must be a list such as %s"] = "必须是列表，如 %s",
  ["must be a text, not %s"] = "必须是文本，而不是 %s",
  ["must be a date such as \"2025-06-16\", not %s"] = "必须是日期，如 \"2025-06-16\"，而不是 %s",
  ["must be a whole number from 0 to 6"] = "必须是 0 到 6 的整数",
  ["is an empty list"] = "是空列表",
  ["'%s' is there twice"] = "'%s' 出现了两次",
  ["the last tier has no limit: what is above it has no price"] = "最后一档不能有限额：超出部分没有价格",
  ["must be more than the limit before it"] = "必须大于前一档的限额",
  ["has no price"] = "没有价格",
  ["has no price: say price, tiers or tou"] = "没有价格：请写 price、tiers 或 tou",
  ["has a price beside tiers or tou: which of them is meant?"] = "price 与 tiers 或 tou 并存：用哪一个？",
  ["goes with tiers"] = "须与 tiers 同用",
  ["must be later than that of the version before it"] = "必须晚于前一版本",
  ["names no tariff"] = "没有指出价格",
  ["meter %s is there twice; where it is shared, each row has a share and a user_code or user_name"] =
    "表 %s 出现两次；公摊的表，每行都要有 share 和 user_code（或 user_name）",
  ["meter %s names %s twice; what is one's is one share"] = "表 %s 两次写了 %s：同一人的公摊只写一份",
  ["meter %s has two values of %s"] = "表 %s 有两个不同的 %s",
  ["meter %s has shares that come to more than 1"] = "表 %s 的公摊比例合计超过 1",
  ["the tariff '%s' is one for %s"] = "价格 '%s' 用于 %s",
  ["it has no tariffs"] = "其中没有价格",
  ["there is no tariff '%s'"] = "没有价格 '%s'",
  ["share must be a fraction such as 0.25 or 1/12, not '%s'"] = "share 必须是分数，如 0.25 或 1/12，而不是 '%s'",

  -- bills and decisions
  ["decisions are for lines that are held, and these are measured: %s"] = "决定只用于暂缓的行，而这些已实测：%s",
  ["say who decided, and why"] = "请写明决定人（who）和理由（why）",
  ["say usage or closing, not both"] = "usage 和 closing 只能写一个",
  ["say usage, closing or year_used"] = "请写 usage、closing 或 year_used",
  ["sharp, peak, flat and valley go with usage"] = "sharp、peak、flat、valley 须与 usage 同用",
  ["sharp, peak, flat and valley come to %s, not to %s"] = "尖峰平谷合计为 %s，而不是 %s",
  ["meter %s was decided in line %d already"] = "表 %s 在第 %s 行已有决定",
  ["the period is not over yet: a bill of it is a draft"] = "时段尚未结束：只能作草稿（--draft）",
  ["there is no meter that could be billed"] = "没有可计费的表",
  ["there is no bill %s"] = "没有账单 %s",
  ["a sync or another bill is at work on %s"] = "同步或另一次计费正在使用 %s",
  ["%s is billed already, by bill %d"] = "%s 已计费，见账单 %s",

  -- the database, and its filters
  ["there is no database %s: is the name right? `imr sync` makes a new one"] =
    "没有数据库 %s：名称是否正确？`imr sync` 会新建",
  ["there are no tables of imr in %s: is the name right? `imr sync` makes a new one"] =
    "%s 中没有 imr 的表：名称是否正确？`imr sync` 会新建",
  ["an empty name is no file to SQLite"] = "数据库的名称是空的",
  ["statement_timeout is a whole number of seconds, from 1 to 99999"] = "statement_timeout 是 1 到 99999 的整数秒",
  ["an address is no file's name; ./NAME is one, whatever stands in it"] = "地址不是文件名；写作 ./NAME 的一定是文件名",
  ["the period lies ahead: there is nothing to read yet"] = "时段在未来：还没有可读的数据",
  ["another sync is at work on %s"] = "另一个同步正在使用 %s",
  ["the clock of this machine says %s: it was never set"] = "本机时钟显示 %s：从未校准",
  ["the clock of this machine says %s, but the last run on this database was at %s: one of them is wrong"] =
    "本机时钟显示 %s，而此数据库的上次运行在 %s：必有一个有误",
  ["the clock of this machine says %s, %d days after the last run on this database: is it right?"] =
    "本机时钟显示 %s，距此数据库的上次运行已有 %s 天：是否正确？",
  ["no meter of the database fits: %s"] = "数据库中没有符合条件的表：%s",
  ["no meter of the period fits: %s"] = "该时段没有符合条件的表：%s",
  ["no meter at the cutoff fits: %s"] = "该时刻没有符合条件的表：%s",
  ["no line fits: %s"] = "没有符合条件的账单行：%s",
  ["no row fits: %s"] = "没有符合条件的数据行：%s",
}

-- What imr.base.unknown_option says, of whatever there is a choice of.
for noun, chinese in pairs { option = "项", word = "词", column = "列", tariff = "价格" } do
  local unknown = "未知的" .. chinese .. " '%s'"
  errors[("unknown %s '%%s', did you mean '%%s'?"):format(noun)] = unknown .. "，是否想写 '%s'？"
  errors[("unknown %s '%%s'; there are %%s"):format(noun)] = unknown .. "；可用的有 %s"
  errors[("unknown %s '%%s'; there is only '%%s'"):format(noun)] = unknown .. "；只有 '%s'"
end

return errors
