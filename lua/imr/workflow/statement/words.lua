-- What stands on a sheet, in English and Chinese.

local words = {}

local LIST = {
  title = { "Statement", "费用通知单" },
  draft = { "Draft", "草稿" },
  period = { "Period", "账单周期" },
  tenant = { "Tenant", "用户" },
  code = { "Number", "用户编号" },
  address = { "Address", "地址" },
  nobody = { "No tenant is known", "未登记用户" },
  made = { "Made", "出账时间" },
  bill = { "Bill", "账单号" },
  electricity = { "Electricity", "电费" },
  water = { "Water", "水费" },
  other = { "Other", "其他" },
  meter = { "Meter", "表号" },
  tariff = { "tariff", "价格" },
  multiplier = { "multiplier", "倍率" },
  share = { "share", "分摊" },
  households = { "households", "户数" },
  opening = { "Opening reading", "起码" },
  closing = { "Closing reading", "止码" },
  read_at = { "read", "抄表时间" },
  difference = { "Difference", "读数差" },
  usage = { "Usage", "用量" },
  year_used = { "used this year before", "本年此前累计用量" },
  item = { "Item", "项目" },
  quantity = { "Quantity", "数量" },
  price = { "Unit price", "单价" },
  amount = { "Amount (CNY)", "金额（元）" },
  charge_price = { "Usage", "用量费" },
  tier = { "Tier %d", "第%d阶梯" },
  sharp = { "Sharp", "尖" },
  peak = { "Peak", "峰" },
  flat = { "Flat", "平" },
  valley = { "Valley", "谷" },
  a_month = { "%s a month", "%s/月" },
  minimum = { "Up to the minimum", "补足最低消费" },
  subtotal = { "Subtotal", "小计" },
  first_billed = { "Billed on %s", "%s 出账" },
  adjusted = { "Adjusted on %s", "%s 调整" },
  total = { "Amount due", "应付金额" },
  held = { "Not billed yet", "暂未计费" },
  doubted = { "Being checked", "正在核查" },
  some_held = { "Without %d that could not be billed yet.", "另有%d项暂未计费，未计入。" },
  decided = { "Decided by %s: %s", "由%s核定：%s" },
  months = { "Usage by month", "每月用量" },
  unknown_before = { "– not known", "– 无数据" },
}

local KINDS = { electricity = "kWh", water = "m³" }

local AT = { en = 1, zh = 2 }

local MONTHS = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" }

---The words of a language.
---@param language "en"|"zh"
---@return fun(name: string, ...: any): string
function words.of(language)
  return function(name, ...)
    local text = LIST[name][AT[language]]
    return select("#", ...) > 0 and text:format(...) or text
  end
end

---@param kind string|nil
---@return string
function words.unit(kind) return KINDS[kind] or "" end

---The short name of a month, which carries the year where that begins.
---@param language "en"|"zh"
---@param year string
---@param month integer
---@return string
function words.month(language, year, month)
  if month == 1 then return year end
  return language == "zh" and month .. "月" or MONTHS[month]
end

return words
