-- What commands say on stderr.

return {
  ["`imr %s--help` shows what there is"] = "用 `imr %s--help` 查看可用的选项",
  ["say which command:"] = "请指明命令：",
  [", %s left"] = "，还需 %s",
  ["%s: %d pages, %d rows%s"] = "%s：%d 页，%d 行%s",
  ["%d meters"] = "%d 块表计",
  ["%d meters%s"] = "%d 块表计%s",
  ["the period ends (%s) before it begins (%s)"] = "期间的结束时间（%s）早于开始时间（%s）",
}
