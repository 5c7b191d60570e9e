-- What to do about an error, and what exit codes mean.

return {
  ["`imr %s--help` shows what there is"] = "用 `imr %s--help` 查看可用的选项",
  ["`imr login` asks for the password anew; nothing is repeated by itself, because accounts get locked"] =
    "`imr login` 会重新询问密码；程序不会自行重试，以免账号被锁",
  ["ask the platform's operator for the right, or take the account that has it"] = "请向平台运营方申请权限，或换用有权限的账号",
  ["something else uses this account: try later, or let both share one store (--store)"] =
    "另有程序在用此账号：请稍后再试，或让两者共享一个存储（--store）",
  ["`imr doctor` looks for the cause"] = "用 `imr doctor` 查找原因",
  ["`imr doctor` looks for the cause; --deadline and --timeout give it more time"] =
    "用 `imr doctor` 查找原因；--deadline 和 --timeout 可给更多时间",
  ["is the base URL right? `imr doctor` shows what it speaks"] = "base URL 是否正确？用 `imr doctor` 查看对方的应答",
  ["look at the meter (`imr latest --meter NUMBER`) before you send it again"] =
    "重新发送之前请先查看该表（`imr latest --meter NUMBER`）",
  ["set it (`timedatectl` shows whether it is kept in step); --trust-clock goes on where it is right"] =
    "请校准时钟（`timedatectl` 可查看是否同步）；时钟无误时用 --trust-clock 继续",
  ["`imr export --table meters` shows those that it knows"] = "用 `imr export --table meters` 查看已知的表",
  ["mend the list (--protected, IMR_PROTECTED), or go on with --allow-unmatched"] =
    "请修正名单（--protected、IMR_PROTECTED），或用 --allow-unmatched 继续",
  ["`imr supply history` shows the plan's intents; `imr supply cancel` takes them back"] =
    "用 `imr supply history` 查看计划中的指令，用 `imr supply cancel` 撤销",
  ["nothing was kept; accounts get locked after a few wrong passwords"] = "未保存任何内容；多次输错密码会锁定账号",

  -- doctor
  ["`imr login`, or set IMR_USERNAME and IMR_PASSWORD_FILE"] = "用 `imr login`，或设置 IMR_USERNAME 和 IMR_PASSWORD_FILE",
  ["make it right, or choose another with --store"] = "请修正，或用 --store 另选一个",
  ["is the name right (--base-url), and does this machine resolve others?"] =
    "域名是否正确（--base-url）？本机能否解析其他域名？",
  ["`imr login` asks anew; accounts get locked after a few wrong passwords"] =
    "用 `imr login` 重新输入；多次输错密码会锁定账号",
  ["is the address right (--base-url)? does a proxy stand in between (--proxy)?"] =
    "地址是否正确（--base-url）？中间是否有代理（--proxy）？",
  ["is the address right (--base-url)? does a firewall drop what we send?"] =
    "地址是否正确（--base-url）？防火墙是否丢弃了请求？",
  ["what answers there is not the platform: is the path in --base-url right?"] =
    "应答的不是平台：--base-url 中的路径是否正确？",
  ["ask the platform's operator for an https:// address"] = "请向平台运营方索取 https:// 地址",
  ["ask the platform's operator for the right, if you need it"] = "需要的话请向平台运营方申请权限",
  ["something else uses this account: let both share one store"] = "另有程序在用此账号：请让两者共享一个存储",
  ["set the clock (NTP): words like yesterday and the end of a period go by it"] =
    "请校准时钟（NTP）：yesterday 等词和时段的结束都以它为准",
  ["`imr help config` shows how it is written"] = "写法见 `imr help config`",

  -- exit codes
  ["Exit codes:"] = "退出码：",
  ["done (also when whoever reads our output has had enough)"] = "完成（读取输出的一方提前离开也算）",
  ["the platform failed, or something on this machine (file, store, guard), or a plan of more than --max"] =
    "平台出错，或本机（文件、存储、guard）出错，或计划多于 --max",
  ["wrong use: a flag, a date, the configuration, what is protected; or no --yes where no terminal is"] =
    "用法错误：选项、日期、配置、受保护名单；或没有终端又没有 --yes",
  ["credentials: none, wrong ones, or no right to this endpoint; or a plan that is not yours to approve"] =
    "凭据：没有、错误，或无权使用该接口；或该计划不应由您批准",
  ["throttled, unreachable, out of time, or another run is at work: try again later"] =
    "被限速、无法连接、超时，或另一个运行正在进行：请稍后再试",
  ["the listing, or the period of a database, is not known to be complete; a meter that was asked for is not in it;"
    .. " a usage is not measured, a line of a bill is held; or a command is not sent or confirmed"] =
    "无法确认列表或数据库的时段完整；所指定的表不在其中；有用量不是实测，账单有行暂缓；或有指令未发送、未确认",
  ["nobody knows whether a command was executed: look at the meter before you send it again"] =
    "不知道指令是否已执行：重新发送之前请先查看表计",
  ["the guard, quiet hours or protection of a plan on record cannot be read: nothing was sent"] =
    "台账中计划的 guard、静默时段或受保护名单无法读取：未发送任何指令",
  ["interrupted by Ctrl-C (128 + the number of another signal)"] = "被 Ctrl-C 中断（其他信号为 128 加信号编号）",
}
