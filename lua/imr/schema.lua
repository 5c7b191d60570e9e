-- The platform as data: its endpoints with their parameters and fields, and its meter types. A new endpoint, parameter
-- or field is an entry here and nothing else: the client's methods, the checks of parameters, decoding, the program's
-- commands, the plan and the reference follow from it. Only the simulator has a copy of its own, as a second opinion.
--
-- What a field or a parameter means in both languages stands in imr.words, or beside it here, as `en` and `zh`.

---An endpoint. `imr.schema()` shows a part of it (`imr.Endpoint`).
---@class imr.schema.Entry
---@field name string of the client's method, where it is a listing
---@field path string
---@field section string of the platform's document
---@field listing boolean it answers with records
---@field command boolean it acts, so it must never be sent twice
---@field record? string class of its records
---@field one_per_meter? boolean a record is known by device and meter, not by its content
---@field options? string class of what its method takes beyond imr.ListingOptions; else named after the record
---@field program? string its command of the program; its name when absent
---@field summary? string what it lists, for the program's help
---@field summary_zh? string the same in Chinese
---@field about? string the same for the reference, where there is more to say
---@field title? string what the rows are called
---@field title_zh? string the same in Chinese
---@field columns? string those that a table on a terminal shows; all when absent
---@field takes? "meters"|"meter"|"nothing" whose rows a listing may be asked for, beside those of all
---@field dated? boolean it is asked for a period
---@field per_day? table<string, number> rows that a meter has in a day, by granularity; 1 when absent
---@field synced? imr.schema.Synced[] listings of the sync; it keeps no other
---@field moment? string field whose time is a part of the key in the database; none: a listing of what is now
---@field expected? "all"|"seen" whose row is missing when there is none: every meter's, or that of meters which had one
---@field registers? string[] fields that a meter's registers are in, the total first
---@field judged? string[] further fields that the rules of quality look at
---@field params imr.schema.Parameter[]
---@field fields imr.schema.Field[]

---A listing of the sync. Its table has the endpoint's name.
---@class imr.schema.Synced
---@field name string
---@field en string what its rows are called in a report
---@field zh string
---@field granularity? string

---@class imr.schema.Parameter
---@field name string
---@field wire? string the platform's name; absent: it is for the client and never sent
---@field type string
---@field required boolean
---@field words? table<string, string> ours by the platform's
---@field choices? string[] ours, in order
---@field default? string of the program, which has an option for it
---@field help? string of that option

---@class imr.schema.Field
---@field name string
---@field type "str"|"int"|"dec"|"time"|"enum"
---@field wire string[] the platform's name, and another spelling of it
---@field words? table<string, string|boolean> ours by the platform's
---@field derived? imr.schema.Derived[] what the record has beside it

---A field that follows from the value of another.
---@class imr.schema.Derived
---@field name string
---@field type "str"|"enum"
---@field values table by the other field's value
---@field otherwise? any where that is not among them

local copy = require "imr.base.copy"

-- ---------------------------------------------------------------- meter types

local function kind_of_meter(kind)
  return function(name, name_zh) return { kind = kind, name = name, name_zh = name_zh } end
end

local electricity, water = kind_of_meter "electricity", kind_of_meter "water"

local meter_types = {
  [1] = electricity("NB-IoT electricity meter, RS-485", "NB电表485协议"),
  [2] = water("plain water meter", "普通水表"),
  [3] = electricity("plain electricity meter", "普通电表"),
  [4] = water("NB-IoT water meter, wet dial", "NB水表湿式水表"),
  [5] = electricity("4G electricity meter", "4g电表"),
  [6] = water("NB-IoT water meter, photoelectric remote reading", "NB水表光电远传水表"),
  [7] = electricity("time-of-use electricity meter", "尖峰平谷电表"),
  [8] = water("wired water meter", "有线水表"),
  [9] = electricity("wired electricity meter", "有线电表"),
  [10] = water("LXS cold water meter", "lxs冷水水表"),
  [11] = electricity("4G time-of-use electricity meter", "4g尖峰平谷电表"),
  [12] = water("LXS UDP cold water meter", "lxsudp冷水水表"),
  [13] = electricity("industrial computer electricity meter", "工控机电表"),
  [14] = water("industrial computer cold water meter", "工控机冷水水表"),
  [15] = electricity("4G time-of-use electricity meter (new)", "4g尖峰平谷电表(新)"),
  [16] = electricity("type 3 concentrator electricity meter", "3型集中器电表"),
  [17] = water("type 3 concentrator water meter", "3型集中器水表"),
  [18] = electricity("type 2 concentrator electricity meter", "2型集中器电表"),
  [19] = water("type 2 concentrator water meter, RS-485", "2型集中器485水表"),
  [20] = water("type 2 concentrator water meter, M-Bus", "2型集中器mbus水表"),
  [21] = electricity("non-transparent concentrator electricity meter", "非透传集中器电表"),
  [22] = water("non-transparent concentrator water meter, RS-485", "非透传集中器485水表"),
  [23] = water("non-transparent concentrator water meter, M-Bus", "非透传集中器mbus水表"),
  [24] = water("4G water meter", "4g水表"),
  [26] = electricity("concentrator electricity meter (weekly)", "集中器电表（周）"),
  [27] = water("concentrator water meter, RS-485 (weekly)", "集中器485水表（周）"),
  [28] = water("concentrator water meter, M-Bus (weekly)", "集中器mbus水表（周）"),
  [30] = electricity("4G electricity meter with local charging control", "4g本地费控电表"),
  [31] = water("NB-IoT terminal water meter", "NB终端水表"),
}

-- Those that the platform lists without a name.
for _, number in ipairs { 42, 43, 46, 48 } do meter_types[number] = electricity() end
for _, number in ipairs { 32, 35, 36, 37, 38, 39, 40, 41, 44, 45, 47, 49 } do meter_types[number] = water() end

local kinds, type_names = {}, {}
for number, entry in pairs(meter_types) do kinds[number], type_names[number] = entry.kind, entry.name end

-- ---------------------------------------------------------------- fields

local function with(made, more) return more and copy(made, more) or made end

local function field(type_)
  return function(name, wire, more)
    return with({ name = name, type = type_, wire = type(wire) == "table" and wire or { wire } }, more)
  end
end

local text, decimal, time = field "str", field "dec", field "time"
local integer, word = field "int", field "enum"

local function meter_type(wire)
  return integer("meter_type", wire, { derived = {
    { name = "kind", type = "str", values = kinds }, { name = "type_name", type = "str", values = type_names },
  } })
end

-- Opening a valve lets water through, opening a breaker cuts the current: hence no "open" or "closed" in our words.
local supply = word("supply", "gate", { words = {
  ["合闸"] = "connected", ["跳闸"] = "disconnected", ["开阀"] = "connected", ["关阀"] = "disconnected",
} })

local project_code, device_id, meter_no =
  text("project_code", "project_code"), text("device_id", "deviceId"), text("meter_no", "tableNo")
local reading, read_time = decimal("reading", "reading"), time("read_time", "readTime")
local device_name, address = text("device_name", "deviceName"), text("address", "tableAddress")
local user_code = text("user_code", "user_code")

-- ---------------------------------------------------------------- parameters

local function param(name, wire, type_, more)
  return with({ name = name, wire = wire, type = type_, required = false }, more)
end

-- Words in order: the platform's, then ours.
local function choice(name, wire, type_, pairs_of, more)
  local words, choices = {}, {}
  for index = 1, #pairs_of, 2 do
    words[pairs_of[index]] = pairs_of[index + 1]
    choices[#choices + 1] = pairs_of[index + 1]
  end
  more = more or {}
  more.required, more.words, more.choices = true, words, choices
  return param(name, wire, type_, more)
end

local REQUIRED = { required = true }
local page, page_size = param("page", "pageNo", "page"), param("page_size", "pageSize", "page_size", REQUIRED)
local from, to = param("from", "BeginDate", "from", REQUIRED), param("to", "EndDate", "to", REQUIRED)
local one_meter, some_meters = param("meter", "tableNo", "meter"), param("meters", "tableNo", "meters")

-- What listings of a period take.
local PERIOD = { some_meters, from, to, page, page_size }

-- "2" is inferred: the platform's document describes daily records, but not their number.
local granularity = choice("granularity", "type", "word or number", { "1", "realtime", "2", "daily" }, {
  default = "daily", help = "daily (default; its wire value is inferred), realtime, or a raw value.",
})

-- ---------------------------------------------------------------- endpoints

local endpoints = {
  {
    name = "login", path = "/user/login", section = "4.1",
    params = {
      param("username", "admin_user_name", "text", REQUIRED), param("password", "api_password", "text", REQUIRED),
    },
  },
  {
    name = "meters", path = "/meter/meterList", section = "4.2", record = "Meter", one_per_meter = true,
    summary = "List the meters.", summary_zh = "列出表计。", about = "Every meter of the project",
    title = "meters", title_zh = "表计",
    columns = "meter_no,kind,address,user_name,online,supply,last_online",
    synced = { { name = "meters", en = "Meters", zh = "表计" } },
    params = { page, page_size },
    fields = {
      project_code, device_id, device_name, meter_no, address, meter_type { "tableType", "typeType" },
      time("last_online", "onlineAt"),
      word("online", { "netStatis", "netStatus" }, { words = { ["在线"] = true, ["不在线"] = false } }),
      supply, user_code, text("user_name", "user_name"), text("house_number", "house_number"),
    },
  },
  {
    name = "latest_readings", path = "/meter/readMeter", section = "4.3", record = "LatestReading",
    one_per_meter = true, options = "LatestOptions", program = "latest",
    summary = "The newest reading of each meter.", summary_zh = "每块表的最新读数。",
    about = "The newest reading of each meter, or of one",
    title = "latest readings", title_zh = "最新读数", columns = "meter_no,reading,read_time,supply",
    synced = { { name = "latest_readings", en = "Latest readings", zh = "最新读数" } },
    params = { one_meter, page, page_size },
    fields = { device_id, meter_no, reading, read_time, supply },
  },
  {
    name = "readings", path = "/meter/readMeterList", section = "4.4", record = "Reading", options = "ReadingOptions",
    summary = "Readings of a period.", summary_zh = "一个时段的读数。", title = "readings", title_zh = "读数",
    columns = "meter_no,read_time,reading,address",
    moment = "read_time", expected = "all", synced = { { name = "readings", en = "Readings", zh = "读数" } },
    registers = { "reading" },
    params = PERIOD,
    fields = { device_id, meter_no, reading, read_time, text("imei", "imei"), user_code, address, device_name },
  },
  {
    name = "consumption", path = "/meter/readMeterDataList", section = "4.5", record = "Consumption",
    options = "ConsumptionOptions", summary = "Consumption of a period.", summary_zh = "一个时段的用量记录。",
    about = "Consumption records of a period",
    title = "consumption", title_zh = "用量", columns = "meter_no,read_time,reading,usage,amount",
    moment = "read_time", expected = "all", registers = { "reading" }, judged = { "usage", "amount" },
    synced = {
      { name = "consumption", en = "Daily consumption", zh = "日用量", granularity = "daily" },
      { name = "consumption_realtime", en = "Real-time consumption", zh = "实时用量", granularity = "realtime" },
    },
    params = { granularity, one_meter, from, to, page, page_size }, per_day = { realtime = 4 },
    fields = {
      project_code, device_id, meter_no, reading, read_time, decimal("usage", "dosage"),
      decimal("amount", { "amount", "amout" }), meter_type "type",
    },
  },
  {
    name = "instruct", path = "/meter/meterInstruct", section = "4.6", command = true,
    params = {
      param("device_id", "deviceId", "text", REQUIRED),
      choice("command", "type", "word", { "1", "disconnect", "2", "reconnect", "3", "request_reading" }),
    },
  },
  {
    name = "tou_readings", path = "/meter/peaksValleysRead", section = "4.7", record = "TouReading",
    options = "ReadingOptions", program = "tou",
    summary = "Time-of-use readings of a period.", summary_zh = "一个时段的尖峰平谷读数。",
    about = "Time-of-use readings of a period, with voltages, currents and powers",
    title = "time-of-use readings", title_zh = "尖峰平谷读数",
    columns = "meter_no,freeze_time,energy_total,energy_sharp,energy_peak,energy_flat,energy_valley",
    moment = "freeze_time", expected = "seen",
    synced = { { name = "tou_readings", en = "Time of use", zh = "尖峰平谷" } },
    registers = { "energy_total", "energy_sharp", "energy_peak", "energy_flat", "energy_valley" },
    params = PERIOD,
    fields = {
      project_code, device_id, meter_no, time("reported_at", "createTime"), time("freeze_time", "freezeTime"),
      decimal("energy_total", "positiveActivePower"), decimal("energy_sharp", "positiveActivePower1"),
      decimal("energy_peak", "positiveActivePower2"), decimal("energy_flat", "positiveActivePower3"),
      decimal("energy_valley", "positiveActivePower4"),
      decimal("voltage_a", "voltA"), decimal("voltage_b", "voltB"), decimal("voltage_c", "voltC"),
      decimal("current_a", "electricA"), decimal("current_b", "electricB"), decimal("current_c", "electricC"),
      decimal("active_power", "totalActivePower"), decimal("active_power_a", "activePowerA"),
      decimal("active_power_b", "activePowerB"), decimal("active_power_c", "activePowerC"),
      decimal("reactive_power", "totalReactivePower"), decimal("reactive_power_a", "reactivePowerA"),
      decimal("reactive_power_b", "reactivePowerB"), decimal("reactive_power_c", "reactivePowerC"),
    },
  },
  {
    name = "camera_readings", path = "/meter/cameraRead", section = "4.8", record = "CameraReading",
    options = "ReadingOptions", program = "camera",
    summary = "Readings of camera water meters of a period.", summary_zh = "一个时段的摄像水表读数。",
    title = "camera readings", title_zh = "图像读数", columns = "meter_no,read_time,reading,image_status,image_url",
    moment = "read_time", expected = "seen", registers = { "reading" }, judged = { "image_ok", "image_status" },
    synced = { { name = "camera_readings", en = "Camera readings", zh = "图像读数" } },
    params = PERIOD,
    fields = {
      project_code, meter_no, time("read_time", "imageReadTime"),
      text("image_status", "imageStatus", { derived = {
        { name = "image_ok", type = "enum", values = { ["解析正常"] = true }, otherwise = false },
      } }),
      text("image_url", "imageUrl"), decimal("reading", "basicReading"),
    },
  },
}

local function has(endpoint, name)
  for _, one in ipairs(endpoint.params) do
    if one.name == name then return true end
  end
  return false
end

local by_name, listings = {}, {}
for _, endpoint in ipairs(endpoints) do
  endpoint.listing, endpoint.command = endpoint.record ~= nil, endpoint.command == true
  endpoint.fields = endpoint.fields or {}
  endpoint.takes = has(endpoint, "meters") and "meters" or has(endpoint, "meter") and "meter" or "nothing"
  endpoint.dated = has(endpoint, "from")
  endpoint.program = endpoint.program or endpoint.name
  by_name[endpoint.name] = endpoint
  if endpoint.listing then listings[#listings + 1] = endpoint end
end

local schema = {}

---All endpoints, in order. What they hold is shared: nobody may change it.
---@type imr.schema.Entry[]
schema.endpoints = endpoints

---The same by name.
---@type table<string, imr.schema.Entry>
schema.by_name = by_name

---Those that answer with records.
---@type imr.schema.Entry[]
schema.listings = listings

---What a listing's method takes beside the endpoint's parameters; none of it is sent.
---@type imr.schema.Parameter[]
schema.call_options = {
  param("max_wait", nil, "seconds"), param("deadline", nil, "seconds"), param("decimals", nil, "decimals"),
  param("incomplete", nil, "incomplete"), param("max_rows", nil, "count"), param("max_pages", nil, "count"),
}

local function deep_copy(value)
  if type(value) ~= "table" then return value end
  local made = {}
  for key, entry in pairs(value) do made[key] = deep_copy(entry) end
  return made
end

local function shown(list, names)
  local made = {}
  for index, entry in ipairs(list) do
    made[index] = {}
    for _, name in ipairs(names) do made[index][name] = deep_copy(entry[name]) end
  end
  return made
end

---The endpoints with their parameters and fields, as new tables.
---@return imr.Endpoint[]
function schema.describe()
  local list = shown(endpoints, { "name", "path", "record", "listing", "command" })
  for index, endpoint in ipairs(endpoints) do
    list[index].params = shown(endpoint.params, { "name", "wire", "type", "required", "words" })
    list[index].fields = shown(endpoint.fields, { "name", "type", "wire", "words" })
  end
  return list
end

---The meter types that the platform documents, by number, as new tables (platform document §4.2, §4.5).
---@return table<integer, imr.MeterType>
function schema.meter_types()
  return deep_copy(meter_types)
end

return schema
