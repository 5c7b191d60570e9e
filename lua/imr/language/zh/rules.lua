-- What can be tuned of the rules of quality.

return {
  ["fewest digits before the point that a register has"] = "计度器小数点前最少的位数",
  ["share of the range before its end and after its beginning that counts as running over"] =
    "距量程末端和起点多大比例以内视为翻转",
  ["times the usual time between two readings (24 hours while nothing is usual)"] =
    "通常读数间隔的倍数（没有常例时按 24 小时）",
  ["fewest days"] = "最少天数",
  ["standard deviations (estimated from the median deviation) above the median"] =
    "高于中位数的标准差倍数（由中位偏差估计）",
  ["times the median that it has to be at least"] = "至少为中位数的倍数",
  ["fewest steps that show what is usual"] = "足以说明常例的最少步数",
  ["kWh a day that are no spike, however little is usual"] = "每天多少 kWh 以内不算突增，无论平常多少",
  ["cubic metres a day that are no spike, however little is usual"] = "每天多少立方米以内不算突增，无论平常多少",
  ["kWh a day that a connection can carry"] = "接线每天所能承载的 kWh",
  ["cubic metres a day that a connection can carry"] = "管道每天所能承载的立方米",
  ["minutes that a clock may be wrong"] = "时钟允许的误差（分钟）",
  ["minutes that it may be ahead"] = "允许超前的分钟数",
  ["days that its newest rows may be older than those of the fleet, run after run"] =
    "其最新数据行可比其他表旧多少天（历次运行均如此）",
  ["units of the last place from which they differ"] = "末位相差多少个单位起算不符",
}
