-- What `imr supply` says on stderr.

return {
  -- while it runs
  ["%d of %d, %s left%s"] = "%d / %d，还需 %s%s",
  [", %d to be confirmed"] = "，%d 条待确认",
  ["%s and %d more"] = "%s 等，另有 %d 个",
  ["%s %s waits: %s"] = "%s %s 等待：%s",
  ["another process restores supply"] = "另一进程正在恢复供应",
  ["another process has the queue"] = "另一进程正在处理队列",
  ["all is sent; up to %s for the confirmation of %d meters: %s"] = "已全部发送；最多再用 %s 确认 %d 块表：%s",
  ["%d of %d, %s left, "] = "%d / %d，还需 %s，",
  ["%s%d to be confirmed within %s: %s"] = "%s%d 条待确认，限 %s：%s",
  ["read back %d of %d"] = "已读回 %d / %d",
  ["%s has %d sheets: the first one is read"] = "%s 有 %d 个工作表：只读取第一个",
  -- how it ended
  ["%d %s"] = "%d 条%s",
  ["there was nothing to send"] = "没有要发送的",
  ["%d on record as planned: `imr supply resume --yes` sends them, until %s"] =
    "%d 条已入账、尚未发送：`imr supply resume --yes` 可发送，至 %s 作废",
  ["`imr supply cancel %s --reason TEXT` takes them back"] = "`imr supply cancel %s --reason TEXT` 可全部撤销",
  ["intent %d, %s %s, planned by %s, is superseded %s"] = "指令 %d，%s %s，由 %s 计划，已被取代：%s",
  ["%d have left: `imr supply reconnect` restores supply"] = "%d 条已发出：`imr supply reconnect` 可恢复供应",
  ["`imr supply resolve` reads whether the meters have obeyed"] = "`imr supply resolve` 可读回各表是否已执行",
  ["ended early: %s%s"] = "提前结束：%s%s",
  ["the plan is on record: `imr supply status` says what of it is still planned"] =
    "计划已入账：`imr supply status` 可查看其中尚未发送的指令",
  -- the plan and the question
  ["not sent to %s: %s"] = "不发送给 %s：%s",
  ["protected, but no meter there is: %s"] = "受保护，但没有这块表：%s",
  ["%d to send in about %s, %d left out%s"] = "要发送 %d 条，约需 %s，%d 条不发送%s",
  ["; nothing was sent"] = "；没有发送任何指令",
  ["; nothing was sent (--yes sends)"] = "；没有发送任何指令（加 --yes 发送）",
  ["send %d commands? type %d: "] = "要发送 %d 条指令吗？请输入 %d：",
  ["nothing was sent"] = "没有发送任何指令",
  ["nothing was sent: without a terminal say --yes to send, or --dry-run to see the plan only"] =
    "没有发送任何指令：没有终端时，加 --yes 发送，或加 --dry-run 只看计划",
  ["say why with --reason: it stays on record"] = "请用 --reason 说明原因，它会记录在案",
  -- what nobody knows
  ["intent %d, %s %s, is unknown: %s"] = "指令 %d，%s %s，结果不明：%s",
  ["%d more are unknown"] = "另有 %d 条结果不明",
  ["`imr supply resolve` reads back what is unknown"] = "`imr supply resolve` 可读回结果不明的指令",
  ["intent %d, %s %s: %s"] = "指令 %d，%s %s：%s",
  ["no command is of unknown outcome"] = "没有结果不明的指令",
  -- status, cancel
  ["armed: intent %d, %s %s%s, since %s, until %s (plan %d of %s: %s)"] =
    "待发：指令 %d，%s %s%s，自 %s 起，至 %s（计划 %d，%s：%s）",
  ["expired: intent %d, %s %s%s, since %s, until %s (plan %d of %s: %s)"] =
    "已过期：指令 %d，%s %s%s，自 %s 起，至 %s（计划 %d，%s：%s）",
  ["%d more are armed"] = "另有 %d 条待发",
  ["a process is at work on the queue of %s"] = "有进程正在处理 %s 的队列",
  ["%d are not known to be done: `imr supply resolve`"] = "%d 条不知是否已执行：`imr supply resolve`",
  ["intent %d, %s %s, is cancelled and will not be sent"] = "指令 %d，%s %s，已撤销，不会发送",
  ["%d are being sent: cancelled only if they do not get away"] = "%d 条正在发送：仅当没有发出时才会撤销",
  ["the ledger knows no such device"] = "台账中没有此设备",
  ["nothing of it is planned"] = "其中没有待发的指令",
  ["asks the guard of its plan first: %s"] = "发送前先询问计划中的 guard：%s",
  -- approval
  ["nothing is sent: plan %d waits for the approval of %s: `imr supply approve %d`"] =
    "没有发送任何指令：计划 %d 等待 %s 批准：`imr supply approve %d`",
  ["plan %d waits for the approval of %s: `imr supply approve %d`"] = "计划 %d 等待 %s 批准：`imr supply approve %d`",
  ["put %d commands on record, for %s to approve? type %d: "] = "要把 %d 条指令入账、等待 %s 批准吗？请输入 %d：",
  ["--approve-by names nobody"] = "--approve-by 没有指明任何人",
  ["%s: supply.approval must be 1 or 2"] = "%s：supply.approval 必须是 1 或 2",
  ["`imr supply status` names what waits for whom"] = "`imr supply status` 列出待谁批准",
  -- workbooks that cannot be read
  ["the archive ends in the middle"] = "压缩包不完整",
  ["the archive has no end"] = "压缩包没有结尾",
  ["it is encrypted, or packed in a way that is not known"] = "已加密，或压缩方式未知",
  ["a text of it is missing"] = "缺少其中的文本",
  ["it has too many columns"] = "列数过多",
  ["it has no sheet"] = "没有工作表",
  ["its rows are not in order"] = "行的顺序不对",
  ["it is not UTF-8"] = "不是 UTF-8",
}
