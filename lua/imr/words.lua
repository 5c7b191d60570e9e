-- What fields, parameters, return codes and kinds of errors mean, in the two languages of the documents. Only the
-- documents load it. A field that is new in imr.schema may have its words there.
--
-- The platform's document names no units. Those here are what its meters show; powers have none, meters differ.

local fields = {
  project_code = { "project", "项目编码" },
  device_id = { "device; commands take it", "设备 ID，下发指令时使用" },
  device_name = { "name of the device", "设备名称" },
  meter_no = { "meter number, with its leading zeros", "表号，字符串，保留前导零" },
  address = { "where the meter is", "表地址" },
  meter_type = { "type, a key of `imr.meter_types`", "表类型，即 `imr.meter_types` 的键" },
  kind = { "`electricity` or `water`; absent for a type that is not documented",
    "`electricity` 或 `water`；文档未列出的类型没有此字段" },
  type_name = { "English name of the type, where it has one", "类型的英文名（有名称的类型才有）" },
  last_online = { "when it was last online", "最近上线时间" },
  online = { "whether it is online", "是否在线" },
  supply = { "state of the breaker or the valve", "供电（供水）状态：`connected` 合闸/开阀，`disconnected` 跳闸/关阀" },
  user_code = { "customer's code", "用户编码" },
  user_name = { "customer's name", "用户名称" },
  house_number = { "house or door number", "门牌号" },
  reading = { "register value, kWh or m³", "读数，kWh 或 m³" },
  read_time = { "when it was read", "读数时间" },
  imei = { "IMEI of the module", "模组 IMEI" },
  usage = { "what was used, kWh or m³", "用量，kWh 或 m³" },
  amount = { "what it costs, yuan", "金额，元" },
  reported_at = { "when the platform got it", "上报时间" },
  freeze_time = { "when the registers were frozen", "冻结时间" },
  energy_total = { "cumulative forward active energy, kWh", "正向有功总电能，累计值，kWh" },
  energy_sharp = { "the same, sharp tariff, kWh", "尖，累计值，kWh" },
  energy_peak = { "the same, peak tariff, kWh", "峰，累计值，kWh" },
  energy_flat = { "the same, flat tariff, kWh", "平，累计值，kWh" },
  energy_valley = { "the same, valley tariff, kWh", "谷，累计值，kWh" },
  voltage_a = { "voltage of phase A, V", "A 相电压，V" },
  voltage_b = { "voltage of phase B, V", "B 相电压，V" },
  voltage_c = { "voltage of phase C, V", "C 相电压，V" },
  current_a = { "current of phase A, A", "A 相电流，A" },
  current_b = { "current of phase B, A", "B 相电流，A" },
  current_c = { "current of phase C, A", "C 相电流，A" },
  active_power = { "total active power", "总有功功率" },
  active_power_a = { "active power of phase A", "A 相有功功率" },
  active_power_b = { "active power of phase B", "B 相有功功率" },
  active_power_c = { "active power of phase C", "C 相有功功率" },
  reactive_power = { "total reactive power", "总无功功率" },
  reactive_power_a = { "reactive power of phase A", "A 相无功功率" },
  reactive_power_b = { "reactive power of phase B", "B 相无功功率" },
  reactive_power_c = { "reactive power of phase C", "C 相无功功率" },
  image_status = { "the platform's own words for it", "图像解析状态（平台原文）" },
  image_ok = { "whether the picture could be read", "图像是否解析成功" },
  image_url = { "address of the picture", "图像地址" },
}

local parameters = {
  username = { "account", "用户账号" },
  password = { "its password", "用户密码" },
  meter = { "one meter number; all when absent", "一个表号；省略则查询全部" },
  meters = { "a list of meter numbers, or text with commas; all when absent",
    "表号列表，或以逗号分隔的字符串；省略则查询全部" },
  from = { "Unix seconds, or `YYYY-MM-DD[ HH:MM:SS]`; a date means 00:00:00",
    "Unix 秒，或 `YYYY-MM-DD[ HH:MM:SS]`；只写日期表示 00:00:00" },
  to = { "the same; a date means 23:59:59", "同上；只写日期表示 23:59:59" },
  page_size = { "rows a page, 1 to 1000; else the client's", "每页行数，1 到 1000；省略则取客户端的设置" },
  granularity = { "`realtime`, `daily` (its value is inferred), or a raw number", "`realtime`、`daily`（取值系推断）或原始数字" },
  device_id = { "device", "设备 ID" },
  command = { "`disconnect`, `reconnect` or `request_reading`", "`disconnect`、`reconnect` 或 `request_reading`" },
}

-- What the client does about a return code; then the code's meaning and that in Chinese. The English meaning is in
-- imr.errors, which shows it.
local codes = {
  [200] = { "–", "成功", "—" },
  [1001] = { "reads: again after a pause; commands: never again", "失败", "查询：退避后重试；指令：不重发" },
  [1002] = { "stops at once, never again", "账号不存在或没有 API 权限", "立即停止，不重试" },
  [1005] = { "stops at once, never again: accounts get locked", "密码错误", "立即停止，不重试（多次尝试会锁定账号）" },
  [1006] = { "logs in once more and repeats the call", "token 不存在", "重新登录一次，再重复本次调用" },
  [1007] = { "the same", "token 已过期", "同 1006" },
  [1008] = { "never again; only a login with `encoding = \"auto\"` tries once more as a form", "缺少参数",
    "不重试；仅 `encoding = \"auto\"` 的登录会改用表单再试一次" },
  [1009] = { "never again", "账号与 token 不符，或没有该接口的权限", "不重试" },
  [1010] = { "never again; says so", "重复订单：先前的一条仍然有效，可能就是本条", "不重试，如实返回" },
  [1011] = { "pushes the shared slot back, waits, repeats", "访问过快", "推迟共享的时间片，等待后重复" },
  other = { "as 1001; the number and `msg` are kept", "未知返回码", "同 1001，保留数字和 `msg`" },
}

-- Every kind of error that no return code stands for: where it comes from, what `executed` may be with it, and what it
-- means.

local CLIENT = { "a client", "客户端" }
local ANYWHERE = { "any part", "各部分" }
local DATABASE = { "the database", "数据库" }
local SUPPLY = { "`imr.workflow.supply`", "`imr.workflow.supply`" }
local PROGRAM = { "the program `imr`", "命令行 `imr`" }

local NO, MAYBE, YES = { "no" }, { "maybe" }, { "yes" }
local NO_OR_MAYBE, NO_OR_YES, MAYBE_OR_YES = { "no", "maybe" }, { "no", "yes" }, { "maybe", "yes" }
local NOTHING = {} -- a program's own errors are about no request

local kinds = {
  { "network", CLIENT, NO_OR_MAYBE, "there is no connection, or it broke", "无法连接，或连接中断" },
  { "timeout", CLIENT, NO_OR_MAYBE, "no answer came in time, or the deadline passed before the request was sent",
    "未按时收到应答，或请求发出前已过截止时间" },
  { "http", CLIENT, MAYBE, "`err.http_status` is not 200, and the body is no answer of the platform's",
    "`err.http_status` 不是 200，且正文不是平台的应答" },
  { "throttled", CLIENT, NO_OR_MAYBE, "HTTP 429, or the next slot is further away than `max_wait`",
    "HTTP 429，或下一个时间片比 `max_wait` 更远" },
  { "unavailable", CLIENT, NO,
    "the platform did not answer the last request; `err.retry_after` says when it is tried again",
    "上一个请求没有得到平台的应答；`err.retry_after` 为下次尝试的时间" },
  { "protocol", CLIENT, MAYBE_OR_YES, "what came is not what the platform answers, or answers another request",
    "收到的不是平台应有的应答，或是另一个请求的应答" },
  { "unknown_outcome", CLIENT, MAYBE,
    "a command was perhaps executed: read the meter, do not send it again; `err.code` is that of its answer, if any",
    "不知道指令是否已执行：应读表确认，不要重发；有应答时 `err.code` 为其返回码" },
  { "incomplete", CLIENT, YES, "a listing is not known to be complete, and `incomplete = \"error\"` was asked for",
    "无法确认列表完整，且设置了 `incomplete = \"error\"`" },
  { "not_found", CLIENT, NO_OR_YES, "the platform's list does not have the meter", "平台的列表中没有该表" },
  { "vetoed", CLIENT, NO, "`before_send`, `last_check` or `interrupted` stopped the command before it left",
    "`before_send`、`last_check` 或 `interrupted` 在指令发出之前拦下了它" },
  { "store", CLIENT, NO, "the store cannot be used", "存储不可用" },
  { "closed", CLIENT, NO_OR_MAYBE, "the client was closed", "客户端已关闭" },
  { "phase", ANYWHERE, NO_OR_MAYBE,
    "nothing may wait here: a phase of nginx, a database in its worker, the client in its own `on_event` or transport",
    "这里不能等待：nginx 的当前阶段、worker 里的数据库，或在 `on_event`、传输函数里调用客户端" },
  { "missing", ANYWHERE, NO, "a Lua module that this part needs is not there; the message says how to get it",
    "缺少这一部分所需的 Lua 模块；错误信息说明如何安装" },
  { "usage", ANYWHERE, NO, "the text names no database, or none that is there; in the program, wrong use",
    "文字不是数据库地址，或所指的数据库不存在；在命令行中表示用法错误" },
  { "database", DATABASE, NO, "the database failed", "数据库出错" },
  { "clock", DATABASE, NO, "the clock of this machine is wrong, or the last run's was: nothing was read",
    "本机时钟有误，或上次运行时的时钟有误：未读取任何数据" },
  { "busy", DATABASE, NO, "another sync is at work on the database", "另一个同步正在使用该数据库" },
  { "ledger", SUPPLY, NO, "the ledger cannot be used", "台账不可用" },
  { "locked", SUPPLY, NO, "another process is at work on the ledger's queue", "另一个进程正在处理该台账的队列" },
  { "limit", ANYWHERE, NO_OR_YES,
    "the plan would send more than `max`: nothing is planned; or a listing goes on beyond `max_rows` or `max_pages`",
    "计划要发送的指令多于 `max`：不作任何计划；或列表超过 `max_rows`、`max_pages` 仍未结束" },
  { "guard", SUPPLY, NO, "the guard failed, or has to be given again", "guard 出错，或需要重新提供" },
  { "protection", SUPPLY, NO,
    "what is protected is in doubt: a name that matches no meter, an empty list, an answer that is neither yes nor no",
    "受保护对象不明确：名称不对应任何表、名单为空，或函数的返回值不是真假" },
  { "unsafe", SUPPLY, NO, "the guard, quiet hours or protection of a plan on record cannot be read: nothing is sent",
    "台账中计划的 guard、静默时段或受保护名单无法读取：不发送任何指令" },
  { "held", SUPPLY, NO, "inside the queue: a command is not sent now; the intent's `detail` says why",
    "队列内部：指令此刻不发送，原因记在该意图的 `detail` 中" },
  { "credentials", PROGRAM, NOTHING, "there is no account or no password", "没有账号或密码" },
  { "unknown_meter", PROGRAM, NOTHING, "the database, or the platform, does not have a meter that was asked for",
    "数据库里或平台上没有所指定的表" },
  { "output", PROGRAM, NOTHING, "the output cannot be written", "无法写出结果" },
  { "interrupted", PROGRAM, NOTHING, "Ctrl-C, or another signal", "Ctrl-C 或其他信号" },
  { "closed_pipe", PROGRAM, NOTHING, "whoever read the output has gone; nothing is said of it", "读取输出的一方已退出；不作提示" },
  { "internal", PROGRAM, NOTHING, "a mistake of ours, with its traceback", "本库自身的错误，附调用栈" },
}

return { fields = fields, parameters = parameters, codes = codes, kinds = kinds }
