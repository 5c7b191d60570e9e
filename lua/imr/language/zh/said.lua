-- What commands say on stderr.

return {
  ["there is no field '%s', did you mean '%s'? There are: %s"] = "没有字段 '%s'，是否想写 '%s'？可用的有：%s",
  ["there is no field '%s'; there are: %s"] = "没有字段 '%s'；可用的有：%s",
  ["--%s is empty"] = "--%s 是空的",
  ["no meter of the database fits: %s"] = "数据库中没有符合条件的表：%s",
  ["no meter of the period fits: %s"] = "该时段没有符合条件的表：%s",
  ["no meter at the cutoff fits: %s"] = "该时刻没有符合条件的表：%s",
  ["no line fits: %s"] = "没有符合条件的账单行：%s",
  ["no row fits: %s"] = "没有符合条件的数据行：%s",
  ["Total"] = "合计",
  ["`imr %s--help` shows what there is"] = "用 `imr %s--help` 查看可用的选项",
  ["say which command:"] = "请指明命令：",
  [", %s left"] = "，还需 %s",
  ["%s: %d pages, %d rows%s"] = "%s：%d 页，%d 行%s",
  ["%d meters"] = "%d 块表计",
  ["%d meters%s"] = "%d 块表计%s",
  ["the period ends (%s) before it begins (%s)"] = "期间的结束时间（%s）早于开始时间（%s）",
}
