--- `imr camera`

return require("imr.cli.listing").command {
  summary = "Readings of camera water meters of a period.", endpoint = "camera_readings", title = "camera readings",
  dated = true, list = true,
}
