-- The rules as data: what they are called, what they say, what can be tuned, and the function that looks.
--
-- A `check(view, tuning, flag)` is pure. It calls flag { source, field, time, value, since, reference, detail } where
-- it finds something; value and reference are the exact texts.

local devices = require "imr.workflow.quality.device_rules"
local fields = require "imr.workflow.quality.field_rules"
local limits = require("imr.workflow.metering.limits").by_kind
local registers = require "imr.workflow.quality.register_rules"
local rows = require "imr.workflow.quality.row_rules"
local sums = require "imr.workflow.quality.sum_rules"
local times = require "imr.workflow.quality.time_rules"
local usage = require "imr.workflow.quality.usage_rules"

---A rule.
---@class imr.QualityRule
---@field name string
---@field help string
---@field help_zh string
---@field check fun(view: imr.QualityView, tuning: table, flag: fun(found: table))
---@field tuning imr.QualityTuning[]

---A number of a rule that can be set.
---@class imr.QualityTuning
---@field name string
---@field default string|number
---@field exact? boolean a decimal
---@field help string

local function number(name, default, help) return { name = name, default = default, help = help } end
local function exact(name, default, help) return { name = name, default = default, help = help, exact = true } end

-- A meter that shows much more, and two listings that do: both are another scale.
local function scale(view, tuning, flag)
  registers.scale(view, tuning, flag)
  rows.levels(view, flag)
end

---@type imr.QualityRule[]
return {
  { name = "decreasing", help = "A register fell, without a roll-over or another device in between.",
    help_zh = "读数变小，既非翻转，也未换表", check = registers.decreasing, tuning = {} },
  { name = "rollover", help = "A register ran over its last digit and began anew.",
    help_zh = "计度器走完最后一位，从零重新开始",
    check = registers.rollover, tuning = {
      number("digits", 4, "fewest digits before the point that a register has"),
      exact("near", "0.1", "share of the range before its end and after its beginning that counts as running over"),
    } },
  { name = "suspect",
    help = "A reading that its neighbours contradict: zero while offline, misread, jitter, a sentinel.",
    help_zh = "可疑读数（离线时为零、识读错误、末位抖动、哨兵值），与前后读数矛盾", check = registers.suspect, tuning = {} },
  { name = "scale", help = "A register, or one listing beside another, is in another scale or at another level.",
    help_zh = "倍率或量级不一致（如互感器变比），或两个列表的读数水平不同", check = scale, tuning = {} },
  { name = "meter_swap", help = "The meter number stands for another device.", help_zh = "表号换了设备（换表）",
    check = devices.meter_swap, tuning = {} },
  { name = "two_devices", help = "Two devices, or projects, have this meter number at the same time.",
    help_zh = "同一表号同时对应两个设备或项目", check = devices.two_devices, tuning = {} },
  { name = "similar_number", help = "A number or device id differs from another only by blanks, case, width or zeros.",
    help_zh = "表号或设备号与另一个仅在空格、大小写、全半角或前导零上不同", check = devices.similar_number, tuning = {} },
  { name = "tenant", help = "Another tenant is shown for the meter.", help_zh = "该表换了用户", check = devices.tenant,
    tuning = {} },
  { name = "gap", help = "No reading for longer than usual for this meter.",
    help_zh = "没有读数的时间比该表平常的间隔长", check = times.gap,
    tuning = { number("factor", 1.8, "times the usual time between two readings (24 hours while nothing is usual)") } },
  { name = "zeros", help = "Nothing was used for days: an empty flat, or a meter that stands still.",
    help_zh = "连续多日没有用量：空房，或表停走", check = usage.zeros, tuning = { number("days", 7, "fewest days") } },
  { name = "spike", help = "Far more was used than is usual for this meter, or than its connection can carry.",
    help_zh = "用量突增，远超该表平常用量或接线所能承载", check = usage.spike, tuning = {
      number("factor", 8, "standard deviations (estimated from the median deviation) above the median"),
      number("times", 3, "times the median that it has to be at least"),
      number("least", 8, "fewest steps that show what is usual"),
      number("electricity", limits.electricity.floor, "kWh a day that are no spike, however little is usual"),
      number("water", limits.water.floor, "cubic metres a day that are no spike, however little is usual"),
      number("electricity_most", limits.electricity.connection, "kWh a day that a connection can carry"),
      number("water_most", limits.water.connection, "cubic metres a day that a connection can carry"),
    } },
  { name = "duplicate", help = "Two rows give different values for the same meter and moment.",
    help_zh = "同一时刻有不同的值", check = rows.duplicate, tuning = {} },
  { name = "restated", help = "The platform changed a value after it had been stored.", help_zh = "数值存入后，平台又作了更改",
    check = rows.restated, tuning = {} },
  { name = "withdrawn", help = "The platform lists a row no more that it had listed.", help_zh = "平台不再列出先前列出过的数据行",
    check = rows.withdrawn, tuning = {} },
  { name = "future", help = "The time of a row lay ahead of the clock when it was stored.", help_zh = "数据行存入时，其时间晚于时钟",
    check = times.future, tuning = { number("minutes", 10, "minutes that a clock may be wrong") } },
  { name = "clock", help = "The clock of a device is ahead, slow by days, or began anew: its rows are of other times.",
    help_zh = "设备时钟超前、滞后数日或已复位，其数据行的时间不可信", check = times.clock, tuning = {
      number("minutes", 10, "minutes that it may be ahead"),
      number("days", 1.5, "days that its newest rows may be older than those of the fleet, run after run"),
    } },
  { name = "usage", help = "The usage is not the difference of its two readings.", help_zh = "用量与读数差不符",
    check = sums.usage, tuning = { exact("units", "1", "units of the last place from which they differ") } },
  { name = "negative", help = "A usage is below zero.", help_zh = "用量为负", check = fields.negative, tuning = {} },
  { name = "tou_sum", help = "Sharp, peak, flat and valley do not add up to the total.",
    help_zh = "尖、峰、平、谷之和与总量不符",
    check = sums.tou_sum, tuning = { exact("units", "4", "units of the last place from which they differ") } },
  { name = "missing_part", help = "Sharp, peak, flat or valley is absent, and the rows before have it.",
    help_zh = "尖、峰、平、谷中有缺失，而此前的数据行有", check = fields.missing_part, tuning = {} },
  { name = "image", help = "The image of a camera meter gave no reading.", help_zh = "图像未能识别",
    check = fields.image, tuning = {} },
  { name = "unreadable", help = "A register, usage or amount that is no number that can be counted with.",
    help_zh = "读数、用量或金额不是可用的数字", check = fields.unreadable, tuning = {} },
}
