-- What workflows put into a row or on record (detail, why), by the format that made it. Everything that goes in is a
-- text: %s.

return {
  -- flags of quality
  ["%.4g a day; usual are %.4g"] = "每天 %s，平常 %s",
  ["%s used, %.4g a day; usual are %.4g"] = "用量 %s，每天 %s，平常 %s",
  ["%d rows of years ago: the device's clock begins anew"] = "%s 行的时间是多年以前：设备时钟已复位",
  ["%s ahead of the clock"] = "比时钟超前 %s",
  ["%s of the reading before: another scale, or another device"] = "为前一读数的 %s：倍率变了，或换了设备",
  ["is %.4g times the register of %s"] = "是对照值的 %s 倍，对照 %s 的读数",
  ["is 1/%.4g of the register of %s"] = "是对照值的 1/%s，对照 %s 的读数",
  ["stands at another level than the register of %s"] = "与 %s 的读数水平不同",
  ["a unit or so of the last place below its neighbours"] = "比前后读数低末位一两个单位",
  ["a usage below zero; it is no refund"] = "用量为负；这不是退费",
  ["a value by which a device says that it has none"] = "设备用来表示“没有值”的数值",
  ["another row of the same moment"] = "同一时刻的另一行",
  ["below zero"] = "小于零",
  ["changed from %s to %s"] = "由 %s 改为 %s",
  ["device %s replaced by %s"] = "设备 %s 换为 %s",
  ["differs from %s"] = "与 %s 不同",
  ["differs only by blanks, case, width or leading zeros from %s"] = "仅在空格、大小写、全半角或前导零上与 %s 不同",
  ["far above the readings around it, and nothing confirms it"] = "远高于前后读数，且无从印证",
  ["fell by %s"] = "下降 %s",
  ["image status: %s"] = "图像状态：%s",
  ["no image status"] = "没有图像状态",
  ["its neighbours say otherwise"] = "前后读数与之矛盾",
  ["listed at once under this number: %s"] = "同时列在此表号下：%s",
  ["read turn by turn under this number: %s"] = "在此表号下交替读数：%s",
  ["no number that can be counted with"] = "不是可用的数字",
  ["no number that could be read"] = "不是可读的数字",
  ["no reading for %s, usual are %s"] = "%s没有读数，平常间隔 %s",
  ["nothing used in %d days"] = "%s 天没有用量",
  ["ran over, %s used; or another meter under this number"] = "翻转，用量 %s；或此表号已换表",
  ["sharp + peak + flat + valley are off by %s"] = "尖峰平谷之和相差 %s",
  ["tenant %s has moved out"] = "用户 %s 已搬出",
  ["tenant %s came after %s"] = "用户 %s 接替 %s",
  ["the device's clock is ahead by %s"] = "设备时钟超前 %s",
  ["the device's clock is slow by %s"] = "设备时钟滞后 %s",
  ["the device's clock jumped ahead by %s, or next to nothing was used in that time"] =
    "设备时钟向前跳了 %s，或那段时间几乎没有用量",
  ["the platform changed it later"] = "平台事后更改",
  ["the platform lists this row no more; it is in no sum"] = "平台不再列出此行；不计入任何合计",
  ["the rows before have it"] = "此前的行有此值",
  ["usage does not cover the time without rows: %s is missing from %s to %s"] =
    "用量未涵盖没有数据的时间：缺 %s，自 %s 至 %s",
  ["usage is off by %s from %s to %s"] = "用量相差 %s，自 %s 至 %s",
  ["zero, while the register had shown something"] = "为零，而计度器此前有读数",
  ["%d s"] = "%s 秒", ["%d min %02d s"] = "%s 分 %s 秒", ["%d h %02d min"] = "%s 小时 %s 分",
  ["%.1f days"] = "%s 天", ["%.1f hours"] = "%s 小时",

  -- cutoff
  ["no reading before it"] = "此前没有读数",
  ["the newest reading is too old: %s at %s"] = "最近的读数过旧：%s（%s）",
  ["the platform does not list it since %s; no reading before it"] = "平台自 %s 起不再列出；此前没有读数",
  ["the platform does not list it since %s; the newest reading is too old: %s at %s"] =
    "平台自 %s 起不再列出；最近的读数过旧：%s（%s）",
  ["device %s was replaced by %s, of which there is no reading; the last one before was %s at %s"] =
    "设备 %s 换为 %s，后者没有读数；此前最后的读数为 %s（%s）",

  -- supply
  ["the device is protected"] = "设备受保护",
  ["it has expired"] = "已过期",
  ["that is a meter number; its device is %s"] = "这是表号；其设备为 %s",
  ["the platform lists no such device"] = "平台没有此设备",
  ["the outcome of intent %d is unknown: resolve it first"] = "指令 %s 结果不明：请先确认",
  ["it is %s already"] = "已是 %s 状态",
  ["the guard said no"] = "guard 不放行",
  ["the guard said no: %s"] = "guard 不放行：%s",
  interrupted = "已中断",
}
