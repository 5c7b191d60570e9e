-- What a column is called in Chinese. A field of the schema that is not here is called by the first words of its
-- meaning (imr.words, or beside it in imr.schema).

local copy = require "imr.base.copy"
local schema = require "imr.schema"

local own = {
  -- meters, devices and who lives there
  meter_no = "表号", project_code = "项目编码", device_id = "设备编号", device_name = "设备名称", device = "设备",
  kind = "类别", meter_type = "表类型", type_name = "类型名称", address = "表地址", building = "楼栋",
  house_number = "门牌号", user_code = "用户编码", user_name = "用户名称", last_online = "最近上线", online = "在线",
  supply = "通断状态", imei = "模组 IMEI", first_seen = "首次出现", last_seen = "最近出现", removed_at = "移除时间",
  since = "起始时间", ["until"] = "截止时间", last_shown = "最近显示", extra = "其他字段", invalid = "无法解析的值",
  -- readings
  reading = "读数", read_time = "读数时间", freeze_time = "冻结时间", reported_at = "上报时间", usage = "用量",
  amount = "金额", granularity = "粒度", copy = "副本", day = "日期", time = "时间", source = "来源",
  energy_total = "总电能", energy_sharp = "尖电能", energy_peak = "峰电能", energy_flat = "平电能",
  energy_valley = "谷电能", sharp = "尖", peak = "峰", flat = "平", valley = "谷", image_status = "图像状态",
  image_ok = "图像正常", image_url = "图像地址", stored_at = "入库时间", changed_at = "更正时间",
  withdrawn_at = "撤回时间", opening = "起码", opening_time = "起码时间", closing = "止码", closing_time = "止码时间",
  electricity_usage = "用电量", water_usage = "用水量",
  age_hours = "时距小时", resolved = "有读数",
  -- how sure it is
  status = "状态", reasons = "原因", measured = "实测", doubtful = "存疑", incomplete = "不完整", flags = "异常标记",
  rule = "规则", field = "字段", value = "数值", reference = "对照值", detail = "说明", tuning = "可调参数",
  help = "含义", why = "原因说明", why_zh = "暂缓原因", cause = "缺失原因",
  -- bills
  bill = "账单", bill_id = "账单编号", number = "行号", tariff = "价格", tariff_name = "价格表", multiplier = "倍率",
  share = "公摊比例", households = "户数", charges = "费用明细", charge = "费用", item = "费用项", name = "名称",
  tier = "阶梯", quantity = "数量", price = "单价", year_used = "本年累计用量", readings = "所用读数", decided_by = "决定人",
  decision = "决定依据", decisions = "决定", lines = "行数", held = "暂缓", made_at = "生成时间", adjusts = "所调整的账单",
  program = "程序版本", voided_at = "作废时间", void_reason = "作废原因", utc_offset = "时区偏移",
  freeze_window = "冻结窗口", from_time = "开始时间", to_time = "结束时间", period_from = "期间开始",
  period_to = "期间结束",
  -- what the sync counts
  listing = "列表", table_name = "表名", row_time = "行的时间", old_value = "原值", new_value = "新值",
  old_seen = "原值入库", new_seen = "新值入库", run_id = "运行编号", id = "编号", started_at = "开始时间",
  finished_at = "结束时间", state = "状态", error = "错误", requests = "请求数", pages = "页数", rows = "数据行数",
  new_rows = "新增行数", restated = "更正行数", withdrawn = "撤回行数", rejected = "未能入库", meters = "表计",
  claimed_total = "平台声称行数", duplicates = "重复行数", drifted = "期间有变动", complete = "完整",
  synced_from = "已同步自", synced_to = "已同步至", first_row = "最早一行", last_row = "最新一行", lateness = "最大迟到秒数",
  reread_at = "重读时间", deep_reread_at = "深度重读时间", doubted_at = "存疑自", at_midnight = "零点读数",
  expected = "应收", received = "实收", missing = "缺失", offline = "离线", not_frozen = "尚未冻结", truncated = "列表中断",
  unknown = "原因不明", unread = "未读取", before_first = "首行之前", checked_at = "统计时间", reason = "原因",
  raw = "原始数据", from = "自", to = "至", days = "天数",
  -- plans and supply commands
  way = "方式", list_size = "每次表数", seconds = "秒数", logins = "登录次数", chosen = "采用", command = "指令",
  executed = "已执行", sent = "发送时间", who = "操作人", at = "时刻", state_before = "此前状态", send = "发送",
  count = "条数", plan = "计划", created = "入账时间", expires = "作废时间", changed = "变化时间", attempts = "发送次数",
  approver = "待批准人", approved_by = "批准人", approved = "批准时间", intent = "指令编号",
}

-- What the schema says of its fields.
local fields, platform = {}, {}

local function add(field)
  local words = field.zh or (require("imr.words").fields[field.name] or {})[2]
  fields[field.name] = fields[field.name] or words and words:gsub("，.*", ""):gsub("（.*", ""):gsub("；.*", "")
  platform[field.name] = platform[field.name] or field.wire and field.wire[1]
end

for _, endpoint in ipairs(schema.listings) do
  for _, field in ipairs(endpoint.fields) do
    add(field)
    for _, one in ipairs(field.derived or {}) do add(one) end
  end
end

local headings = {}

-- "read_time_local" is the same on the platform's clock.
local function local_text(name)
  local of = name:match "^(.*)_local$"
  return of and headings.zh(of) and headings.zh(of) .. "（当地）"
end

---What a column is called in Chinese; nil where nobody has said so.
---@param name string
---@return string|nil
function headings.zh(name)
  return own[name] or fields[name] or local_text(name)
end

---What columns of a file that people keep may be called as well.
---@param names string[] of the columns
---@param more? table<string, string> names by what they may be called too
---@return table<string, string> names by the Chinese heading
function headings.also(names, more)
  local also = copy(more)
  for _, name in ipairs(names) do
    local chinese = headings.zh(name)
    if chinese then also[chinese] = name end
  end
  return also
end

---What the platform calls a field; our name where it has none.
---@param name string
---@param endpoint? string whose field it is, where that is known
---@return string
function headings.wire(name, endpoint)
  for _, field in ipairs(endpoint and schema.by_name[endpoint] and schema.by_name[endpoint].fields or {}) do
    if field.name == name then return field.wire[1] end
  end
  return platform[name] or name
end

return headings
