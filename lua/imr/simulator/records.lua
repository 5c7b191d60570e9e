--- The rows of the six listings, key by key as the vendor's samples show them.

local calendar = require "imr.simulator.calendar"
local hash = require "imr.simulator.hash"

---@class imr.simulator.Records
local Records = {}
Records.__index = Records

local WORDS = {
  breaker = { connected = "合闸", disconnected = "跳闸" },
  valve = { connected = "开阀", disconnected = "关阀" },
}
local PRICES = { electricity = { 58, 62, 65 }, water = { 295, 345, 410 } } -- hundredths of a yuan
local DRAW = { load = 81, report = 82, unread = 83 }

---@param platform imr.simulator.Platform
---@return imr.simulator.Records
function Records.new(platform)
  return setmetatable({
    fleet = platform.fleet, history = platform.history, devices = platform.devices, writer = platform.writer,
    seed = platform.settings.seed, unparsed = platform.settings.unparsed,
  }, Records)
end

-- The vendor's own sample says 跳闸 of a water meter, so half of them speak of breakers too.
local function gate_word(self, meter)
  local words = meter.kind == "water" and meter.id % 2 == 0 and WORDS.valve or WORDS.breaker
  return words[self.devices:gate(meter)]
end

-- Details are the same for all rows of a meter, and rows of a meter come together.
local function details_of(self, meter)
  if self.detailed ~= meter.id then
    self.detailed, self.details = meter.id, self.fleet:details(meter)
  end
  return self.details
end

--- When a meter was last heard of.
local function last_contact(self, meter)
  local history = self.history
  local regular = history:time("points", meter, history.end_day * history.points - 1)
  local since = self.devices:offline_since(meter)
  local requested = self.devices:requested_times(meter)
  local last = math.min(regular, since or regular)
  return requested and math.max(last, requested[#requested]) or last, since == nil
end

---@return string JSON
function Records:meter(meter)
  local writer, details = self.writer, details_of(self, meter)
  local last, online = last_contact(self, meter)
  writer:text("project_code", details.project)
  writer:text("deviceId", meter.device)
  writer:text("deviceName", details.name)
  writer:text("tableNo", meter.number)
  writer:text("tableAddress", details.address)
  writer:integer(writer.spelling.type, meter.type, "string")
  writer:text("onlineAt", calendar.format(last))
  writer:text(writer.spelling.online, online and "在线" or "不在线")
  writer:text("gate", gate_word(self, meter))
  writer:text("user_code", details.user_code)
  writer:text("user_name", details.user_name)
  writer:text("house_number", details.house)
  return writer:row()
end

---@return string JSON
function Records:latest_reading(meter)
  local writer = self.writer
  local time = last_contact(self, meter)
  writer:text("deviceId", meter.device)
  writer:text("tableNo", meter.number)
  writer:decimal("reading", self.history:registers_at(meter, time).total, "string")
  writer:text("readTime", calendar.format(time))
  writer:text("gate", gate_word(self, meter))
  return writer:row()
end

---@param day number|nil of the regular reading
---@param requested number|nil local seconds of one made on request
---@return string JSON
function Records:reading(meter, day, requested)
  local writer, history, details = self.writer, self.history, details_of(self, meter)
  local registers = requested and history:registers_at(meter, requested)
    or history:registers(meter, history:daily_point(day))
  writer:text("deviceId", meter.device)
  writer:text("tableNo", meter.number)
  writer:decimal("reading", registers.total, "string")
  writer:text("readTime", calendar.format(requested or history:time("daily", meter, day)))
  writer:text("imei", details.imei)
  writer:text("user_code", details.user_code)
  writer:text("tableAddress", details.address)
  writer:text("deviceName", details.name)
  return writer:row()
end

local function consumption(self, meter, point, previous, time)
  local writer, history = self.writer, self.history
  local total = history:registers(meter, point).total
  local used = total - history:registers(meter, previous).total
  local prices = PRICES[meter.kind]
  local price = prices[self.fleet:draw("price", meter.id) % #prices + 1]
  writer:text("project_code", details_of(self, meter).project)
  writer:text("deviceId", meter.device)
  writer:text("tableNo", meter.number)
  writer:decimal("reading", total, "string")
  writer:text("readTime", calendar.format(time))
  writer:decimal("dosage", used, "string")
  writer:decimal(writer.spelling.amount, math.floor((used * price + 50) / 100), "string")
  writer:integer("type", meter.type, "number")
  return writer:row()
end

--- Consumption since the meter's previous point, several a day.
---@return string JSON
function Records:realtime(meter, point)
  return consumption(self, meter, point, point - 1, self.history:time("points", meter, point))
end

--- Consumption since the day before.
---@return string JSON
function Records:daily(meter, day)
  local history = self.history
  local time = history:time("daily", meter, day)
  return consumption(self, meter, history:daily_point(day), history:daily_point(day - 1), time)
end

local PHASES = { "A", "B", "C" }

local function write_phases(writer, prefix, values)
  for i, phase in ipairs(PHASES) do
    writer:decimal(prefix .. phase, values[i], "string")
  end
end

local function sum(values)
  return values[1] + values[2] + values[3]
end

-- One draw gives one load; its digits are cut into the three phases.
local function phases(draw, low, width)
  return { low + draw % width, low + math.floor(draw / width) % width, low + math.floor(draw / width / width) % width }
end

---@return string JSON
function Records:tou(meter, day)
  local writer, history = self.writer, self.history
  local registers = history:registers_at(meter, day * calendar.DAY)
  local draw = hash.of(self.seed, DRAW.load, meter.id, day)
  local active, reactive = phases(draw, 5, 1200), phases(math.floor(draw / 7), 0, 190)
  writer:text("project_code", details_of(self, meter).project)
  writer:text("deviceId", meter.device)
  writer:text("tableNo", meter.number)
  writer:text("createTime", calendar.format(history:time("tou", meter, day)))
  writer:text("freezeTime", calendar.format(day * calendar.DAY))
  writer:decimal("positiveActivePower", registers.total, "number")
  for part = 1, 4 do
    writer:decimal("positiveActivePower" .. part, registers[part], "number")
  end
  write_phases(writer, "volt", phases(draw, 22400, 1290))
  write_phases(writer, "electric", phases(math.floor(draw / 3), 2, 1290))
  writer:decimal("totalActivePower", sum(active), "string")
  write_phases(writer, "activePower", active)
  writer:decimal("totalReactivePower", sum(reactive), "string")
  write_phases(writer, "reactivePower", reactive)
  return writer:row()
end

---@return string JSON
function Records:camera(meter, day)
  local writer, history = self.writer, self.history
  local time = history:time("camera", meter, day)
  local unread = hash.unit(self.seed, DRAW.unread, meter.id, day) < self.unparsed
  writer:text("project_code", details_of(self, meter).project)
  writer:text("tableNo", meter.number)
  writer:text("imageReadTime", calendar.format(time))
  writer:text("imageStatus", unread and "解析异常" or "解析正常")
  writer:text("imageUrl", ("https://images.example.com/%s/%d.jpg"):format(meter.number, time))
  if unread then
    writer:text("basicReading", "")
  else
    writer:decimal("basicReading", history:registers_at(meter, time).total, "number")
  end
  return writer:row()
end

return Records
