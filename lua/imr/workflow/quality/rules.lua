-- The rules as data: what they are called, what they say, what can be tuned, and the function that looks.
--
-- A `check(view, tuning, flag)` is pure. It calls flag { source, field, time, value, since, reference, detail } where
-- it finds something; value and reference are the exact texts.

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

---@type imr.QualityRule[]
return {
  { name = "decreasing", help = "A register fell, without a roll-over or another device in between.",
    help_zh = "读数倒走（既非翻转，也未换表）", check = registers.decreasing, tuning = {} },
  { name = "rollover", help = "A register ran over its last digit and began anew.", help_zh = "计度器翻转（归零）",
    check = registers.rollover, tuning = {
      number("digits", 4, "fewest digits before the point that a register has"),
      exact("near", "0.1", "share of the range before its end and after its beginning that counts as running over"),
    } },
  { name = "meter_swap", help = "The meter number stands for another device.", help_zh = "表号换了设备（换表）",
    check = registers.meter_swap, tuning = {} },
  { name = "gap", help = "No reading for longer than usual for this meter.", help_zh = "读数中断", check = times.gap,
    tuning = { number("factor", 1.8, "times the usual time between two readings (24 hours while nothing is usual)") } },
  { name = "zeros", help = "Nothing was used for days: an empty flat, or a meter that stands still.",
    help_zh = "连续零用量", check = usage.zeros, tuning = { number("days", 7, "fewest days") } },
  { name = "spike", help = "Far more was used than is usual for this meter.", help_zh = "用量突增",
    check = usage.spike, tuning = {
      number("factor", 8, "standard deviations (estimated from the median deviation) above the median"),
      number("times", 3, "times the median that it has to be at least"),
      number("least", 8, "fewest steps that show what is usual"),
    } },
  { name = "duplicate", help = "Two rows give different values for the same meter and moment.",
    help_zh = "同一时刻有不同的值", check = rows.duplicate, tuning = {} },
  { name = "restated", help = "The platform changed a value after it had been stored.", help_zh = "平台事后更改了数值",
    check = rows.restated, tuning = {} },
  { name = "future", help = "The time of a row lay ahead of the clock when it was stored.", help_zh = "时间在未来",
    check = times.future, tuning = { number("minutes", 10, "minutes that a clock may be wrong") } },
  { name = "usage", help = "The usage is not the difference of its two readings.", help_zh = "用量与读数差不符",
    check = sums.usage, tuning = { exact("units", "1", "units of the last place from which they differ") } },
  { name = "tou_sum", help = "Sharp, peak, flat and valley do not add up to the total.",
    help_zh = "尖、峰、平、谷之和与总量不符",
    check = sums.tou_sum, tuning = { exact("units", "4", "units of the last place from which they differ") } },
  { name = "image", help = "The image of a camera meter gave no reading.", help_zh = "图像未能识别",
    check = rows.image, tuning = {} },
  { name = "unreadable", help = "A row has no register value that can be counted with.", help_zh = "没有可用的读数",
    check = rows.unreadable, tuning = {} },
}
