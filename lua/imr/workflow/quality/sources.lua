-- The tables that hold readings of a meter, as data. The order is that in which one of them is taken for the meter's
-- course: gaps, runs of zeros and spikes are looked for in the first that a meter has.

---@class imr.QualitySource
---@field name string also of the listing in coverage
---@field table string
---@field time string column
---@field registers string[] columns; the first is the total
---@field others? string[] further columns
---@field granularity? string

---@type imr.QualitySource[]
return {
  { name = "readings", table = "readings", time = "read_time", registers = { "reading" }, others = { "device_id" } },
  { name = "consumption", table = "consumption", time = "read_time", registers = { "reading" },
    others = { "device_id", "usage", "amount" }, granularity = "daily" },
  { name = "consumption_realtime", table = "consumption", time = "read_time", registers = { "reading" },
    others = { "device_id", "usage", "amount" }, granularity = "realtime" },
  { name = "tou_readings", table = "tou_readings", time = "freeze_time",
    registers = { "energy_total", "energy_sharp", "energy_peak", "energy_flat", "energy_valley" },
    others = { "device_id" } },
  { name = "camera_readings", table = "camera_readings", time = "read_time", registers = { "reading" },
    others = { "image_ok", "image_status" } },
}
