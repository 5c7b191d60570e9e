-- Help: what commands do, and their flags. Those of `imr supply` and `imr simulate` have files of their own; summaries
-- of listings are in imr.schema.

return {
  ["Intelligent meter reading: a client of the metering platform."] = "智能抄表：表计平台的客户端。",
  ["Try it without a meter: `imr simulate` runs a simulated platform. Exit codes: `imr help exit-codes`. "
    .. "Configuration: `imr help config`."] =
    "没有表计也能试用：`imr simulate` 运行一个模拟平台。退出码见 `imr help exit-codes`，配置见 `imr help config`。",
  ["Show this help message and exit."] = "显示本帮助后退出。",
  ["What is said to you, and the headings of tables: en or zh (environment: IMR_LANGUAGE; default: that of LANG)."] =
    "提示信息和表格表头的语言：en 或 zh（环境变量：IMR_LANGUAGE；默认取自 LANG）。",
  ["Print an error as one JSON object on stderr."] = "错误以一个 JSON 对象输出到 stderr（英文）。",

  -- groups
  ["Connection:"] = "连接：", ["Output:"] = "输出：", ["Configuration:"] = "配置：", ["Statements:"] = "账单页：",

  -- login
  ["Ask for the password, try it and keep it."] = "询问密码，试登录并保存。",
  ["Do not keep the password; the store still gets the token. One that comes from a file or the environment is never "
    .. "kept."] = "不保存密码，但 token 仍写入存储。来自文件或环境变量的密码从不保存。",
  ["Remove the kept password instead."] = "改为删除已保存的密码。",
  ["Take the password from the first line of standard input."] = "从标准输入的第一行读取密码。",

  -- connection
  ["%s (environment: %s)."] = "%s（环境变量：%s）。",
  ["Profile of the configuration file (environment: IMR_PROFILE)."] = "使用配置文件中的哪个 profile（环境变量：IMR_PROFILE）。",
  ["Address of the platform."] = "平台地址。",
  ["Account."] = "账号。",
  ["File whose first line is the password."] = "首行为密码的文件。",
  ["Where pace and token are shared: file (default), a directory, memory or a Redis (`imr help config`)."] =
    "共享节奏和 token 的存储：file（默认）、目录、memory 或 Redis（见 `imr help config`）。",
  ["auto (default), json or form."] = "auto（默认）、json 或 form。",
  ["Between two requests to one endpoint (default: 2)."] = "同一接口两次请求之间的秒数（默认 2）。",
  ["For one request (default: 30)."] = "单次请求的时限（默认 30）。",
  ["Repetitions of a failed read (default: 4)."] = "查询失败后的重试次数（默认 4）。",
  ["A listing that goes on after so many rows is an error (default: 10,000,000)."] =
    "超过这么多行仍未结束的列表视为错误（默认 10,000,000）。",
  ["The same for pages (default: 100,000)."] = "同上，按页数计（默认 100,000）。",
  ["Certificates to trust instead of the system's."] = "代替系统证书的可信证书。",
  ["Proxy; none is taken from the environment."] = "代理；不从环境变量读取。",
  ["The platform's clock (default: +08:00)."] = "平台的时区（默认 +08:00）。",

  -- which meters, which time
  ["Meter number; repeatable. @FILE takes them from a file, one a line, @- from stdin."] =
    "表号，可重复。@FILE 从文件读取（每行一个），@- 从标准输入读取。",
  ["Only what is of this tenant: the code, or the name."] = "只要这个用户的：编码或名称。",
  ["Only where the address begins so."] = "只要地址以此开头的。",
  ["Only these meters: electricity, water, or other where the platform does not say."] =
    "只要这类表：electricity（电）、water（水）或 other（平台未说明）。",
  ["Only meters that are offline and were last heard of longer ago than this: 12h, 3d."] =
    "只要离线且失联超过此时长的表：12h、3d。",
  ["Also the columns of the meter list, which costs its pages once: meters."] =
    "同时输出表列表的字段，需多读一次表列表：meters。",
  ["Also what the listing's own --with costs: meters."] = "同时计算该列表 --with 的开销：meters。",
  ["Only meters that are offline."] = "只要离线的表。",
  ["Stop after so many rows."] = "输出这么多行后停止。",
  ["Give up after so many seconds."] = "超过这么多秒即放弃。",
  ["First day or moment: 2025-06-01, 2025-06 (its first day), yesterday, -7d, this-month."] =
    "第一天或起始时刻：2025-06-01、2025-06（当月第一天）、yesterday、-7d、this-month。",
  ["Last day or moment: 2025-06-30, 2025-06 (its last day), yesterday (default: now)."] =
    "最后一天或结束时刻：2025-06-30、2025-06（当月最后一天）、yesterday（默认：现在）。",
  ["Most meter numbers in one request (default: 100)."] = "单次请求最多的表号数（默认 100）。",
  ["daily (default; its wire value is inferred), realtime, or a raw value."] =
    "daily（默认；其接口取值系推断）、realtime 或原始值。",
  ["Of consumption: daily (default) or realtime."] = "用量的粒度：daily（默认）或 realtime。",

  -- output
  ["table (default on a terminal), csv, jsonl (default elsewhere), json or xlsx."] =
    "table（终端上的默认）、csv、jsonl（其他情况的默认）、json 或 xlsx。",
  ["Only these fields, in this order, joined by commas; also extra and invalid."] =
    "只要这些字段，按此顺序，以逗号分隔；也可写 extra 和 invalid。",
  ["Of a table, csv or xlsx: wire (the platform's spelling), name (ours; default) or zh (Chinese, words in cells too; "
    .. "default of a table or xlsx where the language is Chinese)."] =
    "table、csv 或 xlsx 的表头：wire（平台的拼写）、name（本程序的名称，默认）或 zh（中文，单元格中的用词也译成中文；语言为中文时 table 和 "
    .. "xlsx 默认如此）。",
  ["Write to this file, which is replaced only as a whole. Its ending chooses the format."] =
    "写入此文件，只会整体替换。扩展名决定格式。",
  ["Examples:"] = "示例：",
  ["A table may be wider than the terminal; else texts are cut with … to fit."] =
    "表格可以比终端宽；否则文本会以 … 截断。",
  ["CSV for a spreadsheet: byte order mark, meter numbers kept as text."] = "适合电子表格的 CSV：带 BOM，表号保持为文本。",
  ["CSV without the apostrophe before a text that a spreadsheet would run as a formula."] =
    "CSV 中可能被电子表格当作公式的文本前不加单引号。",

  -- plan
  ["Requests, time and logins that a listing will take."] = "估算一个列表需要的请求数、时间和登录次数。",
  ["The project has so many meters (default: asks the platform)."] = "项目的表数（默认：询问平台）。",
  ["A period of so many days, up to yesterday."] = "截至昨天的这么多天。",
  ["What `imr sync` costs from day to day: each run, the first of a day, and one a week."] =
    "`imr sync` 的日常开销：每次运行、每天第一次和每周一次。",
  ["Days that the first run of a day reads again (default: %d; 0: none)."] = "每天第一次运行重读的天数（默认 %d；0 表示不重读）。",
  ["Days that a run a week reads again: the open billing period (default: %d; 0: none)."] =
    "每周一次重读的天数，即未结算的账期（默认 %d；0 表示不重读）。",
  ["Rows of a meter in a day (default: 1; real-time consumption 4)."] = "每块表每天的行数（默认 1；实时用量为 4）。",
  ["Longest period of one listing."] = "单次列表的最长天数。",
  ["What to plan (default: all of them, side by side); sync: what a first `imr sync` costs, of 90 days unless you say "
    .. "otherwise."] = "估算哪个列表（默认全部，并行）；sync：首次 `imr sync` 的开销，未另行指定时为 90 天。",

  -- sync and export
  ["Keep your own database in step with the platform."] = "使自己的数据库与平台保持同步。",
  ["The database: a file, or postgres://USER@HOST/NAME (environment: IMR_DB; default: imr.db)."] =
    "数据库：文件，或 postgres://USER@HOST/NAME（环境变量：IMR_DB；默认 imr.db）。",
  ["How many days back the first run begins (default: 90)."] = "首次运行从多少天前开始（默认 90）。",
  ["Read the open billing period again now: it finds what was corrected or withdrawn there."] =
    "现在就重读未结算的账期，找出其中的更正和撤回。",
  ["This machine's clock is right, although the last run was long ago, or ahead of it."] =
    "本机时钟无误，尽管上次运行是很久以前，或在它之后。",
  ["Only this one: %s (repeatable)."] = "只同步这个列表：%s（可重复）。",
  ["Ask the platform nothing: print whether the database is complete for 2025-07, 2025-07-01, last-month …"] =
    "不询问平台：输出数据库在该时段是否完整，如 2025-07、2025-07-01、last-month……",
  ["Print the missing days of each meter instead of the sums."] = "输出每块表缺失的日期，而不是合计。",
  ["Write the run's numbers there for Prometheus (textfile collector), however it ends."] =
    "把本次运行的各项数字写到那里，供 Prometheus（textfile collector）读取，无论运行如何结束。",
  ["Write a table of the database as CSV, JSON or a workbook."] = "把数据库的一张表导出为 CSV、JSON 或工作簿。",
  ["Which: %s."] = "哪张表：%s。",

  -- check, usage, cutoff, report
  ["Look for what is wrong with the data in the database."] = "检查数据库中的数据有何异常。",
  ["Only these rules, joined by commas (`imr check --list` names them)."] = "只用这些规则，以逗号分隔（`imr check --list` 列出名称）。",
  ["Not these rules."] = "不用这些规则。",
  ["Tune a rule, such as spike.factor=10 (repeatable)."] = "调整规则参数，如 spike.factor=10（可重复）。",
  ["List the rules with what can be tuned, and check nothing."] = "只列出规则及其可调参数，不作检查。",
  ["End with 1 when there is a flag."] = "有异常标记时以 1 退出。",
  ["What each meter used in a period, and how sure that is."] = "每块表在一个时段的用量及其可靠程度。",
  ["A row a meter (default), a day of it, or sums by tenant, building or project."] =
    "每表一行（默认）、每表每天一行，或按用户、楼栋、项目合计：meter、day、tenant、building、project。",
  ["For each meter the reading at a moment, to bill with."] = "每块表在某一时刻的读数，用于计费。",
  ["Days before it that a reading may be old (default: 3)."] = "读数最多可早于该时刻多少天（默认 3）。",
  ["Only readings of this listing: %s (repeatable)."] = "只用这个列表的读数：%s（可重复）。",
  ["Only the meters that have none."] = "只要没有读数的表。",
  ["Moment on the platform's clock, such as 2025-07-31T24:00."] = "平台时钟上的时刻，如 2025-07-31T24:00。",
  ["Write the database as one HTML page: consumption, coverage, flags."] = "把数据库写成一个 HTML 页面：用量、完整率、异常标记。",
  ["Write the page to this file, which is replaced only as a whole (default: standard output)."] =
    "把页面写入此文件，只会整体替换（默认：标准输出）。",
  ["Also the commands of this supply ledger (environment: IMR_LEDGER)."] = "同时列出此供应台账中的指令（环境变量：IMR_LEDGER）。",
  ["Title of the page."] = "页面标题。",
  ["So many consumers of each kind (default: 15)."] = "每类列出的用量大户数（默认 15）。",

  -- bill
  ["What each tenant has to pay for a period, by a tariff file."] = "按价格表计算每个用户在一个时段的应付金额。",
  ["The tariff file (Lua): prices, tiers, fees, and which meter has which."] =
    "价格表（Lua）：价格、阶梯、费用，以及哪块表用哪种价格。",
  ["Only check this tariff file, and the table of meters beside it."] = "只检查此价格表及其旁的表计清单。",
  ["CSV of what is billed for lines that are held: meter_no, usage or closing, who, why."] =
    "为暂缓的行定量的 CSV：meter_no、usage 或 closing、who、why。",
  ["Only compute it: nothing is put on record."] = "只计算，不保存。",
  ["Add what has changed since the bill was made, as lines that are differences."] =
    "把账单生成后的变化作为差额行追加。",
  ["Declare the bill of the period void."] = "宣告该时段的账单作废。",
  ["The bills that are on record."] = "列出已保存的账单。",
  ["A row a line (default), a charge of it, or sums by tenant, building, tariff or kind."] =
    "每行账单一行（默认）、每项费用一行，或按用户、楼栋、价格、类别合计：line、charge、tenant、building、tariff、kind。",
  ["Also write a sheet a tenant to this page, to print: FILE.html."] = "同时把每个用户的账单页写入此页面以供打印：FILE.html。",
  ["Of the sheets: A5 or A4."] = "账单页的纸张：A5 或 A4。",
  ["Title of each sheet."] = "每页的标题。",
  ["A month such as 2025-06, or its first and last day."] = "月份，如 2025-06；或首日和末日。",

  -- the rest
  ["Check everything from the configuration to one page of each endpoint."] = "从配置到每个接口的一页，逐项检查。",
  ["Print a completion script for bash, zsh or fish."] = "输出 bash、zsh 或 fish 的补全脚本。",
  ["bash, zsh or fish."] = "bash、zsh 或 fish。",
  ["To use it now:\n  bash  source <(imr completion bash)\n  zsh   source <(imr completion zsh)\n"
    .. "  fish  imr completion fish | source"] =
    "立即使用：\n  bash  source <(imr completion bash)\n  zsh   source <(imr completion zsh)\n"
    .. "  fish  imr completion fish | source",
  ["Explain a command, the exit codes or the configuration."] = "说明一个命令、退出码或配置。",
  ["A command, such as supply disconnect; exit-codes or config."] = "命令，如 supply disconnect；或 exit-codes、config。",
  ["Print the version."] = "输出版本。",
}
