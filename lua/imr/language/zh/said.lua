-- What commands say: on stderr, and `imr login`, `imr doctor` and `imr simulate` on stdout.

return {
  ["Total"] = "合计", -- of a workbook's last row

  -- listings
  ["%s: %d pages, %d rows%s"] = "%s：%d 页，%d 行%s",
  [", %s left"] = "，还需 %s",
  ["repeating in %.1f s: %s"] = "%.1f 秒后重试：%s",
  ["no rows of %d of %d meters: %s"] = "%d 块表没有数据行（共 %d 块）：%s",

  -- output
  ["%d rows have values that could not be read as what they should be; --fields …,invalid shows them"] =
    "%d 行有无法解析的值；用 --fields …,invalid 查看",
  ["%d cells that a spreadsheet would run as formulas got an apostrophe; --raw-csv leaves them alone"] =
    "%d 个单元格可能被电子表格当作公式，已加单引号；--raw-csv 不加",
  ["%d texts are longer than a cell may be, and were cut"] = "%d 个文本超过单元格的长度上限，已截断",
  ["%s is left as it was; the rows that came are in %s"] = "%s 保持原样；收到的行在 %s",

  -- usage, check, cutoff, report
  ["%d meters"] = "%d 块表计",
  [": %s"] = "：%s", [", "] = "，",
  ["%d meters%s"] = "%d 块表计%s",
  ["%d meters, %d flags%s"] = "%d 块表计，%d 个异常标记%s",
  ["%d of %d meters have a reading at %s"] = "%d 块表有读数（共 %d 块），时刻 %s",

  -- bills
  ["%d meters are named, or decided about, of which there is no line: %s%s"] =
    "%d 块表被点名或有决定，但没有对应的行：%s%s",
  ["%d lines: %d billed, %s in all; %d held"] = "%d 行：已计费 %d 行，合计 %s；暂缓 %d 行",
  ["bill %d of %s%s: %d lines, %s in all; %d held"] = "账单 %d（%s 生成%s）：%d 行，合计 %s；暂缓 %d 行",
  [" and %d adjustments"] = "，另有 %d 次调整",
  ["bill %d is made, of all meters, whichever are shown"] = "账单 %d 已生成，包含全部表计，不论显示哪些",
  ["nothing has changed since"] = "此后没有变化",
  ["adjustment %d: %d lines, %s"] = "调整 %d：%d 行，%s",
  ["bill %d is void"] = "账单 %d 已作废",
  ["%s is fine: %d tariffs, %d meters named"] = "%s 没有问题：%d 种价格，表计清单中有 %d 块表计",
  ["%s: %d sheets"] = "%s：%d 页账单",

  -- sync
  ["%s: %d of %s rows"] = "%s：%d 行，共 %s 行",
  ["%s: %d rows in %d requests, %d new, %d restated%s%s"] = "%s：%d 行，%d 次请求，新增 %d，更正 %d%s%s",
  [", %d withdrawn"] = "，撤回 %d",
  [", %d that fit no table (see rejected)"] = "，%d 行无法入库（见 rejected）",
  ["%d rows of %s came%s; the next run reads them again"] = "收到 %d 行，应有 %s 行%s；下次运行会重读",
  ["an unknown number"] = "不明数目的",
  [", and rows moved meanwhile"] = "，且期间有变动",
  ["meter-days without a row: %s; `imr sync --certificate PERIOD --missing` names them"] =
    "缺少数据的表·日：%s；用 `imr sync --certificate PERIOD --missing` 列出",
  ["%s: the platform lists nothing before a meter's first row: %d meter-days of the period, of which no row is "
    .. "expected"] = "%s：平台在表计的首行之前没有数据：该时段有 %d 个表·日，不计为应收",

  -- plan
  list = "按表号列表", single = "逐表", project = "整个项目", ["side by side"] = "并行",
  ["one after the other"] = "依次", ["each run"] = "每次运行",
  ["once a day"] = "每天一次", ["once a week"] = "每周一次",

  -- supply
  ["nothing came back"] = "没有收到应答",

  -- login and saved accounts
  ["Account: "] = "账号：",
  ["Password of %s: "] = "%s 的密码：",
  ["no password was kept"] = "没有保存过密码",
  ["forgot %d kept password"] = "已删除 %d 个保存的密码",
  ["forgot %d kept passwords"] = "已删除 %d 个保存的密码",
  ["logged in as %s at %s%s"] = "已以 %s 登录 %s%s",
  ["; the password is not kept"] = "；密码未保存",
  ["; the password is kept in %s"] = "；密码保存在 %s",
  ["%d of the accounts in %s cannot be read: left out"] = "%d 个账号（在 %s 中）无法读取，已略过",
  ["%d accounts were moved to %s: they cannot be read"] = "%d 个账号无法读取，已移到 %s",
  ["%s is not UTF-8 (line %d): read as GB18030"] = "%s 不是 UTF-8（第 %d 行）：按 GB18030 读取",

  ["%d rows in %s"] = "%d 行，写入 %s",
  ["the platform lists no meter %s"] = "平台没有列出表计 %s",
  ["`imr meters` shows those that it lists"] = "`imr meters` 显示它列出的表计",

  -- simulate
  ["account %s, password %s; %d meters, %d days of history\nCtrl-C ends it\n"] =
    "账号 %s，密码 %s；%d 块表计，%d 天历史\n按 Ctrl-C 结束\n",
  ["as given"] = "如所指定",

  -- doctor
  ok = "正常", look = "注意", FAIL = "失败", versions = "版本", configuration = "配置", account = "账号", store = "存储",
  name = "域名", encryption = "加密", login = "登录", pages = "页面", encoding = "编码", clock = "时钟",
  flag = "命令行选项", environment = "环境变量",
  ["imr %s, %s, lua-cjson %s"] = "imr %s，%s，lua-cjson %s",
  ["no %s (none is needed)"] = "没有 %s（可以没有）",
  ["%s (%s), password from %s"] = "%s（%s），密码来自%s",
  ["no password"] = "没有密码", ["no account"] = "没有账号",
  ["%s is an address"] = "%s 是地址", ["%s is for the proxy to find"] = "%s 由代理解析", ["%s is %s"] = "%s 即 %s",
  ["the platform gave a token"] = "平台给出了 token",
  ["the store has a token, %.0f min old"] = "存储中有 token，%.0f 分钟前取得",
  ["the certificate is verified"] = "证书已验证",
  ["plain HTTP: password and readings can be read on the way"] = "明文 HTTP：密码和读数可能在途中被读取",
  ["no rows in the last two days"] = "最近两天没有数据行",
  ["a row came"] = "收到一行", ["a row came (%d in all)"] = "收到一行（共 %d 行）",
  ["the platform's answers carry no date to compare with"] = "平台的应答没有可比较的日期",
  ["%+d s to the platform's"] = "与平台相差 %+d 秒",
  ["this machine is %+d s from the platform"] = "本机与平台相差 %+d 秒",
  ["the platform understands requests as %s"] = "平台接受的请求编码为 %s",
}
