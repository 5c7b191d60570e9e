-- Why a line is held, in words: English and Chinese. Names of rules have those of imr.workflow.quality.

local rules = require "imr.workflow.quality.rules"
local sorted_names = require "imr.base.names"

local words = {}

local OWN = {
  no_tariff = { "No tariff is named for it.", "没有适用的电价/水价" },
  other_kind = { "Its tariff is for another kind of meter.", "价格表与表计类型不符" },
  no_price = { "The tariff has no price for this time or period of the day.", "价格表中没有该日期或该分时时段的价格" },
  no_parts = { "There are no sharp, peak, flat and valley registers.", "没有尖峰平谷读数" },
  year_to_date = { "What was used this year before the period is not known.", "本年度此前的累计用量不明" },
  two_devices = { "Two devices were read under this number at once.", "同一表号同时有两台设备" },
  undecided = { "It was decided about, but not what is billed.", "已有决定，但未说明计费用量" },
  decided_parts = { "Prices or tiers change inside the period, so one decided usage is not enough.",
    "期内调价或阶梯重新起算，单一决定用量不够" },
  decided_falls = { "The closing reading that was decided is below the opening one.", "决定的止码低于起码" },
  decided_swap = { "The meter was replaced, so a decided closing reading is not enough: decide the usage.",
    "表计已更换，仅有止码不够，请决定用量" },
  decided_several = { "The decision fits several tenants of the meter: name the one by user_code.",
    "该决定适用于多个租户，请注明 user_code" },
  no_opening = { "There is no opening reading that a decided closing one could follow.", "没有起码" },
  gone = { "Nobody is billed for this any more.", "该行已不再计费，予以冲销" },
  gap = { "A reading at an end is missing, or too far from it.", "期初或期末缺少读数，或相距太远" },
}

for _, rule in ipairs(rules) do
  if not OWN[rule.name] then OWN[rule.name] = { rule.help, rule.help_zh } end
end

---The names of all reasons.
---@return string[]
function words.names()
  return sorted_names(OWN)
end

local LANGUAGES = { en = 1, zh = 2 }
local ENDS = { en = " ", zh = "；" }

---@param names string[]
---@param language "en"|"zh"
---@return string|nil
function words.of(names, language)
  local list = {}
  for index, name in ipairs(names) do list[index] = (OWN[name] or {})[LANGUAGES[language]] or name end
  return #list > 0 and table.concat(list, ENDS[language]) or nil
end

return words
