-- What imr.workflow.supply refuses or warns of, like errors.lua: known by the texts that were made.

local errors = {
  ["%s; nothing is planned or sent"] = "%s；不作任何计划，什么都不发送",
  ["%s is that of several tenants: %s"] = "%s 属于多个用户：%s",
  ["%s has %s devices: %s"] = "%s 有 %s 个设备：%s",
  ["%s has %s devices: %s (all_of_tenant, --all-of-tenant: all of them)"] =
    "%s 有 %s 个设备：%s（--all-of-tenant 表示全部）",
  ["device %s: %s and %s in one plan"] = "设备 %s：同一计划中既有 %s 又有 %s",
  ["the plan would send %s commands, more than the %s allowed: nothing is planned"] =
    "计划要发送 %s 条指令，超过允许的 %s 条：没有列入计划",
  ["there is no plan %s"] = "没有计划 %s",
  ["plan %s has been approved by %s"] = "计划 %s 已由 %s 批准",
  ["plan %s was made by the user who is at work here (%s): another one has to approve it"] =
    "计划 %s 由当前用户（%s）制定：须由他人批准",
  ["plan %s is for %s to approve, not for %s"] = "计划 %s 应由 %s 批准，而不是 %s",
  ["another process is at work on the queue of %s"] = "另一个进程正在处理 %s 的队列",
  ["device %s is listed under %s meter numbers: %s"] = "设备 %s 列在 %s 个表号下：%s",
  ["%s is also the meter number of device %s: the command goes to device %s"] =
    "%s 同时是设备 %s 的表号：指令发给设备 %s",
  ["by intent %s, which is newer or was sent meanwhile"] = "由指令 %s 取代：它更新，或在其间已发送",
  ["it is offline"] = "设备离线",
}

-- Several in one message follow each other.
for words, chinese in pairs { ["meter number"] = "表号", ["user code"] = "用户编码", ["house number"] = "门牌号" } do
  for before, between in pairs { [""] = "", ["%s; "] = "%s；" } do
    errors[before .. words .. " %s"] = between .. chinese .. " %s"
    errors[before .. "no meter has the " .. words .. " %s"] = between .. "没有任何表的" .. chinese .. "是 %s"
  end
end

return errors
