-- What each field, parameter and return code means, in the two languages of the documents. Names, types and wire names
-- come from the schema; a field without an entry here stops the generator.
--
-- The platform's document names no units. Those here are what its meters show; powers have none, meters differ.

local fields = {
  project_code = { "project", "项目编码" },
  device_id = { "device; commands take it", "设备 ID，下发指令时使用" },
  device_name = { "name of the device", "设备名称" },
  meter_no = { "meter number, with its leading zeros", "表号，字符串，保留前导零" },
  address = { "where the meter is", "表地址" },
  meter_type = { "type, a key of `imr.meter_types`", "表类型，即 `imr.meter_types` 的键" },
  kind = { "`electricity` or `water`; absent for a type that is not documented",
    "`electricity` 或 `water`；文档未列出的类型没有此字段" },
  type_name = { "English name of the type, where it has one", "类型的英文名（有名称的类型才有）" },
  last_online = { "when it was last online", "最近上线时间" },
  online = { "whether it is online", "是否在线" },
  supply = { "state of the breaker or the valve", "供电（供水）状态：`connected` 合闸/开阀，`disconnected` 跳闸/关阀" },
  user_code = { "customer's code", "用户编码" },
  user_name = { "customer's name", "用户名称" },
  house_number = { "house or door number", "门牌号" },
  reading = { "register value, kWh or m³", "读数，kWh 或 m³" },
  read_time = { "when it was read", "读数时间" },
  imei = { "IMEI of the module", "模组 IMEI" },
  usage = { "what was used, kWh or m³", "用量，kWh 或 m³" },
  amount = { "what it costs, yuan", "金额，元" },
  reported_at = { "when the platform got it", "上报时间" },
  freeze_time = { "when the registers were frozen", "冻结时间" },
  energy_total = { "cumulative forward active energy, kWh", "正向有功总电能，累计值，kWh" },
  energy_sharp = { "the same, sharp tariff, kWh", "尖，累计值，kWh" },
  energy_peak = { "the same, peak tariff, kWh", "峰，累计值，kWh" },
  energy_flat = { "the same, flat tariff, kWh", "平，累计值，kWh" },
  energy_valley = { "the same, valley tariff, kWh", "谷，累计值，kWh" },
  voltage_a = { "voltage of phase A, V", "A 相电压，V" },
  voltage_b = { "voltage of phase B, V", "B 相电压，V" },
  voltage_c = { "voltage of phase C, V", "C 相电压，V" },
  current_a = { "current of phase A, A", "A 相电流，A" },
  current_b = { "current of phase B, A", "B 相电流，A" },
  current_c = { "current of phase C, A", "C 相电流，A" },
  active_power = { "total active power", "总有功功率" },
  active_power_a = { "active power of phase A", "A 相有功功率" },
  active_power_b = { "active power of phase B", "B 相有功功率" },
  active_power_c = { "active power of phase C", "C 相有功功率" },
  reactive_power = { "total reactive power", "总无功功率" },
  reactive_power_a = { "reactive power of phase A", "A 相无功功率" },
  reactive_power_b = { "reactive power of phase B", "B 相无功功率" },
  reactive_power_c = { "reactive power of phase C", "C 相无功功率" },
  image_status = { "the platform's own words for it", "图像解析状态（平台原文）" },
  image_ok = { "whether the picture could be read", "图像是否解析成功" },
  image_url = { "address of the picture", "图像地址" },
}

local parameters = {
  username = { "account", "用户账号" },
  password = { "its password", "用户密码" },
  meter = { "one meter number; all when absent", "一个表号；省略则查询全部" },
  meters = { "a list of meter numbers, or text with commas; all when absent",
    "表号列表，或以逗号分隔的字符串；省略则查询全部" },
  from = { "Unix seconds, or `YYYY-MM-DD[ HH:MM:SS]`; a date means 00:00:00",
    "Unix 秒，或 `YYYY-MM-DD[ HH:MM:SS]`；只写日期表示 00:00:00" },
  to = { "the same; a date means 23:59:59", "同上；只写日期表示 23:59:59" },
  page_size = { "rows a page, 1 to 1000; else the client's", "每页行数，1 到 1000；省略则取客户端的设置" },
  granularity = { "`realtime`, `daily` (its value is inferred), or a raw number", "`realtime`、`daily`（取值系推断）或原始数字" },
  device_id = { "device", "设备 ID" },
  command = { "`disconnect`, `reconnect` or `request_reading`", "`disconnect`、`reconnect` 或 `request_reading`" },
}

-- What the platform requires and the client fills in, so that nobody has to pass it; the cursor alone counts pages.
local filled_in = { page_size = true }
local never_passed = { page = true }

-- The section of the platform's document, and the method.
local endpoints = {
  login = { "4.1", "client:login()" },
  meters = { "4.2", "client:meters()" },
  latest_readings = { "4.3", "client:latest_readings()" },
  readings = { "4.4", "client:readings()" },
  consumption = { "4.5", "client:consumption()" },
  instruct = { "4.6", "client:disconnect(), client:reconnect(), client:request_reading()" },
  tou_readings = { "4.7", "client:tou_readings()" },
  camera_readings = { "4.8", "client:camera_readings()" },
}

local codes_zh = {
  [200] = { "成功", "—" },
  [1001] = { "失败", "查询：退避后重试；指令：不重发" },
  [1002] = { "账号不存在或没有 API 权限", "立即停止，不重试" },
  [1005] = { "密码错误", "立即停止，不重试（多次尝试会锁定账号）" },
  [1006] = { "token 不存在", "重新登录一次，再重复本次调用" },
  [1007] = { "token 已过期", "同 1006" },
  [1008] = { "缺少参数", "不重试；仅 `encoding = \"auto\"` 的登录会改用表单再试一次" },
  [1009] = { "账号与 token 不符，或没有该接口的权限", "不重试" },
  [1010] = { "重复订单：先前的一条仍然有效，可能就是本条", "不重试，如实返回" },
  [1011] = { "访问过快", "推迟共享的时间片，等待后重复" },
  other = { "未知返回码", "同 1001，保留数字和 `msg`" },
}

local codes = {
  [200] = "–",
  [1001] = "reads: again after a pause; commands: never again",
  [1002] = "stops at once, never again",
  [1005] = "stops at once, never again: accounts get locked",
  [1006] = "logs in once more and repeats the call",
  [1007] = "the same",
  [1008] = "never again; only a login with `encoding = \"auto\"` tries once more as a form",
  [1009] = "never again",
  [1010] = "never again; says so",
  [1011] = "pushes the shared slot back, waits, repeats",
  other = "as 1001; the number and `msg` are kept",
}

---Looks up an entry; what has none is an error that names it.
---@param list table
---@param name any
local function entry(list, name)
  return list[name] or error(("scripts/docs_fields.lua: nothing is said about '%s'"):format(tostring(name)), 0)
end

return { fields = fields, parameters = parameters, filled_in = filled_in, never_passed = never_passed,
  endpoints = endpoints, codes = codes, codes_zh = codes_zh, entry = entry }
