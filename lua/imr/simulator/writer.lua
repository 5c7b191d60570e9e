--- Writes rows as JSON text in the platform's key order. An encoder of tables could neither keep that order nor say
--- `10622.5` in one answer and `"10622.50"` in the next.

local hash = require "imr.simulator.hash"
local quote = require("imr.base.json").quote

---@class imr.simulator.Writer
local Writer = {}
Writer.__index = Writer

local SPELLINGS = {
  sample = { type = "tableType", online = "netStatis", amount = "amout" },
  correct = { type = "tableType", online = "netStatus", amount = "amount" },
  misspelt = { type = "typeType", online = "netStatis", amount = "amout" },
}

local EXTRA = ',"signal":-87,"vendorRemark":"备用","tags":["a",1,null],"nested":{"ok":true,"level":2.50}'

---@param settings table checked options
---@return imr.simulator.Writer
function Writer.new(settings)
  return setmetatable({
    spelling = SPELLINGS[settings.spelling], values = settings.values, seed = settings.seed, written = 0,
    tail = (settings.extra_keys and EXTRA or "") .. "}", parts = {}, size = 0,
  }, Writer)
end

local function put(self, key, json)
  local size = self.size
  self.parts[size + 1], self.parts[size + 2] = size == 0 and '{"' or ',"', key
  self.parts[size + 3], self.parts[size + 4] = '":', json
  self.size = size + 4
end

function Writer:text(key, text)
  put(self, key, quote(text))
end

-- Whether the next value goes out as a string, given how the vendor's sample shows it.
local function as_string(self, usual)
  local values = self.values
  if values == "vendor" then
    return usual == "string"
  elseif values == "mixed" then
    self.written = self.written + 1
    return hash.of(self.seed, 71, self.written) % 2 == 0
  end
  return values == "string"
end

---@param usual "string"|"number" as in the vendor's sample
function Writer:integer(key, value, usual)
  put(self, key, (as_string(self, usual) and '"%d"' or "%d"):format(value))
end

-- 1050 is "10.50" as text, but 10.5 as a number: that is how a number comes out of the platform's own encoder.
local function decimal_number(hundredths)
  local whole, rest = math.floor(hundredths / 100), hundredths % 100
  if rest == 0 then
    return ("%d"):format(whole)
  elseif rest % 10 == 0 then
    return ("%d.%d"):format(whole, math.floor(rest / 10))
  end
  return ("%d.%02d"):format(whole, rest)
end

---@param hundredths number integer, not negative
---@param usual "string"|"number"
function Writer:decimal(key, hundredths, usual)
  if as_string(self, usual) then
    put(self, key, ('"%d.%02d"'):format(math.floor(hundredths / 100), hundredths % 100))
  else
    put(self, key, decimal_number(hundredths))
  end
end

--- Ends the row and returns it.
---@return string
function Writer:row()
  self.parts[self.size + 1] = self.tail
  local row = table.concat(self.parts, "", 1, self.size + 1)
  self.size = 0
  return row
end

return Writer
