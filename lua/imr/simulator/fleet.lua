--- The meters: who they are, as a pure function of seed and meter. Nothing is stored, so a fleet may be any size.
---
--- A meter is known by an integer. The list runs from `first` to `last`, and meters that join go in front of it.

local hash = require "imr.simulator.hash"

---@class imr.simulator.Meter
---@field id integer
---@field type integer the platform's tableType
---@field kind "electricity"|"water"
---@field tou boolean has time-of-use registers
---@field camera boolean
---@field number string tableNo
---@field device string deviceId

---@class imr.simulator.Fleet
---@field first integer
---@field last integer
local Fleet = {}
Fleet.__index = Fleet

-- Every type of the vendor's two lists, the common ones more than once, and one of each family among the first ten,
-- so that a small fleet has them all.
local TYPES = {
  1, 4, 7, 45, 3, 6, 11, 2, 30, 47, 5, 8, 15, 10, 9, 24, 13, 12, 16, 49, 18, 14, 21, 17, 26, 19, 42, 20, 43, 22,
  46, 23, 48, 27, 7, 28, 1, 31, 5, 32, 3, 35, 11, 36, 30, 37, 15, 38, 1, 39, 3, 40, 5, 41, 7, 44, 9, 24, 4, 6,
}
local ELECTRICITY, TOU, CAMERA = {}, {}, {}
for _, n in ipairs { 1, 3, 5, 7, 9, 11, 13, 15, 16, 18, 21, 26, 30, 42, 43, 46, 48 } do ELECTRICITY[n] = true end
for _, n in ipairs { 7, 11, 15 } do TOU[n] = true end
-- The document does not say which types have a camera; these stand for them here.
for _, n in ipairs { 45, 47, 49 } do CAMERA[n] = true end

local PREFIXES = { "0000", "2020", "1906", "0012", "8408" }
local FAMILY = { "王", "李", "张", "刘", "陈", "杨", "黄", "赵", "吴", "周", "欧阳", "诸葛" }
local GIVEN = { "伟", "秀英", "娜", "敏", "静", "丽华", "强", "磊", "军", "洋", "艳", "建国", "淑珍", "浩然", "子涵" }
local PLACES = { "阳光花园", "锦绣新村", "滨江苑", "翠湖小区", "和平里", "科技园公寓", "桂花苑", "东方名城" }
local SERIAL_BASE, SERIAL_STEP = 20500000, 37

local DRAW = {
  number = 11, device = 12, person = 13, place = 14, project = 15, vacant = 16, rate = 17, install = 18, price = 19,
  offline = 20, gate = 21,
}

---@param settings table checked options
---@return imr.simulator.Fleet
function Fleet.new(settings)
  return setmetatable({ seed = settings.seed, first = 1, last = settings.meters, settings = settings }, Fleet)
end

---@param purpose string one of DRAW
---@return number 0 .. 2^31-2
function Fleet:draw(purpose, id)
  return hash.of(self.seed, DRAW[purpose], id)
end

function Fleet:chance(purpose, id)
  return hash.unit(self.seed, DRAW[purpose], id)
end

local function pick(list, number)
  return list[number % #list + 1]
end

function Fleet:count()
  return self.last - self.first + 1
end

-- Steps of 37 leave gaps, so a mistyped number finds nothing instead of a neighbour.
local function serial(id)
  return SERIAL_BASE + id * SERIAL_STEP
end

--- The meter with this number in the fleet's own count.
---@param id integer
---@return imr.simulator.Meter
function Fleet:meter(id)
  local latest = self.latest
  if latest and latest.id == id then
    return latest
  end
  local type_number = TYPES[(id - 1) % #TYPES + 1]
  local number = ("%s%08d"):format(pick(PREFIXES, self:draw("number", id)), serial(id))
  local device = number
  if self:draw("device", id) % 3 == 0 then
    device = ("8651%011d"):format(serial(id))
  end
  self.latest = {
    id = id, type = type_number, number = number, device = device, tou = TOU[type_number] or false,
    camera = CAMERA[type_number] or false, kind = ELECTRICITY[type_number] and "electricity" or "water",
  }
  return self.latest
end

--- What a meter list says about a meter beside its numbers.
---@param meter imr.simulator.Meter
function Fleet:details(meter)
  local id = meter.id
  local person, place = self:draw("person", id), self:draw("place", id)
  local floor, door = place % 27 + 1, place % 4 + 1
  local room = ("%d%02d室"):format(floor, door)
  local vacant = self:vacant(id)
  return {
    project = self:draw("project", id) % 4 == 0 and "xc" or "zc",
    name = place % 5 == 0 and (meter.kind == "water" and "水表" or "电表") .. room or meter.number,
    address = ("%s%d栋%s"):format(pick(PLACES, place), place % 19 + 1, room),
    house = room,
    user_code = vacant and "" or ("20%02d%07d"):format(person % 6 + 19, id % 10000000),
    user_name = vacant and "" or pick(FAMILY, person) .. pick(GIVEN, math.floor(person / 97)),
    imei = #meter.device == 15 and meter.device or "",
  }
end

---@return boolean nobody lives there: the register stands still
function Fleet:vacant(id)
  return self:chance("vacant", id) < 0.04
end

local function number_of(text)
  local digits = type(text) == "string" and text:match("^%d*(%d%d%d%d%d%d%d%d)$")
  local id = digits and (tonumber(digits) - SERIAL_BASE) / SERIAL_STEP
  return id and id % 1 == 0 and math.floor(id) or nil
end

function Fleet:find(text, field)
  local id = number_of(text)
  if id and id >= self.first and id <= self.last then
    local meter = self:meter(id)
    return meter[field] == text and meter or nil
  end
end

---@param number string a tableNo
---@return imr.simulator.Meter|nil
function Fleet:by_number(number)
  return self:find(number, "number")
end

---@param device string a deviceId
---@return imr.simulator.Meter|nil
function Fleet:by_device(device)
  return self:find(device, "device")
end

return Fleet
