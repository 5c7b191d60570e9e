-- Every kind of error that no return code of the platform stands for: where it comes from, what `executed` may be with
-- it, and what it means in the two languages of the documents.

local CLIENT = { "a client", "客户端" }
local ANYWHERE = { "any part", "各部分" }
local DATABASE = { "the database", "数据库" }
local SUPPLY = { "`imr.workflow.supply`", "`imr.workflow.supply`" }
local PROGRAM = { "the program `imr`", "命令行 `imr`" }

local NO, MAYBE, YES = { "no" }, { "maybe" }, { "yes" }
local NO_OR_MAYBE, NO_OR_YES, MAYBE_OR_YES = { "no", "maybe" }, { "no", "yes" }, { "maybe", "yes" }
local NOTHING = {} -- a program's own errors are about no request

return {
  { "network", CLIENT, NO_OR_MAYBE, "there is no connection, or it broke", "无法连接，或连接中断" },
  { "timeout", CLIENT, NO_OR_MAYBE, "no answer came in time, or the deadline passed before the request was sent",
    "未按时收到应答，或请求发出前已过截止时间" },
  { "http", CLIENT, MAYBE, "`err.http_status` is not 200, and the body is no answer of the platform's",
    "`err.http_status` 不是 200，且正文不是平台的应答" },
  { "throttled", CLIENT, NO_OR_MAYBE, "HTTP 429, or the next slot is further away than `max_wait`",
    "HTTP 429，或下一个时间片比 `max_wait` 更远" },
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
  { "output", PROGRAM, NOTHING, "the output cannot be written", "无法写出结果" },
  { "interrupted", PROGRAM, NOTHING, "Ctrl-C, or another signal", "Ctrl-C 或其他信号" },
  { "closed_pipe", PROGRAM, NOTHING, "whoever read the output has gone; nothing is said of it", "读取输出的一方已退出；不作提示" },
  { "internal", PROGRAM, NOTHING, "a mistake of ours, with its traceback", "本库自身的错误，附调用栈" },
}
