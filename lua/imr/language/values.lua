-- Words of ours that stand in the cells of a table, in Chinese, by column and word.

local headings = require "imr.language.headings"
local listings = require "imr.workflow.sync.listings"
local schema = require "imr.schema"
local words = require "imr.workflow.report.words"

local values = {}

-- Short names of the rules, and of the reasons why a line of a bill is held.
values.RULES = {
  decreasing = "读数倒走", rollover = "计度器翻转", suspect = "可疑读数", scale = "倍率不符", meter_swap = "换表",
  two_devices = "一号多设备", similar_number = "表号相近", tenant = "租户变更", gap = "读数中断", zeros = "连续零用量",
  spike = "用量突增", duplicate = "同时刻多值", restated = "事后更正", withdrawn = "平台撤回", future = "时间在未来",
  clock = "时钟异常", usage = "用量不符", negative = "用量为负", tou_sum = "分时合计不符", missing_part = "分时缺项",
  image = "图像未识别", unreadable = "无法读取",
  no_tariff = "无适用价格", other_kind = "价格类别不符", no_price = "时段无价格", no_parts = "无尖峰平谷读数",
  year_to_date = "年累计不明", undecided = "未定计费用量", decided_parts = "决定用量不足", decided_falls = "决定止码偏低",
  decided_swap = "换表须定用量", decided_several = "决定未指明租户", no_opening = "无起码", gone = "不再计费",
}

-- The second of each pair of words, English and Chinese.
local function chinese(pairs_of, more)
  local made = more or {}
  for key, pair in pairs(pairs_of) do made[key] = pair[2] end
  return made
end

local YES_NO = { [true] = "是", [false] = "否", [1] = "是", [0] = "否" }
local KINDS = chinese(words.kind)
local SUPPLY = { connected = "接通", disconnected = "断开" }
local LISTINGS = { all = "全部" }
for _, entry in ipairs(listings) do
  LISTINGS[entry.name] = entry.title[2]
  LISTINGS[entry.table] = LISTINGS[entry.table] or entry.title[2]
end
for _, endpoint in ipairs(schema.listings) do
  LISTINGS[endpoint.program] = LISTINGS[endpoint.program] or LISTINGS[endpoint.name]
end

local TYPES = {}
for _, meter_type in pairs(schema.meter_types()) do
  if meter_type.name then TYPES[meter_type.name] = meter_type.name_zh end
end

-- Names joined by commas.
local REASONS = setmetatable({}, { __index = function(known, text)
  if type(text) ~= "string" then return nil end
  known[text] = text:gsub("[%w_]+", values.RULES):gsub(",%s*", "、")
  return known[text]
end })

-- A text that the catalogue may have, as a whole or by its format.
local SAID = setmetatable({}, { __index = function(_, text)
  return type(text) == "string" and require("imr.language").recognised(text) or nil
end })

local FIELDS = setmetatable({}, { __index = function(_, name) return headings.zh(name) end })

local by_column = {
  field = FIELDS,
  status = { measured = "实测", doubtful = "存疑", incomplete = "不完整", billed = "已计费", held = "暂缓" },
  kind = KINDS, supply = SUPPLY, state_before = SUPPLY, type_name = TYPES, reasons = REASONS, flags = REASONS,
  rule = values.RULES, source = LISTINGS, listing = LISTINGS, table_name = LISTINGS, cause = chinese(words.cause),
  command = chinese(words.command, { read = "抄表" }), why = SAID, way = SAID, time = SAID, detail = SAID, help = SAID,
  granularity = { daily = "每日", realtime = "实时" },
  state = chinese(words.state, { running = "运行中", complete = "完整", incomplete = "不完整", failed = "失败",
    interrupted = "已中断", cancelled = "已撤销", left_out = "未列入" }),
  item = { price = "单价", tier = "阶梯", sharp = "尖", peak = "峰", flat = "平", valley = "谷", surcharge = "附加费",
    fee = "固定费用", minimum = "最低消费" },
  executed = { no = "否", maybe = "不明", yes = "是" },
}

---Words of a column by what a row holds; nil where it has none of ours.
---@param column { name: string, type: string }
---@return table|nil
function values.of(column)
  return by_column[column.name] or (column.type == "flag" or column.type == "enum") and YES_NO or nil
end

return values
