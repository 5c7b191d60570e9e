---@meta
-- Made from `lua/imr/schema.lua` by `make docs`. Do not edit it.

---What `latest_readings` takes.
---@class imr.LatestOptions: imr.ListingOptions
---@field meter? string one meter number; all when absent

---What `readings`, `tou_readings` and `camera_readings` take.
---@class imr.ReadingOptions: imr.ListingOptions
---@field meters? string|string[] a list of meter numbers, or text with commas; all when absent
---@field from integer|string Unix seconds, or `YYYY-MM-DD[ HH:MM:SS]`; a date means 00:00:00
---@field to integer|string the same; a date means 23:59:59

---What `consumption` takes.
---@class imr.ConsumptionOptions: imr.ListingOptions
---@field granularity string|integer `realtime`, `daily` (its value is inferred), or a raw number
---@field meter? string one meter number; all when absent
---@field from integer|string Unix seconds, or `YYYY-MM-DD[ HH:MM:SS]`; a date means 00:00:00
---@field to integer|string the same; a date means 23:59:59

---@class imr.Client
local Client = {}

---Every meter of the project (platform document §4.2).
---@param params? imr.ListingOptions
---@return imr.Cursor<imr.Meter> cursor
function Client:meters(params) end

---The newest reading of each meter, or of one (platform document §4.3).
---@param params? imr.LatestOptions
---@return imr.Cursor<imr.LatestReading> cursor
function Client:latest_readings(params) end

---Readings of a period (platform document §4.4).
---@param params imr.ReadingOptions
---@return imr.Cursor<imr.Reading> cursor
function Client:readings(params) end

---Consumption records of a period (platform document §4.5).
---@param params imr.ConsumptionOptions
---@return imr.Cursor<imr.Consumption> cursor
function Client:consumption(params) end

---Time-of-use readings of a period, with voltages, currents and powers (platform document §4.7).
---@param params imr.ReadingOptions
---@return imr.Cursor<imr.TouReading> cursor
function Client:tou_readings(params) end

---Readings of camera water meters of a period (platform document §4.8).
---@param params imr.ReadingOptions
---@return imr.Cursor<imr.CameraReading> cursor
function Client:camera_readings(params) end
