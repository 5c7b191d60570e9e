-- What is wrong with what somebody typed, with a file, or with this machine.

return {
  ["say which command:"] = "请指明命令：",
  ["there is no help on '%s'; `imr help` names the commands, and there are exit-codes and config"] =
    "没有关于 '%s' 的帮助；`imr help` 列出命令，另有 exit-codes 和 config",
  ["a password has no place in the arguments: others can read them; set %s"] =
    "密码不可写在命令行参数中，他人可以看到；请设置 %s",
  ["IMR_PASSWORD_FILE, or let `imr login` ask"] = "IMR_PASSWORD_FILE，或让 `imr login` 询问",
  ["proxy in the configuration"] = "配置中的 proxy",

  -- dates and numbers
  ["the period"] = "时段",
  ["the period ends before it begins"] = "时段的结束早于开始",
  ["the period ends (%s) before it begins (%s)"] = "时段的结束（%s）早于开始（%s）",
  ["say from when: --from yesterday, --from 2025-06-01; %s"] = "请说明从何时起：--from yesterday、--from 2025-06-01；%s",
  ["dates are YYYY-MM-DD, YYYY-MM, \"YYYY-MM-DD HH:MM:SS\", today, yesterday, -7d, -12h, this-week, last-week, "
    .. "this-month, last-month, this-year or now"] = "日期可写作 YYYY-MM-DD、YYYY-MM、\"YYYY-MM-DD HH:MM:SS\"、today、"
    .. "yesterday、-7d、-12h、this-week、last-week、this-month、last-month、this-year 或 now",
  ["%s '%s' is not in the years 1 to 9999"] = "%s '%s' 不在公元 1 至 9999 年",
  ["%s '%s' is no month"] = "%s '%s' 不是月份",
  ["'%s' is not a whole number from %d to %d"] = "'%s' 不是 %d 到 %d 的整数",
  ["'%s' is not a whole number from %d on"] = "'%s' 不是 %d 以上的整数",
  ["'%s' is not a number of %s"] = "'%s' 不是数字（单位：%s）",
  seconds = "秒", days = "天", rows = "行",
  ["'%s' is no duration such as 90m, 12h, 3d or 2w"] = "'%s' 不是时长，如 90m、12h、3d、2w",
  ["'%s' is not a number"] = "'%s' 不是数字",
  ["'%s' is not NAME=RATE or NAME=RATE:endpoint,endpoint"] = "'%s' 不是 NAME=RATE 或 NAME=RATE:endpoint,endpoint",
  ["say yes or no"] = "请写 yes 或 no",

  -- meters, files, output
  ["%s: it names no meter"] = "%s：其中没有表计",
  ["%s: the workbook cannot be read (%s); %s"] = "%s：无法读取此工作簿（%s）；%s",
  ["%s: an .xls workbook is not read; %s"] = "%s：不读取 .xls 工作簿；%s",
  ["%s, line %d: record %d %s"] = "%s 第 %d 行：第 %d 条记录%s",
  ["is what a spreadsheet makes of a long number"] = "是电子表格把长数字改成的样子",
  ["is an error of a spreadsheet"] = "是电子表格的错误值",
  ["%s: the header names the device more than once"] = "%s：表头中设备列多于一个",
  ["%s: the header names the command more than once"] = "%s：表头中指令列多于一个",
  ["%s, line %d: record %d is a header: remove what is above it"] = "%s 第 %d 行：第 %d 条记录是表头：请删去其上方的内容",
  ["%s: %d rows of the sheet cannot be seen (is there a filter?): show them, or delete what is not meant"] =
    "%s：工作表中有 %d 行被隐藏（可能是筛选）：请全部显示，或删去不需要的行",
  ["%s: its first line is no device, and names no column %s: %s"] = "%s：首行不是设备，也没有 %s 列：%s",
  ["names no device"] = "没有设备",
  ["--meter @%s: there is no meter number in it"] = "--meter @%s：其中没有表号",
  ["--meter '%s' is no meter number: say --meter for each"] = "--meter '%s' 不是表号：每个表号各写一次 --meter",
  ["the database knows no meter %s"] = "数据库中没有表 %s",
  ["%s (it knows '%s')"] = "%s（已知有 '%s'）",
  ["and %d more"] = "等另外 %d 块",
  ["%s%s can't be read: is it a directory?"] = "%s%s 无法读取：是目录吗？",
  ["%s, line %d: it is UTF-16, or no text; %s"] = "%s 第 %d 行：是 UTF-16 或不是文本；%s",
  ["%s, line %d: it is not UTF-8; %s"] = "%s 第 %d 行：不是 UTF-8；%s",
  ["save it as UTF-8 (in Excel: CSV UTF-8)"] = "请存为 UTF-8（Excel 中选 CSV UTF-8）",
  ["there is no field '%s', did you mean '%s'? There are: %s"] = "没有字段 '%s'，是否想写 '%s'？可用的有：%s",
  ["--with is of one listing: imr plan readings --with meters"] =
    "--with 只用于一个列表：imr plan readings --with meters",
  ["--%s is empty"] = "--%s 是空的",
  ["there is no field '%s'; there are: %s"] = "没有字段 '%s'；可用的有：%s",
  ["--fields names no field; there are: %s"] = "--fields 没有写字段；可用的有：%s",
  ["--output %s: .%s names no format; .csv, .jsonl, .json and .xlsx do, or add --format"] =
    "--output %s：扩展名 .%s 不对应任何格式；可用 .csv、.jsonl、.json、.xlsx，或加 --format",
  ["--excel and --raw-csv go with --format csv, not with %s"] = "--excel 和 --raw-csv 只用于 --format csv，不用于 %s",
  ["--headings goes with table, csv and xlsx, not with %s"] = "--headings 只用于 table、csv 和 xlsx，不用于 %s",
  ["a workbook is not for a terminal: add --output FILE.xlsx"] = "工作簿不能输出到终端：请加 --output FILE.xlsx",
  ["--output %s is no name for %s"] = "--output %s 不适合作为 %s 的文件名",
  ["%s can't be written: %s"] = "%s 无法写入：%s",
  ["standard output"] = "标准输出",
  ["the output's name is empty"] = "输出文件名为空",
  ["the workbook cannot be written: %s"] = "工作簿无法写入：%s",

  -- commands on the database
  ["the cutoff: %s"] = "截止时刻：%s",
  ["the cutoff: say the time as well, such as %sT24:00"] = "截止时刻：请同时写明时间，如 %sT24:00",
  ["the cutoff lies ahead: nobody knows its readings yet"] = "截止时刻在未来：尚无读数",
  ["%s has no meters to choose from"] = "%s 不能按表计选取",
  ["%s has no period to choose from"] = "%s 不能按时段选取",
  ["a report is of 400 days at the most"] = "报告最多 400 天",
  ["--set '%s' is not like spike.factor=10"] = "--set '%s' 的写法应如 spike.factor=10",
  ["configuration: quality.%s must be a table"] = "配置：quality.%s 必须是表",
  ["--to needs --from"] = "--to 需与 --from 同用",
  ["--from reads its period again: without --reread"] = "--from 本来就重读该时段：不要再加 --reread",
  ["--fields goes with --certificate"] = "--fields 与 --certificate 同用",
  ["--certificate names the period, without --from and --to"] = "--certificate 已指明时段：不要再加 --from 和 --to",
  ["nothing has been synced yet that has rows to expect"] = "尚未同步过有应收数据的列表",
  ["a first sync reads all listings of all meters: imr plan sync goes alone"] =
    "首次同步读取所有表的全部列表：imr plan sync 须单独使用",
  ["say --days, or --from and --to, not both"] = "--days 与 --from、--to 不能同用",
  ["--sync is of all listings, all meters and the days that a sync reads: only --meters, --granularity, "
    .. "--daily-reread and --weekly-reread go with it"] =
    "--sync 针对全部列表、全部表计和同步所读的日期：只能与 --meters、--granularity、--daily-reread、--weekly-reread 同用",

  -- bills
  ["say which period: a month such as 2025-06, or its first and last day"] = "请指明时段：月份如 2025-06，或首日和末日",
  ["%s and %s do not go together"] = "%s 和 %s 不能同用",
  ["a database is a file's path, sqlite:PATH or postgres://user:password@host:port/name; in a user's name or a "
    .. "password, / ? @ are written %2F %3F %40"] = "数据库是文件的路径、sqlite:PATH 或 postgres://user:password@host:port/name；"
    .. "用户名和密码中的 / ? @ 写作 %2F %3F %40",
  ["--draft needs --tariff FILE"] = "--draft 需要 --tariff FILE",
  ["--adjust computes with the bill's own tariff; with another one it is another bill: --void it first"] =
    "--adjust 按账单自己的价格表计算；换价格表就是另一张账单：请先 --void",
  ["there is no bill of this period; --tariff FILE makes one"] = "该时段没有账单；用 --tariff FILE 生成",
  ["days of this period are billed already, by bill %d of %s to %s"] = "该时段中有日期已计费：账单 %d，%s 至 %s",
  ["bill %d of this period was made with %s: --adjust adds what has changed since, --void REASON makes room for "
    .. "another one"] = "该时段的账单 %d 所用的是%s：--adjust 追加此后的变化，--void REASON 作废后可另作一张",
  ["another tariff"] = "另一份价格表", ["another table of meters"] = "另一份表计清单", ["other decisions"] = "另一些决定",
  ["%s %s: it is a page, FILE.html"] = "%s %s：写出的是网页，请写 FILE.html",
  ["--void REASON: say why the bill is void"] = "--void REASON：请写明作废的理由",

  -- supply
  ["say which devices: DEVICE ..., or --from FILE"] = "请指明设备：DEVICE ...，或 --from FILE",
  ["--dry-run and --yes exclude each other"] = "--dry-run 和 --yes 不能同用",
  ["--protected @%s names no device (--allow-unmatched goes on)"] =
    "--protected @%s 中没有设备（--allow-unmatched 可继续）",
  ["--protected, or IMR_PROTECTED, is set to nothing"] = "--protected 或 IMR_PROTECTED 的值为空",
  ["the supply ledger: %s"] = "供应台账：%s",
  ["there is no supply ledger %s"] = "没有供应台账 %s",
  ["has a quote that is not closed"] = "有未闭合的引号",
  ["goes on behind a closing quote"] = "在右引号之后还有内容",
  ["--log %s"] = "--log %s",
  ["nothing can listen at %s:%d: %s"] = "无法监听 %s:%d：%s",

  -- accounts and configuration
  ["there is no terminal to ask at: set IMR_USERNAME and IMR_PASSWORD_FILE, or use --password-stdin"] =
    "没有可供询问的终端：请设置 IMR_USERNAME 和 IMR_PASSWORD_FILE，或用 --password-stdin",
  ["no account was given"] = "没有给出账号",
  ["no password was given"] = "没有给出密码",
  ["which account? `imr login` asks and keeps it; or set IMR_USERNAME and IMR_PASSWORD_FILE"] =
    "用哪个账号？`imr login` 会询问并保存；或设置 IMR_USERNAME 和 IMR_PASSWORD_FILE",
  ["there is no password for %s: `imr login` asks and keeps it; or set IMR_PASSWORD_FILE"] =
    "没有 %s 的密码：`imr login` 会询问并保存；或设置 IMR_PASSWORD_FILE",
  ["the account's name"] = "账号", ["the account's name (%s)"] = "账号（%s）", ["the password"] = "密码",
  ["the password (%s)"] = "密码（%s）", ["the password file %s"] = "密码文件 %s",
  ["the password file %s can't be read: %s"] = "密码文件 %s 无法读取：%s",
  ["the password file can't be read: %s"] = "密码文件无法读取：%s",
  ["the password can't be read from standard input: %s"] = "无法从标准输入读取密码：%s",
  ["nothing was saved: there is no HOME or XDG_CONFIG_HOME to save it below"] =
    "未保存任何内容：没有 HOME 或 XDG_CONFIG_HOME 可供存放",
  ["config.lua (nowhere: there is no HOME or XDG_CONFIG_HOME)"] = "config.lua（无处存放：没有 HOME 或 XDG_CONFIG_HOME）",
  ["%s is not what `imr login` writes: repair it, or remove it and log in again"] =
    "%s 不是 `imr login` 写的内容：请修复，或删除后重新登录",
  ["the saved account is refused: %s"] = "已保存的账号不予采用：%s",
  ["nothing was saved: %s"] = "未保存任何内容：%s",
  ["%s is locked by another process"] = "%s 被另一个进程锁定",
  ["the configuration is refused: %s"] = "配置不予采用：%s",
  ["command line"] = "命令行",
  ["%s: %s must be %s"] = "%s：%s 必须是%s",
  ["%s: '%s' has its place outside of the profiles"] = "%s：'%s' 应写在 profiles 之外",
  ["%s has no profile '%s'; it has: %s"] = "%s 中没有 profile '%s'；有：%s",
  ["a text"] = "文本", ["a URL"] = " URL", ["a number, 0 or more"] = "不小于 0 的数字",
  ["auto, json or form"] = " auto、json 或 form", ["en or zh"] = " en 或 zh", ["a table"] = "表",
  ["like +08:00, or seconds such as 28800"] = "如 +08:00 的时区，或秒数如 28800",

  -- stores
  ["the store%s: %s"] = "存储%s：%s",
  ["the store '%s' is none of %s"] = "存储 '%s' 不是以下之一：%s",
  ["file, memory, a directory with a slash in it, redis://, rediss:// or redis+unix://"] =
    "file、memory、带斜杠的目录、redis://、rediss:// 或 redis+unix://",
  ["there is no such store; there are %s"] = "没有这种存储；可用的有 %s",
  ["a whole number up to %d"] = "不大于 %d 的整数", ["a number of seconds"] = "秒数",
  ["; rediss:// is with TLS"] = "；rediss:// 使用 TLS",
  ["; a password stands before the @"] = "；密码写在 @ 之前",
  ["there is no parameter '%s', only %s%s"] = "没有参数 '%s'，只有 %s%s",
  ["%s is said twice"] = "%s 写了两次",
  ["%s must be %s"] = "%s 必须是%s",
  ["ca_file is for rediss://, which is with TLS"] = "ca_file 用于 rediss://（使用 TLS）",
  ["before the @ stands :PASSWORD or USER:PASSWORD, as in redis://:PASSWORD@HOST"] =
    "@ 之前写 :PASSWORD 或 USER:PASSWORD，如 redis://:PASSWORD@HOST",
  ["it is not like redis://HOST:PORT, redis://:PASSWORD@HOST:PORT/0 or redis://[::1]:6379"] =
    "写法应如 redis://HOST:PORT、redis://:PASSWORD@HOST:PORT/0 或 redis://[::1]:6379",
  ["the database behind the / is %s"] = "/ 之后的数据库应为%s",
  ["it is not like redis+unix:///run/redis/redis.sock"] = "写法应如 redis+unix:///run/redis/redis.sock",
  ["behind the scheme stands //HOST, without blanks or #; in a password they are written %%20 %%23"] =
    "协议名之后写 //HOST，不含空格和 #；密码中的空格和 # 写作 %%20 %%23",
  ["it is no directory: file:/DIRECTORY is one"] = "不是目录：应如 file:/DIRECTORY",
  ["no meter was read before 1970"] = "1970 年以前没有抄表",
}
