-- Help of `imr supply`.

return {
  ["Cut or restore supply, at most once and on record."] = "切断或恢复供应，每条指令至多发送一次，全部留有记录。",
  ["Nothing is sent without --yes, or the answer to a question on a terminal. What was stopped stays planned: `resume` "
    .. "sends it, `cancel` calls it off. Exit codes: `imr help exit-codes`; 5: not all is sent or confirmed, 6: an "
    .. "outcome is unknown (`resolve`), 7: a plan on record cannot be read."] =
    "没有 --yes，也没有在终端上回答询问时，不发送任何指令。中途停止的仍在计划中：`resume` 继续发送，`cancel` 撤销。退出码见 "
    .. "`imr help exit-codes`；5：未全部发送或确认，6：有指令结果不明（`resolve`），7：台账中的计划无法读取。",
  ["Cut supply."] = "切断供应（跳闸/关阀）。",
  ["Restore supply."] = "恢复供应（合闸/开阀）。",
  ["Ask meters for a reading now."] = "让表计立即抄表。",
  ["Send what is on record as planned and was not sent."] = "发送台账中已计划而未发送的指令。",
  ["Call off what is planned. Sends nothing."] = "撤销计划中的指令，不发送任何指令。",
  ["Read back what became of commands of unknown outcome."] = "读表确认结果不明的指令。",
  ["How many intents are in which state, and what is armed."] = "各状态的指令数，以及待发的指令。",
  ["What was done."] = "历史记录。",
  ["The ledger: a file, or postgres://USER@HOST/NAME (environment: IMR_LEDGER; default: beside the file store)."] =
    "台账：文件，或 postgres://USER@HOST/NAME（环境变量：IMR_LEDGER；默认在文件存储旁）。",
  ["All that is on record, for a spreadsheet."] = "台账的全部记录，供表格软件使用。",
  ["What became of each intent, step by step."] = "每条指令逐步的状态变化。",
  ["CSV file of devices, in the column device_id (设备编号) or the first one, with --by in meter_no (表号), user_code "
    .. "(用户编码) or house_number (门牌号); a column command (指令) may say what each is for; - is standard input."] =
    "设备的 CSV 文件，取 device_id（设备编号）列或第一列；用 --by 时取 meter_no（表号）、user_code（用户编码）或 "
    .. "house_number（门牌号）列；command（指令）列可逐行指明指令；- 为标准输入。",
  ["What arguments and files name: device (default), meter_no, user_code or house_number. One that no meter has, or "
    .. "that means several devices, is an error."] = "参数和文件所写的是什么：device（设备，默认）、meter_no（表号）、"
    .. "user_code（用户编码）或 house_number（门牌号）。对应不上任何表或对应多个设备即报错。",
  ["With --by user_code or house_number: all meters where a tenant has several."] =
    "用 --by user_code 或 house_number 时：用户有多块表则全部包括。",
  ["Why; stays on record."] = "原因，记录在案。",
  ["Plan nothing when more than N commands would be sent."] = "要发送的指令多于 N 条时不作任何计划。",
  ["No supply is cut in these, such as 20:00-08:00, on the platform's clock."] = "此时段内不切断供应，如 20:00-08:00，按平台时钟。",
  ["Device or meter number that is never sent anything, or @FILE of them, in the columns device_id and meter_no or the "
    .. "first one (repeatable; environment: IMR_PROTECTED=FILE)."] =
    "受保护、从不发送指令的设备或表号，或 @FILE（取 device_id 和 meter_no 列或第一列；可重复；环境变量：IMR_PROTECTED=FILE）。",
  ["Devices that are offline obey when they are back, if at all: send to them like to the others (default), skip them, "
    .. "or send to them last."] = "不在线的设备要等恢复在线才可能执行：照常发送（send，默认）、不发送（skip）或排在最后（last）。",
  ["Put the plan on record and send nothing: this user has to `approve` it; * is anybody else (configuration: supply = "
    .. "{ approval = 2 })."] = "只把计划入账、不发送：须由此用户 `approve` 批准；* 为任何其他用户（配置：supply = { approval = 2 }）。",
  ["Send a plan that another user has made and put on record."] = "发送另一用户制定并入账的计划。",
  ["Its number."] = "计划编号。",
  ["Send also where the platform shows the wanted state already."] = "平台已显示为所要的状态时也发送。",
  ["Shell command asked right before each command leaves, with the device as its last argument; status 0 lets it go."] =
    "每条指令发出前询问的 shell 命令，设备为其最后一个参数；返回 0 则放行。",
  ["Go on though what is protected is empty, matches no meter, or several devices."] =
    "即使受保护名单为空、对应不上任何表或对应多个设备，也继续。",
  ["A guard that says nothing within these is ended and counts as no (default: 30)."] =
    "guard 在此时间内没有回答则被终止，视为不放行（默认 30）。",
  ["Read the meters until they show the change; without it a command is accepted at most."] =
    "读表直到显示变化；否则指令至多为“已受理”。",
  ["End after so many failures in a row (default: 3)."] = "连续失败这么多次后结束（默认 3）。",
  ["Only show the plan, also where no terminal is."] = "只显示计划，没有终端时也如此。",
  ["Send without asking. Without it a terminal shows the plan and asks; elsewhere nothing leaves."] =
    "直接发送。没有它时，终端上显示计划并询问；其他情况不发送任何指令。",
  ["Device ids as `imr meters --fields device_id,meter_no` lists them, or what --by says."] =
    "设备编号（`imr meters --fields device_id,meter_no` 可列出），或 --by 所指的编号。",
  ["This intent."] = "此编号的指令。",
  ["Whatever is planned of this plan."] = "此计划中尚未发送的全部指令。",
  ["Whatever is planned for this device."] = "此设备尚未发送的全部指令。",
  ["Whatever is planned."] = "所有尚未发送的指令。",
  ["Only this device."] = "只要此设备。",
  ["The transitions of this intent."] = "此指令的状态变化。",
  ["So many of the newest (default: 100)."] = "最近的这么多条（默认 100）。",
}
